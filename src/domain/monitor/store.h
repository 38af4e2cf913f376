// All SQL of the monitor module.
#pragma once

#include <optional>
#include <vector>

#include "domain/monitor/model.h"
#include "platform/store/tx.h"

namespace rondo::monitor::sql {

Status put_reference(store::Tx& tx, int64_t endpoint_id, int32_t version,
                     const Reference& reference, Time now);
Result<std::optional<Reference>> find_reference(store::Tx& tx, int64_t endpoint_id,
                                                int32_t version);

Status put_day(store::Tx& tx, int64_t endpoint_id, const DayStats& day);
// Days in [first, last] of a version, oldest first.
Result<std::vector<DayStats>> days_between(store::Tx& tx, int64_t endpoint_id, int32_t version,
                                           Day first, Day last);

Status put_window(store::Tx& tx, int64_t endpoint_id, const Window& window);
// Oldest first, of ticks after a moment.
Result<std::vector<Window>> windows_after(store::Tx& tx, int64_t endpoint_id, Time after,
                                          int limit);
Result<std::optional<Window>> latest_window(store::Tx& tx, int64_t endpoint_id);

}  // namespace rondo::monitor::sql
