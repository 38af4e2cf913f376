// Artifacts: the proxy that clients put files through, listings of runs and logged models, and
// downloads for browsers.
#pragma once

#include "api/mlflow/transfer.h"
#include "api/mlflow/wire.h"
#include "domain/artifacts/service.h"
#include "domain/registry/service.h"
#include "platform/store/database.h"

namespace rondo::api::mlflow {

struct ArtifactPath {
    std::string path;
    static constexpr auto fields =
        std::tuple{field("path", &ArtifactPath::path, "Below the artifact root")};
};
struct FileList {
    std::vector<artifacts::Entry> files;
    static constexpr auto fields = std::tuple{field("files", &FileList::files, "Entries")};
};
struct ListRunArtifacts {
    std::string run_id, run_uuid, path, page_token;
    static constexpr auto fields =
        std::tuple{field("run_id", &ListRunArtifacts::run_id, "Run"),
                   field("run_uuid", &ListRunArtifacts::run_uuid, "The same, by its older name"),
                   field("path", &ListRunArtifacts::path, "Folder below the run's root"),
                   field("page_token", &ListRunArtifacts::page_token, "Never needed")};
};
struct ListModelArtifacts {
    std::string model_id, artifact_directory_path, page_token;
    static constexpr auto fields = std::tuple{
        field("model_id", &ListModelArtifacts::model_id, "Logged model"),
        field("artifact_directory_path", &ListModelArtifacts::artifact_directory_path, "Folder"),
        field("page_token", &ListModelArtifacts::page_token, "Never needed")};
};
struct RootedFileList {
    std::string root_uri;
    std::vector<artifacts::Entry> files;
    static constexpr auto fields =
        std::tuple{field("root_uri", &RootedFileList::root_uri, "What paths are relative to"),
                   field("files", &RootedFileList::files, "Entries, with their folder")};
};
struct GetRunArtifact {
    std::string run_id, run_uuid, path;
    static constexpr auto fields =
        std::tuple{field("run_id", &GetRunArtifact::run_id, "Run"),
                   field("run_uuid", &GetRunArtifact::run_uuid, "The same, by its older name"),
                   field("path", &GetRunArtifact::path, "Below the run's root", required)};
};
struct UploadToRun {
    std::string run_uuid, path;
    static constexpr auto fields =
        std::tuple{field("run_uuid", &UploadToRun::run_uuid, "Run"),
                   field("path", &UploadToRun::path, "Below the run's root")};
};
struct GetVersionArtifact {
    std::string name, version, path;
    static constexpr auto fields =
        std::tuple{field("name", &GetVersionArtifact::name, "Registered model", required),
                   field("version", &GetVersionArtifact::version, "Number", required),
                   field("path", &GetVersionArtifact::path, "Below the version's files", required)};
};
struct GetModelArtifact {
    std::string model_id, artifact_file_path;
    static constexpr auto fields =
        std::tuple{field("model_id", &GetModelArtifact::model_id, "Logged model"),
                   field("artifact_file_path", &GetModelArtifact::artifact_file_path,
                         "Below its files", required)};
};

class ArtifactsApi {
  public:
    struct Parts {
        Env& env;
        store::Database& db;
        blob::Store& blobs;
        WorkerPool& pool;
        const tracking::Service& tracking;
        const registry::Service& registry;
        const artifacts::Service& artifacts;
    };
    explicit ArtifactsApi(Parts parts) : parts_(parts), checked_(parts.env) {}

    // Below /api and /ajax-api.
    std::vector<rpc::Row> rows();
    // Where browsers follow links to, and what only pages send.
    std::vector<rpc::Row> page_rows();

    Task<Result<None>> upload(ArtifactPath message, rpc::Context context);
    Task<Result<net::Response>> download(ArtifactPath message, rpc::Context context);
    Task<Result<None>> upload_to_run(UploadToRun message, rpc::Context context);
    Task<Result<FileList>> list(ArtifactPath message, rpc::Context);
    Task<Result<None>> remove(ArtifactPath message, rpc::Context);

    Task<Result<RootedFileList>> list_of_run(ListRunArtifacts message, rpc::Context);
    Task<Result<RootedFileList>> list_of_model(ListModelArtifacts message, rpc::Context);

    Task<Result<net::Response>> download_of_run(GetRunArtifact message, rpc::Context context);
    Task<Result<net::Response>> download_of_version(GetVersionArtifact message,
                                                    rpc::Context context);
    Task<Result<net::Response>> download_of_model(GetModelArtifact message, rpc::Context context);

  private:
    // The entries of root + "/" + folder, each with `folder` in front.
    Result<RootedFileList> list_below(store::Tx& tx, const std::string& root_uri,
                                      const std::string& folder) const;
    Task<Result<net::Response>> send(Result<artifacts::File> file, rpc::Context context);

    Parts parts_;
    blob::CheckedFiles checked_;
};

}  // namespace rondo::api::mlflow
