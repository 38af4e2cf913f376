// All SQL of the loop module.
#pragma once

#include <optional>
#include <vector>

#include "domain/loop/model.h"
#include "platform/store/tx.h"

namespace rondo::loop::sql {

Result<Policy> put_policy(store::Tx& tx, int64_t endpoint_id, const PolicySpec& spec, Time now);
Result<std::optional<Policy>> find_policy(store::Tx& tx, int64_t endpoint_id);

// The case's id; nothing when the endpoint has an open one.
Result<std::optional<int64_t>> open_case(store::Tx& tx, const Case& opened, Time now);
Result<std::optional<Case>> find_open_case(store::Tx& tx, int64_t endpoint_id);
Result<std::optional<Case>> find_case_of_rollout(store::Tx& tx, int64_t rollout_id);
// The newest case, open or closed.
Result<std::optional<Case>> latest_case(store::Tx& tx, int64_t endpoint_id);
// Writes everything that changes when the row is still at c.ver; false otherwise.
Result<bool> update_case(store::Tx& tx, const Case& c);

Result<int64_t> insert_decision(store::Tx& tx, int64_t workspace_id, const Decision& decision,
                                Time now);
Result<Decision> get_decision(store::Tx& tx, int64_t id);

// A line of the timeline: an event of the endpoint, and the decision it announces.
struct Entry {
    int64_t event_id = 0;
    Time happened{}, recorded{};
    std::string kind;
    std::string data;
    std::optional<int64_t> cause;
    std::optional<int64_t> decision_id;
};
// Oldest first, after an event id.
Result<std::vector<Entry>> timeline(store::Tx& tx, int64_t workspace_id, const std::string& subject,
                                    int64_t after, int limit);

}  // namespace rondo::loop::sql
