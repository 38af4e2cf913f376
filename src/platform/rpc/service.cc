#include "platform/rpc/service.h"

#include "base/check.h"
#include "base/log.h"
#include "base/text.h"
#include "platform/crypto/crypto.h"

namespace rondo::rpc {
namespace {

// "[::1]:5000" -> "[::1]", "localhost:5000" -> "localhost"
std::string_view host_without_port(std::string_view host) {
    if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
    return host.substr(0, host.rfind(':'));
}

bool is_loopback_name(std::string_view host) {
    return equals_ignoring_case(host, "localhost") || host == "127.0.0.1" || host == "[::1]";
}

bool changes_something(net::Verb verb) {
    return verb != net::Verb::get && verb != net::Verb::head && verb != net::Verb::options;
}

}  // namespace

Service::Service(Border border) : border_(std::move(border)) {}

void Service::add(void* api, Style style, std::vector<Row> rows) {
    for (Row& given : rows) {
        CHECK(!given.permission.name.empty(), "a route without a permission: " + given.path);
        given.style = style;
        rows_.push_back(std::make_unique<Row>(std::move(given)));
        const Row* row = rows_.back().get();
        stats_.push_back(std::make_unique<net::RouteStats>());
        net::Route route;
        route.verb = row->verb;
        route.pattern = row->path;
        route.body_mode = row->body == BodyKind::streamed ? net::BodyMode::streamed
                                                          : net::BodyMode::buffered;
        route.body_limit = row->body_limit;
        route.stats = stats_.back().get();
        route.handle = [api, row](net::Request& request) {
            return row->invoke(api, *row, request);
        };
        router_.add(std::move(route));
        row_of_.emplace(router_.routes().back().get(), row);
    }
}

Style Service::style_for(std::string_view path) {
    if (path.starts_with("/api/2.0/") || path.starts_with("/ajax-api/") ||
        path.starts_with("/api/3.0/"))
        return Style::mlflow;
    if (path.starts_with("/v2/") || path == "/v2") return Style::oip;
    return Style::rondo;
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
    const std::string_view site = request.headers.get("sec-fetch-site");
    const bool cross_site = !site.empty() && site != "same-origin" && site != "none";
    const std::string_view origin = request.headers.get("origin");
    bool foreign_origin = false;
    if (!origin.empty()) {
        const size_t scheme_end = origin.find("://");
        const std::string_view authority =
            scheme_end == std::string_view::npos ? "" : origin.substr(scheme_end + 3);
        foreign_origin = !equals_ignoring_case(authority, request.headers.get("host"));
    }
    const bool opens_page = request.headers.get("sec-fetch-mode") == "navigate";
    if (foreign_origin || (cross_site && (changes_something(request.verb) || !opens_page)))
        return fail(Code::permission_denied, "requests from another site are refused");
    return ok();
}

Status Service::check_permission(const Row& row, const net::Request& request) const {
    if (row.permission.reach != Reach::operate) return ok();
    std::string_view token = request.headers.get("authorization");
    if (token.starts_with("Bearer ")) token.remove_prefix(7);
    if (!border_.token.empty() && equal_in_constant_time(token, border_.token)) return ok();
    return fail(Code::unauthenticated,
                "this route runs code or moves traffic: it needs the token in the data folder's "
                "file 'token', sent as 'Authorization: Bearer ...'");
}

net::Application::Decision Service::admit(net::Request& request) {
    const Style style = style_for(request.path);
    if (Status border = check_border(request); !border)
        return {nullptr, error_response(style, border.error())};
    auto match = router_.find(request);
    if (!match) return {nullptr, error_response(style, match.error())};
    if (match->route == nullptr) {
        if (match->path_exists) {
            net::Response response = error_response(
                style, {Code::invalid, std::string(net::name_of(request.verb)) +
                                           " is not offered for this path"});
            response.status = 405;
            return {nullptr, std::move(response)};
        }
        Error error{Code::not_found, "no such route: " + std::string(net::name_of(request.verb)) +
                                         " " + quoted(request.path)};
        net::Response response = error_response(style, error);
        // MLflow's clients take this code for "the server is older than the route".
        if (style == Style::mlflow) {
            response.body = R"({"error_code":"ENDPOINT_NOT_FOUND","message":)";
            append_json_string(response.body, error.message);
            response.body += '}';
        }
        return {nullptr, std::move(response)};
    }
    const Row& row = *row_of_.at(match->route);
    if (Status permitted = check_permission(row, request); !permitted)
        return {nullptr, error_response(row.style, permitted.error())};
    return {match->route, {}};
}

net::Response Service::refuse(int status, const Error& error) {
    net::Response response = error_response(Style::rondo, error);
    response.status = status;
    return response;
}

void Service::finished(const net::Request& request, const net::Route* route, int status,
                       uint64_t bytes, Micros took) {
    if (route == nullptr) {
        refused_.fetch_add(1, std::memory_order_relaxed);
    } else {
        net::RouteStats& stats = *route->stats;
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
    out += "# HELP rondo_requests_total Requests answered, by route and class of status.\n"
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
    out += "# HELP rondo_request_duration_seconds Time from the head of a request to the last "
           "byte of its answer.\n# TYPE rondo_request_duration_seconds histogram\n";
    for (size_t i = 0; i < rows_.size(); ++i) {
        const net::RouteStats& stats = *stats_[i];
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
    out += "# HELP rondo_requests_refused_total Requests that reached no route.\n"
           "# TYPE rondo_requests_refused_total counter\nrondo_requests_refused_total " +
           number(refused_.load()) + "\n";
}

}  // namespace rondo::rpc
