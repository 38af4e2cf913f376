// All SQL of the serving module.
#pragma once

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

// Adds a route and gives it the next number.
Result<Route> add_route(store::Tx& tx, int64_t endpoint_id, Route route);
Result<std::optional<Route>> latest_route(store::Tx& tx, int64_t endpoint_id);
// The newest `limit` routes, oldest first.
Result<std::vector<Route>> latest_routes(store::Tx& tx, int64_t endpoint_id, int limit);

}  // namespace rondo::serving::sql
