#include "api/mlflow/mlflow.h"

namespace rondo::api::mlflow {
namespace {

// The same rows for pages, which MLflow keeps apart by the path.
std::vector<rpc::Row> with_ajax(std::vector<rpc::Row> rows) {
    constexpr std::string_view kApi = "/api/";
    const size_t n = rows.size();
    for (size_t i = 0; i < n; ++i) {
        rpc::Row twin = rows[i];
        twin.path = "/ajax-api/" + twin.path.substr(kApi.size());
        rows.push_back(std::move(twin));
    }
    return rows;
}

}  // namespace

Mlflow::Mlflow(const ArtifactsApi::Parts& parts, const MultipartApi::Parts& multipart,
               Direct direct, const AuthApi::Parts& accounts, const WebhooksApi::Parts& webhooks)
    : experiments_(parts.db, parts.tracking),
      runs_(parts.db, parts.tracking),
      logged_models_(parts.db, parts.tracking),
      registry_(parts.db, parts.registry),
      artifacts_(parts),
      multipart_(multipart),
      presigned_(parts),
      told_(direct == Direct::told && multipart.blobs.direct_uploads() != nullptr),
      auth_(accounts),
      roles_(accounts),
      webhooks_(webhooks) {}

void Mlflow::add_to(rpc::Service& service) {
    constexpr rpc::Style kStyle = rpc::Style::mlflow;
    service.add(&experiments_, kStyle, with_ajax(experiments_.rows()));
    service.add(&runs_, kStyle, with_ajax(runs_.rows()));
    service.add(&logged_models_, kStyle, with_ajax(logged_models_.rows()));
    service.add(&registry_, kStyle, with_ajax(registry_.rows()));
    service.add(&artifacts_, kStyle, with_ajax(artifacts_.rows()));
    service.add(&artifacts_, kStyle, artifacts_.page_rows());
    service.add(&multipart_, kStyle, with_ajax(multipart_.rows()));
    service.add(&presigned_, kStyle, with_ajax(presigned_.rows()));
    service.add(&auth_, kStyle, with_ajax(auth_.rows()));
    service.add(&roles_, kStyle, with_ajax(roles_.rows()));
    service.add(&webhooks_, kStyle, with_ajax(webhooks_.rows()));
    service.add(this, kStyle,
                with_ajax({rpc::get<&Mlflow::server_info>("/api/3.0/mlflow/server-info", rpc::kOpen,
                                                          "What this server offers")}));
}

Result<ServerInfo> Mlflow::server_info(None, rpc::Context) {
    ServerInfo info;
    info.multipart_uploads_enabled = info.multipart_downloads_enabled = told_;
    return info;
}

}  // namespace rondo::api::mlflow
