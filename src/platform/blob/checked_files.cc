#include "platform/blob/checked_files.h"

#include <sys/stat.h>

namespace rondo::blob {
namespace {

int64_t nanoseconds(const timespec& time) {
    return static_cast<int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

std::optional<CheckedFiles::Identity> CheckedFiles::identity(const File& file) {
    struct stat info{};
    if (file.descriptor() < 0 || ::fstat(file.descriptor(), &info) != 0) return std::nullopt;
    return Identity{info.st_dev, info.st_ino, static_cast<uint64_t>(info.st_size),
                    nanoseconds(info.st_mtim), nanoseconds(info.st_ctim)};
}

void CheckedFiles::note(const Digest& digest, const File& file, const Identity& before) {
    if (identity(file) != before) return;
    const std::lock_guard lock(mutex_);
    if (files_.size() >= kMostFiles) files_.clear();  // they are checked again, no more
    files_.insert_or_assign(digest.hex(), Checked{before, env_.steady() + kLasting});
}

bool CheckedFiles::holds(const Digest& digest, const File& file) {
    const auto now = identity(file);
    const std::lock_guard lock(mutex_);
    const auto found = files_.find(digest.hex());
    if (found == files_.end()) return false;
    if (now && *now == found->second.identity && env_.steady() < found->second.until) return true;
    files_.erase(found);
    return false;
}

}  // namespace rondo::blob
