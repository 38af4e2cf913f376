#include "domain/search/page.h"

#include "base/bytes.h"
#include "base/hash.h"

namespace rondo::search {
namespace {

// No row is that far; larger offsets are made up.
constexpr int64_t kMaxOffset = 1'000'000'000'000;

// Not a secret: tokens guard against mistakes, every row they reach is readable anyway.
constexpr SipKey kKey{0x706167652d746f6b, 0x656e2d6b65790001};

uint64_t seal(int64_t offset, uint64_t query) {
    std::string bytes;
    put(bytes, offset);
    put(bytes, query);
    return siphash(kKey, bytes);
}

}  // namespace

uint64_t fingerprint(std::span<const std::string> parts) {
    std::string bytes;
    for (const std::string& part : parts) put_text(bytes, part);
    return siphash(kKey, bytes);
}

Result<int64_t> read_page_token(std::string_view token, uint64_t query) {
    if (token.empty()) return 0;
    const auto invalid = [] {
        return fail(Code::invalid,
                    "Invalid page token: it has to be the next_page_token of the same search, "
                    "unchanged",
                    "page_token");
    };
    const auto bytes = from_base64url(token);
    if (!bytes) return invalid();
    ByteReader reader(*bytes);
    const auto offset = reader.get<int64_t>();
    const auto sealed = reader.get<uint64_t>();
    const bool whole = !reader.failed() && reader.left() == 0;
    if (!whole || offset < 1 || offset > kMaxOffset || sealed != seal(offset, query))
        return invalid();
    return offset;
}

std::string make_page_token(int64_t offset, uint64_t query) {
    std::string bytes;
    put(bytes, offset);
    put(bytes, seal(offset, query));
    return to_base64url(bytes);
}

Status check_max_results(int64_t max_results, int64_t limit) {
    if (max_results >= 1 && max_results <= limit) return ok();
    return fail(Code::invalid,
                "Invalid value " + std::to_string(max_results) +
                    " for parameter 'max_results' supplied. It must be " +
                    (max_results < 1 ? "a positive integer" : "at most " + std::to_string(limit)),
                "max_results");
}

}  // namespace rondo::search
