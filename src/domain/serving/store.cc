#include "domain/serving/store.h"

#include "platform/json/enums.h"

#include <algorithm>

#include "base/check.h"
#include "platform/json/json.h"

namespace rondo::serving::sql {
namespace {

constexpr std::string_view kEndpointColumns =
    "SELECT id, workspace_id, spec, spec_version FROM endpoints ";

EndpointRow endpoint_from(const store::Row& row) {
    auto spec = json::read<EndpointSpec>(row.text(2), json::Dialect::lenient);
    CHECK(spec.has_value(), "a stored endpoint definition that does not parse");
    return {row.integer(0), row.integer(1), std::move(*spec), row.integer(3)};
}

constexpr std::string_view kRouteColumns =
    "SELECT number, effective_us, mode, champion, candidate, share, scored_by_both, rollout_id "
    "FROM routes ";

Route route_from(const store::Row& row) {
    Route route;
    route.number = row.integer(0);
    route.effective = from_micros(row.integer(1));
    route.mode = json::stored_value_of<RouteMode>(row.text(2));
    route.champion = row.get<int32_t>(3);
    route.candidate = row.get<int32_t>(4);
    route.share = static_cast<Share>(row.integer(5));
    route.scored_by_both = static_cast<Share>(row.integer(6));
    route.rollout_id = row.get<std::optional<int64_t>>(7);
    return route;
}

template <class... A>
Result<std::vector<EndpointClock>> select_clocks(store::Tx& tx, std::string_view where,
                                                 const A&... args) {
    std::vector<EndpointClock> found;
    TRY(tx.each(
        "SELECT c.endpoint_id, c.version, e.spec_version, c.settled_us, c.promised_us, "
        "c.promised_session, (SELECT coalesce(max(r.number), 0) FROM routes r WHERE "
        "r.endpoint_id = c.endpoint_id) FROM endpoint_clocks c JOIN endpoints e ON "
        "e.id = c.endpoint_id " +
            std::string(where),
        [&](const store::Row& row) {
            EndpointClock c;
            c.endpoint_id = row.integer(0);
            c.version = row.integer(1);
            c.spec_version = row.integer(2);
            if (!row.is_null(3)) c.settled = from_micros(row.integer(3));
            if (!row.is_null(4)) c.promised = from_micros(row.integer(4));
            c.promised_session = row.get<std::string>(5);
            c.route_number = row.integer(6);
            found.push_back(std::move(c));
            return true;
        },
        args...));
    return found;
}

}  // namespace

Result<EndpointRow> put_endpoint(store::Tx& tx, int64_t workspace_id, const EndpointSpec& spec,
                                 Time now) {
    TRY_ASSIGN(const auto row,
               (tx.one<int64_t, int64_t>(
                   "INSERT INTO endpoints (workspace_id, name, spec, spec_version, created_at, "
                   "updated_at) VALUES ($1, $2, $3, 1, $4, $5) "
                   "ON CONFLICT (workspace_id, name) DO UPDATE SET spec = excluded.spec, "
                   "spec_version = endpoints.spec_version + 1, updated_at = excluded.updated_at "
                   "RETURNING id, spec_version",
                   workspace_id, spec.name, json::write(spec), to_micros(now), to_micros(now))));
    const auto [id, version] = *row;
    TRY(
        tx.exec("INSERT INTO endpoint_clocks (endpoint_id) VALUES ($1) ON CONFLICT (endpoint_id) "
                "DO UPDATE SET version = endpoint_clocks.version + 1",
                id));
    return EndpointRow{id, workspace_id, spec, version};
}

Result<std::optional<EndpointRow>> find_endpoint(store::Tx& tx, int64_t workspace_id,
                                                 const std::string& name) {
    std::optional<EndpointRow> found;
    TRY(tx.each(
        std::string(kEndpointColumns) + "WHERE workspace_id = $1 AND name = $2",
        [&](const store::Row& row) {
            found = endpoint_from(row);
            return false;
        },
        workspace_id, name));
    return found;
}

Result<EndpointRow> get_endpoint(store::Tx& tx, int64_t id) {
    std::optional<EndpointRow> found;
    TRY(tx.each(
        std::string(kEndpointColumns) + "WHERE id = $1",
        [&](const store::Row& row) {
            found = endpoint_from(row);
            return false;
        },
        id));
    if (!found) return fail(Code::not_found, "no endpoint with id " + std::to_string(id));
    return std::move(*found);
}

Result<std::vector<EndpointRow>> list_endpoints(store::Tx& tx, int64_t workspace_id) {
    std::vector<EndpointRow> found;
    TRY(tx.each(
        std::string(kEndpointColumns) + "WHERE workspace_id = $1 ORDER BY name LIMIT 1000",
        [&](const store::Row& row) {
            found.push_back(endpoint_from(row));
            return true;
        },
        workspace_id));
    return found;
}

Result<std::optional<Time>> settled(store::Tx& tx, int64_t endpoint_id) {
    TRY_ASSIGN(const auto at,
               tx.one<std::optional<int64_t>>(
                   "SELECT settled_us FROM endpoint_clocks WHERE endpoint_id = $1", endpoint_id));
    if (!at || !*at) return std::nullopt;
    return from_micros(**at);
}

Status set_settled(store::Tx& tx, int64_t endpoint_id, Time settled) {
    TRY(
        tx.exec("UPDATE endpoint_clocks SET settled_us = $1, version = version + 1 "
                "WHERE endpoint_id = $2",
                to_micros(settled), endpoint_id));
    return ok();
}

Status set_promised(store::Tx& tx, int64_t endpoint_id, Time promised, const std::string& session) {
    TRY(
        tx.exec("UPDATE endpoint_clocks SET promised_us = $1, promised_session = $2, "
                "version = version + 1 WHERE endpoint_id = $3",
                to_micros(promised), session, endpoint_id));
    return ok();
}

Result<std::vector<EndpointClock>> clocks(store::Tx& tx) {
    return select_clocks(tx, "ORDER BY c.endpoint_id LIMIT 1000");
}

Result<EndpointClock> clock(store::Tx& tx, int64_t endpoint_id) {
    TRY_ASSIGN(const auto found, select_clocks(tx, "WHERE c.endpoint_id = $1", endpoint_id));
    if (found.empty()) return fail(Code::not_found, "no endpoint " + std::to_string(endpoint_id));
    return found.front();
}

Result<Route> add_route(store::Tx& tx, int64_t endpoint_id, Route route) {
    TRY_ASSIGN(const auto last,
               tx.one<std::optional<int64_t>>(
                   "SELECT max(number) FROM routes WHERE endpoint_id = $1", endpoint_id));
    route.number = (last && *last ? **last : 0) + 1;
    TRY(tx.exec(
        "INSERT INTO routes (endpoint_id, number, effective_us, mode, champion, candidate, "
        "share, scored_by_both, rollout_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        endpoint_id, route.number, to_micros(route.effective), json::text_of(route.mode),
        route.champion, route.candidate, route.share, route.scored_by_both, route.rollout_id));
    TRY(tx.exec("UPDATE endpoint_clocks SET version = version + 1 WHERE endpoint_id = $1",
                endpoint_id));
    return route;
}

Result<std::optional<Route>> latest_route(store::Tx& tx, int64_t endpoint_id) {
    TRY_ASSIGN(auto routes, latest_routes(tx, endpoint_id, 1));
    if (routes.empty()) return std::nullopt;
    return routes.back();
}

Result<std::vector<Route>> latest_routes(store::Tx& tx, int64_t endpoint_id, int limit) {
    std::vector<Route> found;
    TRY(tx.each(
        std::string(kRouteColumns) + "WHERE endpoint_id = $1 ORDER BY number DESC LIMIT $2",
        [&](const store::Row& row) {
            found.push_back(route_from(row));
            return true;
        },
        endpoint_id, limit));
    std::reverse(found.begin(), found.end());
    return found;
}

}  // namespace rondo::serving::sql
