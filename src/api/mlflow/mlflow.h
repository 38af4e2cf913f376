// MLflow's whole interface as one object: owns the rows' handlers, registers them all.
#pragma once

#include "api/mlflow/artifacts_api.h"
#include "api/mlflow/auth_api.h"
#include "api/mlflow/experiments_api.h"
#include "api/mlflow/logged_models_api.h"
#include "api/mlflow/multipart_api.h"
#include "api/mlflow/presigned_api.h"
#include "api/mlflow/registry_api.h"
#include "api/mlflow/roles_api.h"
#include "api/mlflow/runs_api.h"
#include "api/mlflow/webhooks_api.h"
#include "platform/rpc/service.h"

namespace rondo::api::mlflow {

struct Features {
    bool gateway = false;
    static constexpr auto fields = std::tuple{field("gateway", &Features::gateway, "Not offered")};
};
struct ServerInfo {
    std::string store_type = "SqlStore";
    bool workspaces_enabled = false, trace_archival_enabled = false,
         multipart_uploads_enabled = false, multipart_downloads_enabled = false;
    Features features_enabled;
    static constexpr auto fields = std::tuple{
        field("store_type", &ServerInfo::store_type, "Always SqlStore"),
        field("workspaces_enabled", &ServerInfo::workspaces_enabled, "Not offered"),
        field("trace_archival_enabled", &ServerInfo::trace_archival_enabled, "Not offered"),
        field("multipart_uploads_enabled", &ServerInfo::multipart_uploads_enabled,
              "Whether clients put large files into the object store themselves"),
        field("multipart_downloads_enabled", &ServerInfo::multipart_downloads_enabled,
              "Whether they read them from there"),
        field("features_enabled", &ServerInfo::features_enabled, "Of MLflow's pages")};
};

class Mlflow {
  public:
    // Whether clients are told to go around the server with large files; those who ask for it may
    // wherever the store allows it.
    enum class Direct : uint8_t { on_demand, told };

    Mlflow(const ArtifactsApi::Parts& parts, const MultipartApi::Parts& multipart, Direct direct,
           const AuthApi::Parts& accounts, const WebhooksApi::Parts& webhooks);

    // Registers every row; this object outlives the service.
    void add_to(rpc::Service& service);

    // After the network's end, before that of what the parts point to.
    void stop() { multipart_.stop(); }

    Result<ServerInfo> server_info(None, rpc::Context);

  private:
    ExperimentsApi experiments_;
    RunsApi runs_;
    LoggedModelsApi logged_models_;
    RegistryApi registry_;
    ArtifactsApi artifacts_;
    MultipartApi multipart_;
    PresignedApi presigned_;
    bool told_;
    AuthApi auth_;
    RolesApi roles_;
    WebhooksApi webhooks_;
};

}  // namespace rondo::api::mlflow
