// Files of this machine, many or large. Calls block on the disk; memory for a piece at a time, and
// for the list of a folder's files.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/env.h"

namespace rondo {

struct LocalFile {
    std::string path;  // relative
    uint64_t size = 0;
};

// All regular files below a folder, by path. Links are not followed: they, and other things that
// are neither file nor folder, go to `others`. A missing folder is empty.
Result<std::vector<LocalFile>> walk_files(const std::string& root,
                                          std::vector<std::string>* others = nullptr);

// The first `bytes` of an open file, piece by piece; fewer when it is shorter.
Status each_piece(File& file, uint64_t bytes, const std::function<Status(std::string_view)>& visit);

}  // namespace rondo
