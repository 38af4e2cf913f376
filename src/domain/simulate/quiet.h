// How often a monitor's rule calls a breach while nothing is wrong: the champion's own labelled
// losses, drawn anew in blocks of days, make streams of the same quality for ever. The verdict is
// the server's own (monitor::weigh).
#pragma once

#include "domain/monitor/model.h"
#include "domain/simulate/reference.h"
#include "domain/simulate/study.h"

namespace rondo::simulate {

struct QuietSpec {
    monitor::MonitorSpec rule;     // its window and margin are tried first
    double reference = 0;          // the expected loss; the file's mean where it is not given
    double min_coverage = 0.98;    // of the endpoint
    std::vector<int64_t> windows;  // days
    std::vector<double> margins;   // ascending
    int64_t stream_days = 240;
    int64_t block_days = 1;  // days that are drawn together
    double level = 0.01;     // share of quiet streams that may see a false alarm
    int64_t runs = 1000;
    uint64_t seed = 1;
};
Status check(const QuietSpec& spec, const ReferenceDays& days);

struct QuietCell {
    int64_t window_days = 0;
    double margin = 0;
    Share alarms;   // streams in which the rule calls a breach at some tick
    Share by_mean;  // streams in which the window's mean alone is beyond the threshold
    static constexpr auto fields =
        std::tuple{json::field("window_days", &QuietCell::window_days, "Days of the window"),
                   json::field("margin", &QuietCell::margin, "Margin above the reference value"),
                   json::field("alarms", &QuietCell::alarms, "Quiet streams with a false alarm"),
                   json::field("by_mean", &QuietCell::by_mean, "Of them by the bare mean")};
};

// Every window with every margin, on the same streams. Labels that a verdict needs are scaled with
// the window.
std::vector<QuietCell> quiet_cells(const QuietSpec& spec, const ReferenceDays& days, int threads,
                                   const Done& done);

// The smallest margin of a window whose share of false alarms is at most the level, and stays so
// for all larger ones; nothing when none is.
std::optional<double> smallest_margin(const std::vector<QuietCell>& cells, int64_t window_days,
                                      double level);

}  // namespace rondo::simulate
