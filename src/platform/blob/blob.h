// One store of bytes under every protocol: content-addressed, so the same bytes are kept once.
// The id is the sha256 of the content in lower-case hex. Thread-safe; calls block on the disk or
// on the network. Whatever ails the place where the bytes lie is Code::unavailable (or
// Code::storage_full); Code::not_found means these bytes are not stored.
#pragma once

#include <functional>
#include <memory>
#include <optional>
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

// Asked with what an upload is about to store, before the store looks whether it has it: whoever
// collects garbage takes a lease here. A failure ends the upload.
using BeforeCommit = std::function<Status(const Stored&)>;

// Takes bytes piece by piece; a failure ends the reading.
using Taker = std::function<Status(std::string_view)>;

// How a download that goes around the server presents itself; empty: as the service likes.
struct Presentation {
    std::string content_type, content_disposition;
};

class DirectUploads;

class Store {
  public:
    virtual ~Store() = default;
    // Before the first upload.
    void ask_before_commit(BeforeCommit ask) { before_commit_ = std::move(ask); }
    virtual Result<std::unique_ptr<Upload>> begin() = 0;
    Result<Stored> put(std::string_view bytes);
    // Up to n bytes from the offset; fewer only at the end.
    virtual Result<std::string> read(const Digest& digest, uint64_t offset, size_t n) = 0;
    virtual Result<uint64_t> size(const Digest& digest) = 0;
    // The blob as a file to read from. Of a remote store it is a window that is read ahead of
    // whoever reads in order; it has no descriptor then (-1).
    virtual Result<std::unique_ptr<File>> open(const Digest& digest) = 0;
    // The whole blob in pieces of bounded size, checked against its digest: a damaged one fails
    // with Code::internal after its last piece. The way for large ones.
    Status get(const Digest& digest, const Taker& take);
    // The same into a string; at most `limit` bytes.
    Result<std::string> read_all(const Digest& digest, size_t limit);
    virtual Status remove(const Digest& digest) = 0;
    // The path of its file when it is one on this machine, whether or not the blob exists.
    virtual std::optional<std::string> local_path(const Digest&) const { return std::nullopt; }
    // What is stored, in order of digests, from the first one after `after` ("" for all); at most
    // `limit`. For collection of garbage and for checks.
    virtual Result<std::vector<Stored>> list(const std::string& after, size_t limit) = 0;
    // A URL by which anybody may read the blob for that long; Code::unsupported where bytes are
    // not served by somebody else. `as` is part of what is signed.
    virtual Result<std::string> presign(const Digest& digest, Micros lifetime,
                                        const Presentation& as) = 0;
    Result<std::string> presign(const Digest& digest, Micros lifetime) {
        return presign(digest, lifetime, {});
    }
    // Uploads that go around the server; nullptr where bytes are not kept by somebody else. Lives
    // as long as the store.
    virtual DirectUploads* direct_uploads() { return nullptr; }

  protected:
    // The pieces of a blob in order, at most `limit` bytes of it, unchecked. Returns its size.
    virtual Result<uint64_t> stream(const Digest& digest, uint64_t limit, const Taker& take) = 0;
    const BeforeCommit& before_commit() const { return before_commit_; }

  private:
    BeforeCommit before_commit_ = [](const Stored&) { return ok(); };
};

// Blobs as files below a folder: objects/ab/<digest>, uploads under tmp/ until their rename.
// Several servers of one machine may share the folder; `owner` tells their uploads apart. Leftovers
// of this owner's uploads, that a crash cut short, are removed here.
Result<std::unique_ptr<Store>> open_local_store(Env& env, const std::string& folder,
                                                const std::string& owner = "");
// The same beside a server that may be running: nothing is made or removed.
std::unique_ptr<Store> attach_local_store(Env& env, const std::string& folder);

}  // namespace rondo::blob
