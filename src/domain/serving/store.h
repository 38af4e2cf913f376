// All SQL of the serving module.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "domain/serving/model.h"
#include "platform/store/tx.h"

namespace rondo::serving::sql {

// Creates the endpoint or replaces its definition.
Result<EndpointRow> put_endpoint(store::Tx& tx, int64_t workspace_id, const EndpointSpec& spec,
                                 Time now);
Result<std::optional<EndpointRow>> find_endpoint(store::Tx& tx, int64_t workspace_id,
                                                 const std::string& name);
Result<EndpointRow> get_endpoint(store::Tx& tx, int64_t id);
// In order of their names; at most 1,000.
Result<std::vector<EndpointRow>> list_endpoints(store::Tx& tx, int64_t workspace_id);

// The last settled moment; nothing before the first.
Result<std::optional<Time>> settled(store::Tx& tx, int64_t endpoint_id);
Status set_settled(store::Tx& tx, int64_t endpoint_id, Time settled);

// Where an endpoint's clock is, and what was promised of it.
struct EndpointClock {
    int64_t endpoint_id = 0;
    int64_t version = 0;  // grows with whatever another server has to learn about the endpoint
    int64_t spec_version = 0;
    int64_t route_number = 0;  // of the newest route; 0: none
    std::optional<Time> settled, promised;
    std::string promised_session;  // in which the promise holds; '' for ever
    // The moment up to which no more rows or labels come, in a session.
    std::optional<Time> target(const std::string& session) const {
        if (!promised || (!promised_session.empty() && promised_session != session)) return settled;
        return settled ? std::max(*settled, *promised) : *promised;
    }
};
Result<std::vector<EndpointClock>> clocks(store::Tx& tx);  // of all endpoints
Result<EndpointClock> clock(store::Tx& tx, int64_t endpoint_id);
Status set_promised(store::Tx& tx, int64_t endpoint_id, Time promised, const std::string& session);

// Adds a route and gives it the next number.
Result<Route> add_route(store::Tx& tx, int64_t endpoint_id, Route route);
Result<std::optional<Route>> latest_route(store::Tx& tx, int64_t endpoint_id);
// The newest `limit` routes, oldest first.
Result<std::vector<Route>> latest_routes(store::Tx& tx, int64_t endpoint_id, int limit);

}  // namespace rondo::serving::sql
