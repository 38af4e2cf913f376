// A blob read in order and checked on the way: its last piece is handed out only when all bytes
// have the digest, so a damaged blob never arrives whole. Used by one request at a time; next()
// blocks on the disk. Costs one sha256 of the blob beside its reading.
#pragma once

#include "platform/blob/blob.h"
#include "platform/crypto/crypto.h"

namespace rondo::blob {

// Says what is damaged and what to do, here and in the server's log.
std::unexpected<Error> damaged(const Digest& digest);

class CheckedReader {
  public:
    CheckedReader(std::unique_ptr<File> file, Digest digest, uint64_t size)
        : file_(std::move(file)), digest_(std::move(digest)), size_(size) {}
    // The next piece of at most n bytes; empty at the end. Code::internal when the blob is damaged.
    Result<std::string> next(size_t n);
    // Whether all of it was handed out, and so had the digest.
    bool complete() const { return at_ == size_; }
    const File& file() const { return *file_; }
    const Digest& digest() const { return digest_; }

  private:
    std::unique_ptr<File> file_;
    Digest digest_;
    uint64_t size_, at_ = 0;
    Sha256 sum_;
};

}  // namespace rondo::blob
