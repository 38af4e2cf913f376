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

struct ServerInfo {
    std::string store_type = "SqlStore";
    bool workspaces_enabled = false;
    static constexpr auto fields =
        std::tuple{field("store_type", &ServerInfo::store_type, "Always SqlStore"),
                   field("workspaces_enabled", &ServerInfo::workspaces_enabled, "Not offered")};
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
