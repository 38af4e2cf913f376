// The verbs of a blob store in a bucket, for tests that look at what no route of the server shows.
//   blob_store s3://bucket/prefix ENDPOINT FOLDER put TEXT | size DIGEST | read DIGEST OFFSET N |
//       remove DIGEST | list AFTER LIMIT | presign DIGEST SECONDS |
//       begin PARTS | complete ID LIMIT TAG... | abort ID | clear
// COPY_BYTES in the environment says what the service copies at once.
// Credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Prints the answer, or the
// error and exits with 1.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/text.h"
#include "platform/blob/direct.h"
#include "platform/blob/s3.h"

using namespace rondo;

namespace {

Result<std::string> run(blob::Store& store, const std::vector<std::string>& words) {
    const std::string& verb = words[0];
    const auto number = [&](size_t i) { return static_cast<uint64_t>(*parse_int(words[i])); };
    if (verb == "put") {
        TRY_ASSIGN(const auto stored, store.put(words[1]));
        return stored.digest.hex();
    }
    if (verb == "list") {
        TRY_ASSIGN(const auto found, store.list(words[1], number(2)));
        std::string out;
        for (const blob::Stored& one : found)
            out += one.digest.hex() + " " + std::to_string(one.size) + "\n";
        return out;
    }
    blob::DirectUploads& direct = *store.direct_uploads();
    if (verb == "begin") {
        TRY_ASSIGN(const auto begun, direct.begin(static_cast<int>(number(1))));
        std::string out = begun.id;
        for (const std::string& address : begun.addresses) out += "\n" + address;
        return out;
    }
    if (verb == "complete") {
        TRY_ASSIGN(const auto stored,
                   direct.complete(words[1], {words.begin() + 3, words.end()}, number(2)));
        return stored.digest.hex() + " " + std::to_string(stored.size);
    }
    if (verb == "clear") {
        TRY_ASSIGN(const int cleared, direct.clear());
        return std::to_string(cleared);
    }
    if (verb == "abort") {
        TRY(direct.abort(words[1]));
        return std::string("aborted");
    }
    TRY_ASSIGN(const auto digest, blob::Digest::parse(words[1]));
    if (verb == "size") {
        TRY_ASSIGN(const uint64_t size, store.size(digest));
        return std::to_string(size);
    }
    if (verb == "read") return store.read(digest, number(2), number(3));
    if (verb == "presign")
        return store.presign(digest, Micros{static_cast<int64_t>(number(2)) * 1'000'000});
    TRY(store.remove(digest));
    return std::string("removed");
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    const auto http = client::Client::open(system_env()).value();
    auto settings = blob::parse_s3_location(words[0], words[1], "us-east-1",
                                            {std::getenv("AWS_ACCESS_KEY_ID"),
                                             std::getenv("AWS_SECRET_ACCESS_KEY"), ""})
                        .value();
    if (const char* copy_bytes = std::getenv("COPY_BYTES"))
        settings.copy_bytes = static_cast<uint64_t>(*parse_int(copy_bytes));
    const auto store = blob::open_s3_store(system_env(), *http, settings, words[2]).value();
    const auto answer = run(*store, {words.begin() + 3, words.end()});
    std::printf("%s", answer ? answer->c_str() : answer.error().message.c_str());
    return answer ? 0 : 1;
}
