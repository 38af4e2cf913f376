#include "api/rondo/system_api.h"

namespace rondo::api {
namespace {

constexpr rpc::Permission kMetrics{"read_metrics", rpc::Reach::read, "", ""};

net::Response text(std::string body, int status = 200) {
    net::Response response;
    response.status = status;
    response.content_type = "text/plain; charset=utf-8";
    response.body = std::move(body);
    return response;
}

}  // namespace

std::vector<rpc::Row> SystemApi::rows() {
    using rpc::get;
    using rpc::kOpen;
    return {
        get<&SystemApi::live>("/livez", kOpen, "200 while the process runs"),
        get<&SystemApi::ready>("/readyz", kOpen, "200 while requests are served, 503 otherwise"),
        get<&SystemApi::health>("/health", kOpen, "MLflow's form of the same: OK"),
        get<&SystemApi::version>("/version", kOpen, "The MLflow version whose interface is served"),
        get<&SystemApi::metrics>("/metrics", kMetrics, "Metrics in Prometheus' text format"),
        get<&SystemApi::openapi>("/openapi.json", kOpen, "This interface as OpenAPI 3.1"),
    };
}

Result<net::Response> SystemApi::live(rpc::None, rpc::Context) { return text("ok\n"); }

Result<net::Response> SystemApi::ready(rpc::None, rpc::Context) {
    return ready_.load() ? text("ready\n") : text("not ready\n", 503);
}

Result<net::Response> SystemApi::health(rpc::None, rpc::Context) { return text("OK"); }

Result<net::Response> SystemApi::version(rpc::None, rpc::Context) {
    return text(parts_.mlflow_version);
}

Result<net::Response> SystemApi::metrics(rpc::None, rpc::Context) {
    std::string out;
    for (const auto& write : parts_.metrics) write(out);
    const store::Database::Health db = parts_.db.health();
    out +=
        "# HELP rondo_database_transactions_total Committed transactions (groups of writes).\n"
        "# TYPE rondo_database_transactions_total counter\nrondo_database_transactions_total " +
        std::to_string(db.groups) +
        "\n# HELP rondo_database_writes_total Writes in them.\n"
        "# TYPE rondo_database_writes_total counter\nrondo_database_writes_total " +
        std::to_string(db.grouped_writes) +
        "\n# HELP rondo_database_queued_writes Writes that wait for the database.\n"
        "# TYPE rondo_database_queued_writes gauge\nrondo_database_queued_writes " +
        std::to_string(db.queued_writes) +
        "\n# HELP rondo_database_read_only 1 after a failed sync, until a restart.\n"
        "# TYPE rondo_database_read_only gauge\nrondo_database_read_only " +
        (db.read_only_because.empty() ? "0" : "1") +
        "\n# HELP rondo_build_info The version of this server.\n"
        "# TYPE rondo_build_info gauge\nrondo_build_info{version=\"" +
        parts_.version + "\",engine=\"" + db.engine + "\"} 1\n";
    net::Response response = text(std::move(out));
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    return response;
}

Result<net::Response> SystemApi::openapi(rpc::None, rpc::Context) {
    net::Response response;
    response.body = parts_.openapi();
    return response;
}

}  // namespace rondo::api
