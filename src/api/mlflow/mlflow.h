// MLflow's whole interface as one object: owns the rows' handlers, registers them all.
#pragma once

#include "api/mlflow/artifacts_api.h"
#include "api/mlflow/auth_api.h"
#include "api/mlflow/experiments_api.h"
#include "api/mlflow/logged_models_api.h"
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
              "Not offered: one PUT holds a file of any size"),
        field("multipart_downloads_enabled", &ServerInfo::multipart_downloads_enabled,
              "Not offered: downloads take ranges"),
        field("features_enabled", &ServerInfo::features_enabled, "Of MLflow's pages")};
};

class Mlflow {
  public:
    Mlflow(const ArtifactsApi::Parts& parts, const AuthApi::Parts& accounts,
           const WebhooksApi::Parts& webhooks);

    // Registers every row; this object outlives the service.
    void add_to(rpc::Service& service);

    Result<ServerInfo> server_info(None, rpc::Context);

  private:
    ExperimentsApi experiments_;
    RunsApi runs_;
    LoggedModelsApi logged_models_;
    RegistryApi registry_;
    ArtifactsApi artifacts_;
    AuthApi auth_;
    RolesApi roles_;
    WebhooksApi webhooks_;
};

}  // namespace rondo::api::mlflow
