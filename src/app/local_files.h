// Files of this machine in bulk, for commands that walk, copy and check folders. Calls block on the
// disk; memory is bounded by a piece at a time, but for the list of a folder's files.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/env.h"
#include "base/files.h"
#include "platform/crypto/crypto.h"

namespace rondo::app {

// Removes a folder and all below it; one that is not there is fine. Links are not followed.
Status remove_tree(Env& env, const std::string& path);

// Everything written to the file system of this folder so far is durable when it returns.
Status sync_file_system(const std::string& folder);

// Told how many bytes were read or written since the last call, from one thread; it may wait, to
// keep a rate.
using Meter = std::function<void(uint64_t bytes)>;

// Hands on bytes no faster than this; 0 is without a limit. One thread.
class Throttle {
  public:
    Throttle(Env& env, uint64_t bytes_a_second) : env_(env), rate_(bytes_a_second) {}
    void wait(uint64_t bytes);

  private:
    Env& env_;
    uint64_t rate_, bytes_ = 0;
    Micros begun_{};
};

// A new file whose digest is made as it is written.
class DigestFile {
  public:
    static Result<DigestFile> create(Env& env, const std::string& path);
    Status write(std::string_view bytes);
    uint64_t size() const { return size_; }
    // Lower-case hex sha256 of all of it. Once.
    std::string digest() { return sum_->hex(); }

  private:
    explicit DigestFile(std::unique_ptr<File> file) : file_(std::move(file)) {}
    std::unique_ptr<File> file_;
    std::unique_ptr<Sha256> sum_ = std::make_unique<Sha256>();
    uint64_t size_ = 0;
};

// The first `bytes` of an open file by lines, without their ends; a line has at most kMaxLine
// bytes.
inline constexpr size_t kMaxLine = 256 << 20;
Status each_line(File& file, uint64_t bytes, const std::function<Status(std::string_view)>& visit);

struct FileDigest {
    uint64_t size = 0;
    std::string sha256;
};
Result<FileDigest> digest_of_file(Env& env, const std::string& path, const Meter& meter);

}  // namespace rondo::app
