#pragma once

#include <optional>
#include <string>
#include <vector>

#include "platform/json/json.h"

namespace rondo::data {

inline constexpr std::string_view kDatasetKind = "dataset";  // of grants

// One file of a version.
struct Entry {
    std::string path;    // relative, with '/'
    std::string digest;  // sha256 of the content, hex
    int64_t size = 0;
    static constexpr auto fields =
        std::tuple{json::field("path", &Entry::path, "Path inside the dataset", json::required),
                   json::field("digest", &Entry::digest, "sha256 of the content", json::required),
                   json::field("size", &Entry::size, "Size in bytes")};
    friend bool operator==(const Entry&, const Entry&) = default;
};

struct Version {
    std::string dataset;
    int64_t dataset_id = 0;
    int64_t number = 0;  // 1, 2, ... within the dataset
    std::string digest;  // of the tree: the version's id
    std::optional<int64_t> parent;
    std::string message;
    int64_t files = 0, bytes = 0;
    Time created{};
    static constexpr auto fields = std::tuple{
        json::field("dataset", &Version::dataset, "Name of the dataset"),
        json::field("number", &Version::number, "Number of the version"),
        json::field("digest", &Version::digest, "Digest of the tree, the version's id"),
        json::field("parent", &Version::parent, "Number of the version it was made from"),
        json::field("message", &Version::message, "What it is"),
        json::field("files", &Version::files, "Number of files"),
        json::field("bytes", &Version::bytes, "Size of all files"),
        json::field("created", &Version::created, "When it was made")};
};

}  // namespace rondo::data
