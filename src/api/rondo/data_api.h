// Datasets over HTTP: bytes go up once, versions name them.
#pragma once

#include <vector>

#include "domain/data/service.h"
#include "platform/async/pool.h"
#include "platform/rpc/endpoint.h"
#include "platform/store/database.h"

namespace rondo::api {

class DataApi {
  public:
    struct Parts {
        Env& env;
        store::Database& db;
        blob::Store& blobs;
        const data::Service& data;
        WorkerPool& pool;
        int64_t workspace_id = 1;
    };
    explicit DataApi(Parts parts) : parts_(parts) {}
    std::vector<rpc::Row> rows();

    struct StoredBytes {
        std::string digest;
        int64_t size = 0;
        static constexpr auto fields =
            std::tuple{json::field("digest", &StoredBytes::digest, "sha256 of the bytes"),
                       json::field("size", &StoredBytes::size, "How many")};
    };
    struct Digests {
        std::vector<std::string> digests;
        static constexpr auto fields =
            std::tuple{json::field("digests", &Digests::digests, "sha256 digests", json::required)};
    };
    struct DatasetList {
        std::vector<std::string> datasets;
        static constexpr auto fields =
            std::tuple{json::field("datasets", &DatasetList::datasets, "Names")};
    };
    struct NewVersion {
        std::string dataset;
        std::vector<data::Entry> entries;
        std::string message;
        std::optional<int64_t> parent;
        static constexpr auto fields = std::tuple{
            json::field("dataset", &NewVersion::dataset, "Name of the dataset"),
            json::field("entries", &NewVersion::entries, "Its files", json::required),
            json::field("message", &NewVersion::message, "What it is"),
            json::field("parent", &NewVersion::parent, "Number of the version it builds on")};
    };
    struct VersionsQuery {
        std::string dataset;
        int64_t before = INT64_MAX;
        int32_t limit = 100;
        static constexpr auto fields = std::tuple{
            json::field("dataset", &VersionsQuery::dataset, "Name of the dataset"),
            json::field("before", &VersionsQuery::before, "Only versions before this number"),
            json::field("limit", &VersionsQuery::limit, "At most this many, up to 1,000")};
    };
    struct VersionList {
        std::vector<data::Version> versions;
        static constexpr auto fields =
            std::tuple{json::field("versions", &VersionList::versions, "Newest first")};
    };
    struct VersionPath {
        std::string dataset, number, path;
        static constexpr auto fields = std::tuple{
            json::field("dataset", &VersionPath::dataset, "Name of the dataset"),
            json::field("number", &VersionPath::number, "Number of the version, or latest"),
            json::field("path", &VersionPath::path, "Path of a file")};
    };
    struct VersionWithFiles {
        data::Version version;
        std::vector<data::Entry> entries;
        static constexpr auto fields =
            std::tuple{json::field("version", &VersionWithFiles::version, "The version"),
                       json::field("entries", &VersionWithFiles::entries, "Its files")};
    };

    Task<Result<StoredBytes>> upload(rpc::None, rpc::Context);
    Task<Result<Digests>> known(Digests, rpc::Context);
    Task<Result<DatasetList>> list(rpc::None, rpc::Context);
    Task<Result<data::Version>> create_version(NewVersion, rpc::Context);
    Task<Result<VersionList>> list_versions(VersionsQuery, rpc::Context);
    Task<Result<VersionWithFiles>> get_version(VersionPath, rpc::Context);
    Task<Result<net::Response>> get_file(VersionPath, rpc::Context);

  private:
    Task<Result<VersionWithFiles>> find(VersionPath path);

    Parts parts_;
};

}  // namespace rondo::api
