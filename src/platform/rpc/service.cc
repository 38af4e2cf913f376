#include "platform/rpc/service.h"

#include "base/check.h"
#include "base/log.h"
#include "base/text.h"

namespace rondo::rpc {
namespace {

// "[::1]:5000" -> "[::1]", "localhost:5000" -> "localhost"; what is no port stays.
std::string_view host_without_port(std::string_view host) {
    const size_t colon = host.rfind(':');
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (colon == std::string_view::npos || !std::ranges::all_of(host.substr(colon + 1), is_digit))
        return host;
    return host.substr(0, colon);
}

bool is_loopback_name(std::string_view host) {
    return equals_ignoring_case(host, "localhost") || host == "127.0.0.1" || host == "[::1]";
}

// A link that a person followed or an address that was typed: a page of its own, no frame.
bool opens_page(const net::Request& request) {
    const std::string_view destination = request.headers.get("sec-fetch-dest");
    return request.verb == net::Verb::get && request.headers.get("sec-fetch-mode") == "navigate" &&
           (destination.empty() || destination == "document");
}

bool is_foreign(std::string_view origin, std::string_view host) {
    constexpr std::string_view kSeparator = "://";
    const size_t scheme_end = origin.find(kSeparator);
    return scheme_end == std::string_view::npos ||
           !equals_ignoring_case(origin.substr(scheme_end + kSeparator.size()), host);
}

// In which protocol's words to speak of a path that no row serves.
Style style_for(const net::Request& request) {
    const std::string_view path = request.path;
    if (request.is_grpc) return Style::grpc;
    if (path.starts_with("/api/2.0/") || path.starts_with("/ajax-api/") ||
        path.starts_with("/api/3.0/"))
        return Style::mlflow;
    if (path.starts_with("/v2/") || path == "/v2") return Style::oip;
    return Style::rondo;
}

net::Response not_offered(const net::Request& request, const std::vector<net::Verb>& allowed) {
    std::string names;
    for (const net::Verb verb : allowed) {
        names.append(names.empty() ? "" : ", ").append(net::name_of(verb));
        if (verb == net::Verb::get) names += ", HEAD";
    }
    net::Response response = error_response(
        style_for(request), {Code::invalid, std::string(net::name_of(request.verb)) +
                                                " is not offered for this path, but " + names});
    response.status = 405;
    response.header("allow", names);
    return response;
}

// MLflow's clients may name a workspace in a header. There is one here, so whoever names one is
// refused as MLflow's own server does without workspaces, and nothing lands in another than meant.
bool names_workspace(const net::Request& request) {
    return !trim(request.headers.get("x-mlflow-workspace")).empty() &&
           !request.path.ends_with("/mlflow/server-info");
}

bool manages_workspaces(const net::Request& request) {
    constexpr std::string_view kApi = "/api/", kAjax = "/ajax-api/",
                               kRoot = "3.0/mlflow/workspaces";
    std::string_view path = request.path;
    if (!path.starts_with(kApi) && !path.starts_with(kAjax)) return false;
    path.remove_prefix(path.starts_with(kApi) ? kApi.size() : kAjax.size());
    return path.starts_with(kRoot) && (path.size() == kRoot.size() || path[kRoot.size()] == '/');
}

net::Response no_workspaces() {
    net::Response response = error_response(Style::mlflow, {Code::unsupported, ""});
    response.body =
        R"({"error_code":"FEATURE_DISABLED","message":"Workspace APIs are not available: )"
        R"(workspaces are not enabled on this server. Leave out the workspace: unset )"
        R"(MLFLOW_WORKSPACE and call mlflow.set_workspace(None)."})";
    return response;
}

net::Response no_such_route(const net::Request& request) {
    const Style style = style_for(request);
    const Error error{
        style == Style::grpc ? Code::unsupported : Code::not_found,
        "no such route: " + std::string(net::name_of(request.verb)) + " " + quoted(request.path)};
    net::Response response = error_response(style, error);
    // MLflow's clients take this code for "the server is older than the route".
    if (style == Style::mlflow) {
        response.body = R"({"error_code":"ENDPOINT_NOT_FOUND","message":)";
        append_json_string(response.body, error.message);
        response.body += '}';
    }
    return response;
}

}  // namespace

Service::Service(Border border, Guard& guard) : border_(std::move(border)), guard_(guard) {}

void Service::add(void* api, Style style, std::vector<Row> rows) {
    for (Row& given : rows) {
        check_permission(given);
        given.style = style;
        given.guard = &guard_;
        rows_.push_back(std::make_unique<Row>(std::move(given)));
        const Row* row = rows_.back().get();
        stats_.push_back(std::make_unique<RouteStats>());
        net::Route route;
        route.verb = row->verb;
        route.pattern = row->path;
        route.body_mode =
            row->body == BodyKind::streamed ? net::BodyMode::streamed : net::BodyMode::buffered;
        route.body_limit = row->body_limit;
        route.handle = [api, row](net::Request& request) {
            return row->invoke(api, *row, request);
        };
        router_.add(std::move(route));
    }
}

