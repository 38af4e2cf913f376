#include "platform/blob/checked.h"

#include <algorithm>

#include "base/log.h"

namespace rondo::blob {

std::unexpected<Error> damaged(const Digest& digest) {
    std::string message =
        "the stored bytes of " + digest.hex() +
        " are damaged: they have another digest; store them again, or restore them "
        "from a backup";
    log::error(message);
    return fail(Code::internal, std::move(message));
}

Result<std::string> CheckedReader::next(size_t n) {
    const uint64_t left = size_ - at_;
    if (left == 0) return std::string{};
    TRY_ASSIGN(std::string piece, file_->read_at(at_, std::min<uint64_t>(left, n)));
    if (piece.empty()) return damaged(digest_);  // cut short
    sum_.update(piece);
    at_ += piece.size();
    if (at_ == size_ && sum_.hex() != digest_.hex()) return damaged(digest_);
    return piece;
}

}  // namespace rondo::blob
