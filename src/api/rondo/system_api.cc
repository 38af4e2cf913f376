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

void write_health(std::string& out, const store::Database::Health& db) {
    struct Line {
        std::string_view name, type, help;
        uint64_t value;
    };
    const bool up = db.unreachable_because.empty() && db.read_only_because.empty();
    const Line lines[] = {
        {"up", "gauge", "1 while the database takes writes.", up ? 1U : 0U},
        {"read_only", "gauge", "1 after a failed sync, until a restart.",
         db.read_only_because.empty() ? 0U : 1U},
        {"transactions_total", "counter", "Committed transactions (groups of writes).", db.groups},
        {"writes_total", "counter", "Writes in them.", db.grouped_writes},
        {"reads_total", "counter", "Transactions that only read.", db.reads},
        {"queued_writes", "gauge", "Writes that wait for their turn.", db.queued_writes},
        {"queued_reads", "gauge", "Reads that wait for their turn.", db.queued_reads},
        {"sessions", "gauge", "Connections to PostgreSQL.", db.sessions},
        {"retries_total", "counter", "Transactions run again after a conflict.", db.retries},
        {"reconnects_total", "counter", "Connections to PostgreSQL that were lost.", db.reconnects},
        {"uncertain_commits_total", "counter", "Commits whose fate had to be asked for.",
         db.uncertain},
    };
    for (const auto& [name, type, help, value] : lines) {
        const std::string full = "rondo_database_" + std::string(name);
        out.append("# HELP ").append(full).append(" ").append(help);
        out.append("\n# TYPE ").append(full).append(" ").append(type).append("\n");
        out.append(full).append(" ").append(std::to_string(value)).append("\n");
    }
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
    write_health(out, db);
    out +=
        "# HELP rondo_build_info The version of this server.\n"
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