Status Service::check_border(const net::Request& request) const {
    // DNS rebinding (T24): a page of evil.example that resolves to 127.0.0.1 sends its own name.
    const std::string_view host = host_without_port(request.headers.get("host"));
    bool known = is_loopback_name(host);
    for (const std::string& allowed : border_.allowed_hosts)
        known = known || equals_ignoring_case(host, allowed);
    if (!known)
        return fail(Code::permission_denied, "the host name " + quoted(host) +
                                                 " is not served here; add it with "
                                                 "--allowed-host");
    // Cross-site requests (T25): browsers say where they come from.
    const std::string_view origin = request.headers.get("origin");
    const std::string_view site = request.headers.get("sec-fetch-site");
    const bool cross_site = !site.empty() && site != "same-origin" && site != "none";
    if ((!origin.empty() && is_foreign(origin, request.headers.get("host"))) ||
        (cross_site && !opens_page(request)))
        return fail(Code::permission_denied, "requests from another site are refused");
    return ok();
}

std::expected<const net::Route*, net::Response> Service::admit(net::Request& request) {
    if (Status border = check_border(request); !border)
        return std::unexpected(error_response(style_for(request), border.error()));
    auto match = router_.find(request);
    if (!match) return std::unexpected(error_response(style_for(request), match.error()));
    if (match->route == nullptr && manages_workspaces(request))
        return std::unexpected(no_workspaces());
    if (match->route == nullptr)
        return std::unexpected(match->allowed.empty() ? no_such_route(request)
                                                      : not_offered(request, match->allowed));
    const Row& row = *rows_[match->route->index];
    if (row.style == Style::mlflow && names_workspace(request))
        return std::unexpected(no_workspaces());
    if (Status permitted = guard_.admit(row.permission, request); !permitted)
        return std::unexpected(
            error_response(request.is_grpc ? Style::grpc : row.style, permitted.error()));
    return match->route;
}

net::Response Service::refuse(const net::Request& request, const Error& error) {
    return error_response(style_for(request), error);
}

void Service::finished(const net::Request& request, const net::Route* route, int status,
                       uint64_t bytes, Micros took) {
    if (route == nullptr) {
        refused_.fetch_add(1, std::memory_order_relaxed);
    } else {
        RouteStats& stats = *stats_[route->index];
        size_t bucket = 0;
        while (bucket < stats.kBucketMicros.size() && took.count() > stats.kBucketMicros[bucket])
            ++bucket;
        stats.buckets[bucket].fetch_add(1, std::memory_order_relaxed);
        const auto status_class = static_cast<size_t>(std::clamp(status / 100, 0, 5));
        stats.by_status_class[status_class].fetch_add(1, std::memory_order_relaxed);
        stats.total_micros.fetch_add(static_cast<uint64_t>(took.count()),
                                     std::memory_order_relaxed);
    }
    const log::Level level = status >= 500 ? log::Level::warning : log::Level::debug;
    if (log::enabled(level))
        log::write(level, "request",
                   {{"id", request.id},
                    {"verb", net::name_of(request.verb)},
                    {"path", request.path},
                    {"status", status},
                    {"bytes", bytes},
                    {"us", took.count()}});
}

void Service::write_metrics(std::string& out) const {
    const auto number = [](uint64_t n) { return std::to_string(n); };
    out +=
        "# HELP rondo_requests_total Requests answered, by route and class of status.\n"
        "# TYPE rondo_requests_total counter\n";
    for (size_t i = 0; i < rows_.size(); ++i) {
        for (size_t c = 1; c < 6; ++c) {
            const uint64_t n = stats_[i]->by_status_class[c].load(std::memory_order_relaxed);
            if (n == 0) continue;
            out += "rondo_requests_total{verb=\"" + std::string(net::name_of(rows_[i]->verb)) +
                   "\",route=\"" + rows_[i]->path + "\",status=\"" + number(c) + "xx\"} " +
                   number(n) + "\n";
        }
    }
    out +=
        "# HELP rondo_request_duration_seconds Time from the head of a request to the last "
        "byte of its answer.\n# TYPE rondo_request_duration_seconds histogram\n";
    for (size_t i = 0; i < rows_.size(); ++i) {
        const RouteStats& stats = *stats_[i];
        uint64_t total = 0;
        for (const auto& bucket : stats.buckets) total += bucket.load(std::memory_order_relaxed);
        if (total == 0) continue;
        const std::string labels = "verb=\"" + std::string(net::name_of(rows_[i]->verb)) +
                                   "\",route=\"" + rows_[i]->path + "\"";
        uint64_t sum = 0;
        for (size_t b = 0; b < stats.buckets.size(); ++b) {
            sum += stats.buckets[b].load(std::memory_order_relaxed);
            std::string limit = "+Inf";
            if (b < stats.kBucketMicros.size()) {
                limit.clear();
                append_json_double(limit, static_cast<double>(stats.kBucketMicros[b]) / 1e6);
            }
            out += "rondo_request_duration_seconds_bucket{" + labels + ",le=\"" + limit + "\"} " +
                   number(sum) + "\n";
        }
        std::string seconds;
        append_json_double(seconds, static_cast<double>(stats.total_micros.load()) / 1e6);
        out += "rondo_request_duration_seconds_sum{" + labels + "} " + seconds + "\n";
        out += "rondo_request_duration_seconds_count{" + labels + "} " + number(total) + "\n";
    }
    out +=
        "# HELP rondo_requests_refused_total Requests that reached no route.\n"
        "# TYPE rondo_requests_refused_total counter\nrondo_requests_refused_total " +
        number(refused_.load()) + "\n";
}

}  // namespace rondo::rpc
