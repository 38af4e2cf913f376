// One store of bytes under every protocol: content-addressed, so the same bytes are kept once.
// The id is the sha256 of the content in lower-case hex. Thread-safe; calls block on the disk.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/env.h"

namespace rondo::blob {

// A digest that has been checked for its form (64 hex digits): safe as part of a path.
class Digest {
  public:
    static Result<Digest> parse(std::string_view hex);
    const std::string& hex() const { return hex_; }
    friend bool operator==(const Digest&, const Digest&) = default;

  private:
    explicit Digest(std::string hex) : hex_(std::move(hex)) {}
    std::string hex_;
};

struct Stored {
    Digest digest;
    uint64_t size;
};

// Bytes on their way in. Dropped without commit(), nothing of it stays.
class Upload {
  public:
    virtual ~Upload() = default;
    virtual Status write(std::string_view bytes) = 0;
    // Durable when it returns. The same content twice is one blob.
    virtual Result<Stored> commit() = 0;
};

class Store {
  public:
    virtual ~Store() = default;
    virtual Result<std::unique_ptr<Upload>> begin() = 0;
    Result<Stored> put(std::string_view bytes);
    // Up to n bytes from the offset; fewer only at the end.
    virtual Result<std::string> read(const Digest& digest, uint64_t offset, size_t n) = 0;
    virtual Result<uint64_t> size(const Digest& digest) = 0;
    // The blob as an open local file.
    virtual Result<std::unique_ptr<File>> open(const Digest& digest) = 0;
    // The whole blob, checked against its digest; at most `limit` bytes.
    Result<std::string> read_all(const Digest& digest, size_t limit);
    virtual Status remove(const Digest& digest) = 0;
};

// Blobs as files below a folder: objects/ab/<digest>, uploads under tmp/ until their rename.
// Several servers of one machine may share the folder; `owner` tells their uploads apart. Leftovers
// of this owner's uploads, that a crash cut short, are removed here.
Result<std::unique_ptr<Store>> open_local_store(Env& env, const std::string& folder,
                                                const std::string& owner = "");

}  // namespace rondo::blob
