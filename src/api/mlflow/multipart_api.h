// Large artifacts that go around the server, where blobs lie in an object store: uploads in parts
// by signed addresses (mlflow-artifacts/mpu/...), and signed addresses to read from. On a local
// disk the routes say that they are not supported, in the words after which clients go on with one
// PUT or GET.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "api/mlflow/artifacts_api.h"
#include "platform/blob/direct.h"

namespace rondo::api::mlflow {

struct BeginUpload {
    std::string artifact_path, path;
    int64_t num_parts = 0;
    static constexpr auto fields = std::tuple{
        field("artifact_path", &BeginUpload::artifact_path, "Folder below the artifact root"),
        field("path", &BeginUpload::path, "The client's file; its name is the artifact's",
              required),
        field("num_parts", &BeginUpload::num_parts, "How many parts, from 1 to 10,000", required)};
};
struct PartAddress {
    std::string url;
    int64_t part_number = 0;
    static constexpr auto fields =
        std::tuple{field("url", &PartAddress::url, "Where to PUT the part, for 12 hours"),
                   field("part_number", &PartAddress::part_number, "From 1")};
};
struct BegunUpload {
    std::string upload_id;
    std::vector<PartAddress> credentials;
    static constexpr auto fields =
        std::tuple{field("upload_id", &BegunUpload::upload_id, "For complete and abort"),
                   field("credentials", &BegunUpload::credentials, "One for each part")};
};
struct UploadedPart {
    int64_t part_number = 0;
    std::string etag;
    static constexpr auto fields = std::tuple{
        field("part_number", &UploadedPart::part_number, "From 1", required),
        field("etag", &UploadedPart::etag, "The answer's header of that name", required)};
};
struct CompleteUpload {
    std::string artifact_path, path, upload_id;
    std::vector<UploadedPart> parts;
    static constexpr auto fields = std::tuple{
        field("artifact_path", &CompleteUpload::artifact_path, "Folder below the artifact root"),
        field("path", &CompleteUpload::path, "The client's file", required),
        field("upload_id", &CompleteUpload::upload_id, "Of mpu/create", required),
        field("parts", &CompleteUpload::parts, "All of them, in order", required)};
};
struct AbortUpload {
    std::string artifact_path, path, upload_id;
    static constexpr auto fields = std::tuple{
        field("artifact_path", &AbortUpload::artifact_path, "Folder below the artifact root"),
        field("path", &AbortUpload::path, "The client's file", required),
        field("upload_id", &AbortUpload::upload_id, "Of mpu/create", required)};
};
struct SignedDownload {
    std::string url;
    std::map<std::string, std::string> headers;
    int64_t file_size = 0;
    static constexpr auto fields = std::tuple{
        field("url", &SignedDownload::url, "Where to GET the file, for five minutes"),
        field("headers", &SignedDownload::headers, "To send along; none are needed", required),
        field("file_size", &SignedDownload::file_size, "Bytes")};
};

class MultipartApi {
  public:
    struct Parts {
        Env& env;
        store::Database& db;
        blob::Store& blobs;
        const artifacts::Service& artifacts;
        int64_t workspace_id;
        std::string key;  // uploads are sealed with it; the same on all servers
    };
    explicit MultipartApi(Parts parts);

    std::vector<rpc::Row> rows();
    // Waits for uploads that are being put together.
    void stop() { pool_.stop(); }

    Task<Result<BegunUpload>> begin(BeginUpload message, rpc::Context);
    Task<Result<None>> complete(CompleteUpload message, rpc::Context);
    Task<Result<None>> abort(AbortUpload message, rpc::Context);
    Task<Result<SignedDownload>> sign_download(ArtifactPath message, rpc::Context);

  private:
    Result<blob::DirectUploads*> uploads() const;
    // Who may write into the folder may write this file: it is not an experiment's own folder.
    Task<Status> check_place(std::string folder, std::string path);
    // One request at a time puts an upload together: the others wait for it, for a while.
    Task<Status> enter(std::string upload_id);
    void leave(const std::string& upload_id);

    Parts parts_;
    // Of its own, because putting a large file together takes as long as reading it.
    WorkerPool pool_;
    std::mutex mutex_;
    std::set<std::string> under_way_;
};

}  // namespace rondo::api::mlflow
