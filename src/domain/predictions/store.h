// All SQL of the predictions module.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "domain/predictions/model.h"
#include "platform/store/tx.h"

namespace rondo::predictions::sql {

enum class Inserted : uint8_t { yes, repeated, contradictory };
// Keeps the first label of a key.
Result<Inserted> insert_label(store::Tx& tx, int64_t endpoint_id, const Label& label, Time arrived);

// The labels of predictions with event time in [from, to) that were known at `known_by`, by key.
Result<std::vector<Label>> labels_between(store::Tx& tx, int64_t endpoint_id, Time from, Time to,
                                          Time known_by);
// The days after `after` (all, without one) up to `last` on which a labelled prediction was made,
// or is said to have been.
Result<std::set<Day>> days_of_labels(store::Tx& tx, int64_t endpoint_id, std::optional<Day> after,
                                     Day last);
// The last sealed day, if any.
Result<std::optional<Day>> sealed_day(store::Tx& tx, int64_t endpoint_id);

// Adds a sealed day and its sums.
Status insert_segment(store::Tx& tx, const Segment& segment, Time sealed_at);
Result<std::vector<Segment>> segments_between(store::Tx& tx, int64_t endpoint_id, Day from, Day to);

struct Sums {
    int64_t sealed[2] = {0, 0};  // rows by arm
    int64_t lost[2] = {0, 0};
    int64_t labels_late = 0, labels_contradictory = 0, labels_unmatched = 0;
};
Result<Sums> sums(store::Tx& tx, int64_t endpoint_id);
Status add_to_sums(store::Tx& tx, int64_t endpoint_id, const Sums& more);

}  // namespace rondo::predictions::sql
