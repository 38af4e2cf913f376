#include "api/mlflow/artifacts_api.h"

#include "base/text.h"
#include "domain/artifacts/path.h"

namespace rondo::api::mlflow {
namespace {

using artifacts::clean_file_path;
using artifacts::clean_path;
using artifacts::File;
using store::Durability;

// Larger than any model of today, and an end to a body without one.
constexpr size_t kMaxArtifactBytes = size_t{1} << 40;
// What MLflow's page may upload in one request.
constexpr size_t kMaxPageUploadBytes = 10 << 20;

constexpr rpc::Permission kRead{"artifact.read", rpc::Reach::read, "artifact", "path"};
constexpr rpc::Permission kWrite{"artifact.write", rpc::Reach::write, "artifact", "path"};
constexpr rpc::Permission kDelete{"artifact.delete", rpc::Reach::manage, "artifact", "path"};
constexpr rpc::Permission kReadRun{"run.read", rpc::Reach::read, "run", "run_id run_uuid"};
constexpr rpc::Permission kWriteRun{"run.write", rpc::Reach::write, "run", "run_uuid"};
constexpr rpc::Permission kReadVersion{"model.read", rpc::Reach::read, "model", "name"};
constexpr rpc::Permission kReadModel{"logged_model.read", rpc::Reach::read, "logged_model",
                                     "model_id"};

}  // namespace

std::vector<rpc::Row> ArtifactsApi::rows() {
    using Api = ArtifactsApi;
    const std::string proxy = "/api/2.0/mlflow-artifacts/";
    const std::string models = "/api/2.0/mlflow/logged-models/{model_id}/artifacts/";
    return {
        rpc::put<&Api::upload>(proxy + "artifacts/{path...}", kWrite, "Store a file")
            .takes(rpc::BodyKind::streamed, kMaxArtifactBytes),
        rpc::get<&Api::download>(proxy + "artifacts/{path...}", kRead, "A file's bytes"),
        rpc::get<&Api::list>(proxy + "artifacts", kRead, "Entries of a folder"),
        rpc::del<&Api::remove>(proxy + "artifacts/{path...}", kDelete, "Remove a file or folder"),
        rpc::get<&Api::list_of_run>("/api/2.0/mlflow/artifacts/list", kReadRun,
                                    "Entries of a run's folder"),
        rpc::get<&Api::list_of_model>(models + "directories", kReadModel,
                                      "Entries of a logged model's folder"),
        rpc::get<&Api::download_of_model>(models + "files", kReadModel, "A file of a logged model"),
    };
}

std::vector<rpc::Row> ArtifactsApi::page_rows() {
    using Api = ArtifactsApi;
    return {
        rpc::get<&Api::download_of_run>("/get-artifact", kReadRun, "A file of a run"),
        rpc::get<&Api::download_of_version>("/model-versions/get-artifact", kReadVersion,
                                            "A file of a model version"),
        rpc::post<&Api::upload_to_run>("/ajax-api/2.0/mlflow/upload-artifact", kWriteRun,
                                       "Store a small file of a run")
            .takes(rpc::BodyKind::streamed, kMaxPageUploadBytes),
    };
}

Task<Result<None>> ArtifactsApi::upload(ArtifactPath message, rpc::Context context) {
    CO_TRY_ASSIGN(const std::string path, clean_file_path(message.path));
    CO_TRY_ASSIGN(const blob::Stored stored,
                  co_await receive_blob(&parts_.blobs, &parts_.pool, context.request->stream));
    CO_TRY(co_await parts_.db.write(Durability::full, [this, path, stored](store::Tx& tx) {
        return parts_.artifacts.put(tx, path, stored);
    }));
    co_return None{};
}

Task<Result<None>> ArtifactsApi::upload_to_run(UploadToRun message, rpc::Context context) {
    if (message.run_uuid.empty())
        co_return fail(Code::invalid, "Request must specify run_uuid.", "run_uuid");
    if (message.path.empty()) co_return fail(Code::invalid, "Request must specify path.", "path");
    CO_TRY_ASSIGN(const std::string below, clean_file_path(message.path));
    CO_TRY_ASSIGN(const std::string path,
                  co_await parts_.db.read([this, below, run_id = std::move(message.run_uuid)](
                                              store::Tx& tx) -> Result<std::string> {
                      TRY_ASSIGN(const tracking::Run run, parts_.tracking.get_run(tx, run_id));
                      TRY_ASSIGN(const std::string root, artifacts::path_of_uri(run.artifact_uri));
                      return artifacts::join(root, below);
                  }));
    CO_TRY_ASSIGN(const blob::Stored stored,
                  co_await receive_blob(&parts_.blobs, &parts_.pool, context.request->stream));
    if (stored.size == 0) co_return fail(Code::invalid, "Request must specify data.");
    CO_TRY(co_await parts_.db.write(Durability::full, [this, path, stored](store::Tx& tx) {
        return parts_.artifacts.put(tx, path, stored);
    }));
    co_return None{};
}

Task<Result<net::Response>> ArtifactsApi::send(Result<File> file, rpc::Context context) {
    if (!file) co_return fail(std::move(file).error());
    co_return co_await send_blob(&parts_.blobs, &checked_, &parts_.pool, context.request,
                                 file->digest, std::string(artifacts::base_name(file->path)));
}

Task<Result<net::Response>> ArtifactsApi::download(ArtifactPath message, rpc::Context context) {
    CO_TRY_ASSIGN(const std::string path, clean_file_path(message.path));
    auto file = co_await parts_.db.read(
        [this, path](store::Tx& tx) { return parts_.artifacts.get(tx, path); });
    co_return co_await send(std::move(file), context);
}

Task<Result<FileList>> ArtifactsApi::list(ArtifactPath message, rpc::Context) {
    CO_TRY_ASSIGN(const std::string path, clean_path(message.path));
    co_return co_await parts_.db.read([this, path](store::Tx& tx) -> Result<FileList> {
        TRY_ASSIGN(auto entries, parts_.artifacts.list(tx, path));
        return FileList{std::move(entries)};
    });
}

Task<Result<None>> ArtifactsApi::remove(ArtifactPath message, rpc::Context) {
    CO_TRY_ASSIGN(const std::string path, clean_file_path(message.path));
    while (true) {
        CO_TRY_ASSIGN(const int64_t removed,
                      co_await parts_.db.write(Durability::full, [this, path](store::Tx& tx) {
                          return parts_.artifacts.remove(tx, path);
                      }));
        if (removed < artifacts::Service::kRemoveSlice) co_return None{};
    }
}

Result<RootedFileList> ArtifactsApi::list_below(store::Tx& tx, const std::string& root_uri,
                                                const std::string& folder) const {
    TRY_ASSIGN(const std::string root, artifacts::path_of_uri(root_uri));
    RootedFileList found{root_uri, {}};
    TRY_ASSIGN(found.files, parts_.artifacts.list(tx, artifacts::join(root, folder)));
    for (artifacts::Entry& entry : found.files) entry.path = artifacts::join(folder, entry.path);
    return found;
}

Task<Result<RootedFileList>> ArtifactsApi::list_of_run(ListRunArtifacts message, rpc::Context) {
    CO_TRY_ASSIGN(const std::string run_id, run_of(message));
    CO_TRY_ASSIGN(const std::string folder, clean_path(message.path));
    co_return co_await parts_.db.read(
        [this, run_id, folder](store::Tx& tx) -> Result<RootedFileList> {
            TRY_ASSIGN(const tracking::Run run, parts_.tracking.get_run(tx, run_id));
            return list_below(tx, run.artifact_uri, folder);
        });
}

Task<Result<RootedFileList>> ArtifactsApi::list_of_model(ListModelArtifacts message, rpc::Context) {
    CO_TRY_ASSIGN(const std::string folder, clean_path(message.artifact_directory_path));
    co_return co_await parts_.db.read(
        [this, folder, id = std::move(message.model_id)](store::Tx& tx) -> Result<RootedFileList> {
            TRY_ASSIGN(const auto model, parts_.tracking.get_logged_model(tx, id));
            return list_below(tx, model.artifact_uri, folder);
        });
}

Task<Result<net::Response>> ArtifactsApi::download_of_run(GetRunArtifact message,
                                                          rpc::Context context) {
    CO_TRY_ASSIGN(const std::string run_id, run_of(message));
    CO_TRY_ASSIGN(const std::string path, clean_file_path(message.path));
    auto file = co_await parts_.db.read([this, run_id, path](store::Tx& tx) -> Result<File> {
        TRY_ASSIGN(const tracking::Run run, parts_.tracking.get_run(tx, run_id));
        TRY_ASSIGN(const std::string root, artifacts::path_of_uri(run.artifact_uri));
        return parts_.artifacts.get(tx, artifacts::join(root, path));
    });
    co_return co_await send(std::move(file), context);
}

Task<Result<net::Response>> ArtifactsApi::download_of_version(GetVersionArtifact message,
                                                              rpc::Context context) {
    CO_TRY_ASSIGN(const int64_t version, registry::parse_version(message.version));
    CO_TRY_ASSIGN(const std::string path, clean_file_path(message.path));
    auto file = co_await parts_.db.read(
        [this, version, path, name = std::move(message.name)](store::Tx& tx) -> Result<File> {
            TRY_ASSIGN(const auto found, parts_.registry.get_version(tx, name, version));
            TRY_ASSIGN(const std::string root, artifacts::path_of_uri(found.storage_location));
            return parts_.artifacts.get(tx, artifacts::join(root, path));
        });
    co_return co_await send(std::move(file), context);
}

Task<Result<net::Response>> ArtifactsApi::download_of_model(GetModelArtifact message,
                                                            rpc::Context context) {
    CO_TRY_ASSIGN(const std::string path, clean_file_path(message.artifact_file_path));
    auto file = co_await parts_.db.read(
        [this, path, id = std::move(message.model_id)](store::Tx& tx) -> Result<File> {
            TRY_ASSIGN(const auto model, parts_.tracking.get_logged_model(tx, id));
            TRY_ASSIGN(const std::string root, artifacts::path_of_uri(model.artifact_uri));
            return parts_.artifacts.get(tx, artifacts::join(root, path));
        });
    co_return co_await send(std::move(file), context);
}

}  // namespace rondo::api::mlflow
