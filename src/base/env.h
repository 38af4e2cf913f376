// The one seam to what changes between runs: clock, randomness and the file system. Tests hand in
// their own; everything else takes an Env& and never asks the system directly.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace rondo {

// An open file. Not thread-safe, except read_at, which any number of threads may call at once.
// Errors carry the path; a full disk is Code::storage_full. The destructor closes.
class File {
  public:
    virtual ~File() = default;
    // Appends all of it at the current end, or fails; what a failed write left is undefined.
    virtual Status append(std::string_view bytes) = 0;
    // Up to n bytes at the offset; fewer only at the end of the file.
    virtual Result<std::string> read_at(uint64_t offset, size_t n) = 0;
    // Durable against power loss when it returns.
    virtual Status sync() = 0;
    virtual Status truncate(uint64_t size) = 0;
    virtual Result<uint64_t> size() = 0;
    // The descriptor, for sendfile and mmap; owned by the File.
    virtual int descriptor() const = 0;
};

class FileSystem {
  public:
    virtual ~FileSystem() = default;
    enum class Mode { read, append, create_new };
    virtual Result<std::unique_ptr<File>> open(const std::string& path, Mode mode) = 0;
    // Atomic on one file system; with sync_directory the name is durable too.
    virtual Status rename(const std::string& from, const std::string& to) = 0;
    virtual Status remove(const std::string& path) = 0;
    virtual Status make_directories(const std::string& path) = 0;
    virtual Status sync_directory(const std::string& path) = 0;
    virtual bool exists(const std::string& path) = 0;
    // Names of the entries, unsorted, without "." and "..". A missing directory is empty.
    virtual Result<std::vector<std::string>> list(const std::string& path) = 0;
};

class Env {
  public:
    virtual ~Env() = default;
    virtual Time now() = 0;
    // Microseconds of a clock that never jumps; only differences mean anything.
    virtual Micros steady() = 0;
    // Fills with bytes nobody can guess.
    virtual void random(std::span<char> bytes) = 0;
    virtual FileSystem& files() = 0;
};

// The real machine. Lives as long as the process.
Env& system_env();

// n random bytes as lower-case hex (2n characters). 16 bytes make an id that never repeats.
std::string random_hex(Env& env, size_t n);
uint64_t random_u64(Env& env);

// Reads a whole file of at most `limit` bytes.
Result<std::string> read_file(FileSystem& files, const std::string& path, size_t limit);
// Writes a file so that readers see the old content or the new, never a part: temporary file,
// sync, rename, sync of the directory. A kill may leave the temporary file, whose name has the
// mark.
inline constexpr std::string_view kTemporaryMark = ".tmp-";
Status write_file_atomically(Env& env, const std::string& path, std::string_view content);

}  // namespace rondo
