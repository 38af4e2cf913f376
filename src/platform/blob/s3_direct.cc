#include "platform/blob/s3_direct.h"

#include <algorithm>

#include "base/text.h"
#include "platform/crypto/crypto.h"

namespace rondo::blob {
namespace {

constexpr std::string_view kBelow = "uploads/";
constexpr std::string_view kDone = ".done";
constexpr size_t kNameBytes = 16;
constexpr size_t kMaxTagBytes = 256;
constexpr size_t kListPage = 1000;

std::string key_of(const Digest& digest) {
    return "objects/" + digest.hex().substr(0, 2) + "/" + digest.hex();
}

Status check_tags(const std::vector<std::string>& tags) {
    for (size_t i = 0; i < tags.size(); ++i) {
        const bool plain =
            std::ranges::all_of(tags[i], [](char c) { return c > 0x20 && c < 0x7f; });
        if (tags[i].empty() || tags[i].size() > kMaxTagBytes || !plain)
            return fail(Code::invalid, "part " + std::to_string(i + 1) +
                                           " has no ETag as the object store answers one");
    }
    return ok();
}

std::unexpected<Error> no_upload() {
    return fail(Code::not_found,
                "no such upload: it was aborted, or it is older than a day; begin it again");
}

}  // namespace

Result<DirectUploads::Begun> S3DirectUploads::begin(int parts) {
    const std::string name = random_hex(env_, kNameBytes);
    const std::string key = std::string(kBelow) + name;
    TRY_ASSIGN(const std::string upload, bucket_.begin_parts(key));
    Begun begun{name + " " + upload, {}};
    begun.addresses.reserve(static_cast<size_t>(parts));
    for (int number = 1; number <= parts; ++number) {
        TRY_ASSIGN(std::string address,
                   bucket_.presign("PUT", key,
                                   {{"partNumber", std::to_string(number)}, {"uploadId", upload}},
                                   kAddressesLast));
        begun.addresses.push_back(std::move(address));
    }
    return begun;
}

Result<S3DirectUploads::Place> S3DirectUploads::place_of(const std::string& id) {
    const size_t blank = id.find(' ');
    if (blank != 2 * kNameBytes || blank + 1 == id.size()) return no_upload();
    return Place{std::string(kBelow) + id.substr(0, blank), id.substr(blank + 1)};
}

Result<Stored> S3DirectUploads::noted(const Place& place) {
    std::string text;
    TRY(bucket_.get(place.key + std::string(kDone), 0, 256, [&](std::string_view piece) {
        text += piece;
        return ok();
    }));
    const size_t blank = std::min(text.find(' '), text.size());
    TRY_ASSIGN(Digest digest, Digest::parse(text.substr(0, blank)));
    const auto size = parse_int(trim(std::string_view(text).substr(blank)));
    if (!size || *size < 0) return fail(Code::internal, "a note of an upload is damaged");
    const Stored stored{std::move(digest), static_cast<uint64_t>(*size)};
    TRY(before_(stored));
    const auto there = bucket_.size(key_of(stored.digest));
    if (!there && there.error().code == Code::not_found) return no_upload();
    TRY(there);
    return stored;
}

Result<Stored> S3DirectUploads::read_digest(const Place& place, uint64_t limit) {
    Sha256 sum;
    uint64_t size = 0;
    TRY(bucket_.get(
        place.key, 0, UINT64_MAX,
        [&](std::string_view piece) {
            sum.update(piece);
            return ok();
        },
        [&](uint64_t whole) -> Status {
            size = whole;
            if (whole <= limit) return ok();
            return fail(Code::too_large, "the parts have " + std::to_string(whole) +
                                             " bytes, the limit here is " + std::to_string(limit));
        }));
    TRY_ASSIGN(Digest digest, Digest::parse(sum.hex()));
    return Stored{std::move(digest), size};
}

Result<Stored> S3DirectUploads::finish(const Place& place, const std::vector<std::string>& tags,
                                       uint64_t limit) {
    const auto staged = bucket_.size(place.key);
    if (!staged) {
        if (staged.error().code != Code::not_found) return fail(staged.error());
        TRY(bucket_.complete_parts(place.key, place.upload, tags));
    }
    auto stored = read_digest(place, limit);
    if (!stored) {
        if (stored.error().code == Code::too_large) TRY(bucket_.remove(place.key));
        return stored;
    }
    TRY(before_(*stored));
    const std::string key = key_of(stored->digest);
    const auto there = bucket_.size(key);
    if (!there && there.error().code != Code::not_found) return fail(there.error());
    if (!there || *there != stored->size) TRY(bucket_.copy(place.key, key, stored->size));
    const std::string note = stored->digest.hex() + " " + std::to_string(stored->size) + "\n";
    TRY(bucket_.put_new(place.key + std::string(kDone), note, sha256_hex(note)));
    TRY(bucket_.remove(place.key));
    return stored;
}

Result<Stored> S3DirectUploads::complete(const std::string& id,
                                         const std::vector<std::string>& tags, uint64_t limit) {
    TRY(check_tags(tags));
    TRY_ASSIGN(const Place place, place_of(id));
    auto before = noted(place);
    if (before || before.error().code != Code::not_found) return before;
    auto stored = finish(place, tags, limit);
    if (stored || stored.error().code != Code::not_found) return stored;
    // Somebody else may have been at it and have just ended.
    auto after = noted(place);
    if (!after && after.error().code == Code::not_found) return no_upload();
    return after;
}

Status S3DirectUploads::abort(const std::string& id) {
    TRY_ASSIGN(const Place place, place_of(id));
    TRY(bucket_.abort_parts(place.key, place.upload));
    return bucket_.remove(place.key);
}

Result<int> S3DirectUploads::clear() {
    const Time before = env_.now() - kClearedAfter;
    TRY_ASSIGN(int cleared, bucket_.abort_leftovers(std::string(kBelow), before));
    std::string after;
    while (true) {
        TRY_ASSIGN(const auto objects, bucket_.list(std::string(kBelow), after, kListPage));
        for (const Bucket::Object& object : objects) {
            after = object.key;
            if (!object.modified || *object.modified >= before) continue;
            TRY(bucket_.remove(object.key));
            ++cleared;
        }
        if (objects.size() < kListPage) return cleared;
    }
}

}  // namespace rondo::blob
