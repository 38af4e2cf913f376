// All SQL of the rollout module.
#pragma once

#include <optional>
#include <vector>

#include "domain/rollout/model.h"
#include "platform/store/tx.h"

namespace rondo::rollout::sql {

// Code::conflict when the endpoint has an open rollout.
Result<int64_t> insert(store::Tx& tx, const Rollout& rollout);
Result<std::optional<Rollout>> find(store::Tx& tx, int64_t id);
Result<std::optional<Rollout>> find_open(store::Tx& tx, int64_t endpoint_id);
// Newest first.
Result<std::vector<Rollout>> list(store::Tx& tx, int64_t endpoint_id, int limit);

// Writes everything that changes, when the row is still at rollout.ver; false otherwise.
Result<bool> update(store::Tx& tx, const Rollout& rollout);

// The event that announced the rollout: the cause of what becomes of it.
Status set_cause(store::Tx& tx, int64_t id, int64_t event);

// True when the unit was not in the rollout's evidence yet.
Result<bool> enter_unit(store::Tx& tx, int64_t rollout_id, uint64_t unit_hash);

Status put_point(store::Tx& tx, int64_t rollout_id, const experiment::Point& point);
Result<std::vector<experiment::Point>> points(store::Tx& tx, int64_t rollout_id);

// Numbers of the routes that a stage of the rollout made (mode and time tell stages apart).
struct RouteOfRollout {
    int64_t number = 0;
    serving::RouteMode mode{};
    Time effective{};
};
Result<std::vector<RouteOfRollout>> routes_of(store::Tx& tx, int64_t endpoint_id,
                                              int64_t rollout_id);

}  // namespace rondo::rollout::sql
