// Signed addresses for one artifact of a run or a logged model, as MLflow's clients that bring
// their own S3 ask for them. Reading works wherever the server's blobs lie in an object store.
// Writing does not: nobody would tell the server that the file is there, or what it holds, so these
// callers learn of the ways that do. Any thread may call.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "api/mlflow/artifacts_api.h"

namespace rondo::api::mlflow {

struct PresignUpload {
    std::string run_id, model_id, path;
    std::optional<int64_t> expiration;
    static constexpr auto fields = std::tuple{
        field("run_id", &PresignUpload::run_id, "Run; this or model_id"),
        field("model_id", &PresignUpload::model_id, "Logged model"),
        field("path", &PresignUpload::path, "Below its artifacts", required),
        field("expiration", &PresignUpload::expiration, "Seconds that the address works")};
};
struct PresignDownload {
    std::string run_id, path;
    std::optional<int64_t> expiration;
    static constexpr auto fields =
        std::tuple{field("run_id", &PresignDownload::run_id, "Run", required),
                   field("path", &PresignDownload::path, "Below its artifacts", required),
                   field("expiration", &PresignDownload::expiration,
                         "Seconds that the address works, from 1 to 604,800; 300 if not given")};
};
struct PresignedUrl {
    std::string presigned_url;
    std::map<std::string, std::string> headers;
    int64_t file_size = 0;
    static constexpr auto fields = std::tuple{
        field("presigned_url", &PresignedUrl::presigned_url, "Where to GET the file"),
        field("headers", &PresignedUrl::headers, "To send along; none are needed", required),
        field("file_size", &PresignedUrl::file_size, "Bytes")};
};

class PresignedApi {
  public:
    explicit PresignedApi(ArtifactsApi::Parts parts) : parts_(parts) {}

    std::vector<rpc::Row> rows();

    Task<Result<None>> upload(PresignUpload message, rpc::Context);
    Task<Result<PresignedUrl>> download(PresignDownload message, rpc::Context);

  private:
    ArtifactsApi::Parts parts_;
};

}  // namespace rondo::api::mlflow
