// Which local files had the digest of their name when they were read whole a short while ago, so
// that they may be sent again without a look at their bytes. A file is the same as long as the file
// system says so: device, inode, size and times. What changes on a medium without its knowledge is
// noticed kLasting later at the latest. Thread-safe; a few megabytes at most.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "platform/blob/blob.h"

namespace rondo::blob {

class CheckedFiles {
  public:
    static constexpr Micros kLasting{int64_t{10} * 60 * 1'000'000};

    explicit CheckedFiles(Env& env) : env_(env) {}
    // The open file has just been read whole and had the digest. `before` is what identity() said
    // when it was opened: a file that changed meanwhile is not noted.
    struct Identity {
        uint64_t device = 0, inode = 0, size = 0;
        int64_t modified_ns = 0, changed_ns = 0;
        friend bool operator==(const Identity&, const Identity&) = default;
    };
    // Nothing that equals another when the file is none of this machine.
    static std::optional<Identity> identity(const File& file);
    void note(const Digest& digest, const File& file, const Identity& before);
    bool holds(const Digest& digest, const File& file);

  private:
    static constexpr size_t kMostFiles = 10'000;
    struct Checked {
        Identity identity;
        Micros until;
    };

    Env& env_;
    std::mutex mutex_;
    std::map<std::string, Checked> files_;  // by digest
};

}  // namespace rondo::blob
