// The folds and the verdict: pure functions.
#pragma once

#include <span>

#include "domain/monitor/model.h"
#include "domain/predictions/service.h"

namespace rondo::monitor {

Status check(const MonitorSpec& spec);

// The level that losses are bet against. In (0, 1).
double threshold_of(const MonitorSpec& spec, const Reference& reference);

// The day's rows that the version scored, in the order of evidence.
DayStats fold_day(const predictions::SealedDay& day, int32_t version, const MonitorSpec& spec,
                  const Reference& reference);

// What the days of a window come to, and whether that is a breach: the numbers of the verdict.
struct Weight {
    int64_t days = 0, rows = 0, labelled = 0;
    double coverage = 0, mean = 0, threshold = 0, e_value = 0;
    bool enough = false, breached = false;
};
Weight weigh(const MonitorSpec& spec, double threshold, std::span<const DayStats* const> days,
             double min_coverage);

// Judges the window that ends with last_day. `days`: the stats of the days in it, oldest first.
Window judge(const MonitorSpec& spec, const Reference& reference, std::span<const DayStats> days,
             int32_t version, Day last_day, Time tick, double min_coverage);

// Whole days in the window.
int window_days(const MonitorSpec& spec);

}  // namespace rondo::monitor
