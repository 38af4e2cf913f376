#include "platform/blob/blob.h"

#include "base/text.h"
#include "platform/crypto/crypto.h"

namespace rondo::blob {
namespace {

Status check_sum(const Digest& digest, const std::string& found) {
    if (found == digest.hex()) return ok();
    return fail(Code::internal, "the stored bytes of " + digest.hex() +
                                    " are damaged: they have another digest; restore them from a "
                                    "backup");
}

}  // namespace

Result<Digest> Digest::parse(std::string_view hex) {
    bool good = hex.size() == 64;
    for (const char c : hex) good = good && ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
    if (!good)
        return fail(Code::invalid, quoted(hex) + " is no sha256 digest (64 lower-case hex digits)");
    return Digest(std::string(hex));
}

Result<Stored> Store::put(std::string_view bytes) {
    TRY_ASSIGN(auto upload, begin());
    TRY(upload->write(bytes));
    return upload->commit();
}

Status Store::get(const Digest& digest, const Taker& take) {
    Sha256 sum;
    TRY(stream(digest, UINT64_MAX, [&](std::string_view piece) -> Status {
        sum.update(piece);
        return take(piece);
    }));
    return check_sum(digest, sum.hex());
}

Result<std::string> Store::read_all(const Digest& digest, size_t limit) {
    std::string content;
    TRY_ASSIGN(const uint64_t bytes, stream(digest, limit, [&](std::string_view piece) -> Status {
                   content += piece;
                   return ok();
               }));
    if (bytes > limit)
        return fail(Code::too_large, "the stored file " + digest.hex().substr(0, 12) + " has " +
                                         std::to_string(bytes) + " bytes, the limit here is " +
                                         std::to_string(limit));
    TRY(check_sum(digest, sha256_hex(content)));
    return content;
}

}  // namespace rondo::blob
