// Files and what a folder shows of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "platform/json/shape.h"

namespace rondo::artifacts {

struct File {
    std::string path;    // below the artifact root
    std::string digest;  // of its bytes in the blob store
    int64_t size = 0;
};

// An entry of a folder, as MLflow's clients read it.
struct Entry {
    std::string path;
    bool is_dir = false;
    std::optional<int64_t> file_size;  // of files only
    static constexpr auto fields =
        std::tuple{json::field("path", &Entry::path, "Name, or path relative to the run's root"),
                   json::field("is_dir", &Entry::is_dir, "Whether it is a folder"),
                   json::field("file_size", &Entry::file_size, "Bytes of a file")};
};

}  // namespace rondo::artifacts
