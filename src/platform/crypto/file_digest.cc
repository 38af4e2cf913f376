#include "platform/crypto/file_digest.h"

#include "base/files.h"
#include "platform/crypto/crypto.h"

namespace rondo {

Result<std::string> sha256_of(File& file) {
    TRY_ASSIGN(const uint64_t size, file.size());
    Sha256 sum;
    TRY(each_piece(file, size, [&](std::string_view piece) {
        sum.update(piece);
        return ok();
    }));
    return sum.hex();
}

}  // namespace rondo
