#include "api/mlflow/presigned_api.h"

#include "base/text.h"
#include "domain/artifacts/path.h"

namespace rondo::api::mlflow {
namespace {

constexpr rpc::ObjectField kModel[]{{"logged_model", "model_id", rpc::Reach::write}};
constexpr rpc::Permission kWrite{"run.write", rpc::Reach::write, "run", "run_id", kModel};
constexpr rpc::Permission kRead{"run.read", rpc::Reach::read, "run", "run_id"};

// MLflow's own default, and what object stores allow at most: seven days.
constexpr int64_t kUsualSeconds = 300;
constexpr int64_t kMostSeconds = 604'800;

std::string scheme_of(const std::string& uri) { return uri.substr(0, uri.find(':')); }

}  // namespace

std::vector<rpc::Row> PresignedApi::rows() {
    using Api = PresignedApi;
    const std::string artifacts = "/api/2.0/mlflow/artifacts/";
    return {
        rpc::post<&Api::upload>(artifacts + "presigned-upload-url", kWrite,
                                "Says how to upload instead: an address alone cannot do it here"),
        rpc::post<&Api::download>(artifacts + "presigned-download-url", kRead,
                                  "An address of the object store to read a run's file from"),
    };
}

Task<Result<None>> PresignedApi::upload(PresignUpload message, rpc::Context) {
    if (message.run_id.empty() == message.model_id.empty())
        co_return fail(Code::invalid, "Exactly one of run_id and model_id must be provided.");
    CO_TRY(artifacts::clean_file_path(message.path));
    const auto uri_of = [this, message](store::Tx& tx) -> Result<std::string> {
        if (message.model_id.empty()) {
            TRY_ASSIGN(const tracking::Run run, parts_.tracking.get_run(tx, message.run_id));
            return run.artifact_uri;
        }
        TRY_ASSIGN(const tracking::LoggedModel model,
                   parts_.tracking.get_logged_model(tx, message.model_id));
        return model.artifact_uri;
    };
    CO_TRY_ASSIGN(const std::string uri, co_await parts_.db.read(uri_of));
    if (!artifacts::path_of_uri(uri))
        co_return fail(Code::unsupported,
                       "Presigned upload is not supported for the current artifact repository: "
                       "the server has no keys to '" +
                           uri + "'; upload with the client's own");
    co_return fail(Code::invalid,
                   "Presigned upload is not supported for proxied artifact storage (artifact URI "
                   "scheme: " +
                       scheme_of(uri) +
                       "). Upload with PUT mlflow-artifacts/artifacts/<path>, or in parts with "
                       "mlflow-artifacts/mpu/create, as mlflow.log_artifact() does.");
}

Task<Result<PresignedUrl>> PresignedApi::download(PresignDownload message, rpc::Context) {
    CO_TRY_ASSIGN(const std::string below, artifacts::clean_file_path(message.path));
    const int64_t seconds = message.expiration.value_or(kUsualSeconds);
    if (seconds < 1 || seconds > kMostSeconds)
        co_return fail(Code::invalid, "expiration must be between 1 and " +
                                          std::to_string(kMostSeconds) + " seconds (got " +
                                          std::to_string(seconds) + ").");
    const bool signs = parts_.blobs.direct_uploads() != nullptr;
    const auto find = [this, below, signs,
                       run_id = message.run_id](store::Tx& tx) -> Result<artifacts::File> {
        TRY_ASSIGN(const tracking::Run run, parts_.tracking.get_run(tx, run_id));
        const auto root = artifacts::path_of_uri(run.artifact_uri);
        if (!root)
            return fail(Code::unsupported,
                        "Presigned download is not supported for the current artifact "
                        "repository: the server has no keys to '" +
                            run.artifact_uri + "'; download with the client's own");
        if (!signs)
            return fail(Code::invalid,
                        "Presigned download is not supported for runs with proxied artifact "
                        "storage (artifact URI scheme: " +
                            scheme_of(run.artifact_uri) +
                            ") on a local disk. Download with GET mlflow-artifacts/artifacts/"
                            "<path>, or start the server with --blobs s3://<bucket>.");
        return parts_.artifacts.get(tx, artifacts::join(*root, below));
    };
    CO_TRY_ASSIGN(const artifacts::File file, co_await parts_.db.read(find));
    CO_TRY_ASSIGN(
        std::string url, co_await parts_.pool.run([this, file, seconds]() -> Result<std::string> {
            const std::string name(artifacts::base_name(file.path));
            TRY_ASSIGN(const auto digest, blob::Digest::parse(file.digest));
            return parts_.blobs.presign(digest, std::chrono::seconds(seconds),
                                        {std::string(media_type(name)), attachment(name)});
        }));
    co_return PresignedUrl{std::move(url), {}, file.size};
}

}  // namespace rondo::api::mlflow
