// Many runs of one kind, and what they say: shares with exact limits, times, harm.
#pragma once

#include <functional>
#include <vector>

#include "domain/simulate/play.h"

namespace rondo::simulate {

// Called with the number of runs that were done since the last call; by the calling thread only.
using Done = std::function<void(uint64_t runs)>;

// Calls run(0) ... run(runs - 1), each once, on `threads` threads (at least one: the caller's).
// Runs share nothing but what they only read.
void for_each_run(int64_t runs, int threads, const std::function<void(int64_t)>& run,
                  const Done& done);

// A count of runs as a share, with Clopper and Pearson's limits that hold with 99.9 %.
struct Share {
    int64_t count = 0, runs = 0;
    double share = 0, lower = 0, upper = 1;
    // Whether more than chance is above the level: what refutes a stated error rate.
    bool above(double level) const { return lower > level; }
    static constexpr auto fields =
        std::tuple{json::field("count", &Share::count, "Runs"),
                   json::field("runs", &Share::runs, "Of so many"),
                   json::field("share", &Share::share, "Their share"),
                   json::field("lower", &Share::lower, "Lower 99.9 % limit (Clopper and Pearson)"),
                   json::field("upper", &Share::upper, "Upper 99.9 % limit")};
};
Share share_of(int64_t count, int64_t runs);

// The time by which a share of all runs had come to it; NaN where fewer did.
double time_by(std::vector<double> times, int64_t runs, double share);

struct Summary {
    Share promoted, rolled_back, inconclusive, open;
    // Days until half and four fifths of all runs were promoted, or rolled back; NaN: fewer were.
    double promoted_median = 0, promoted_80 = 0;
    double rolled_back_median = 0, rolled_back_80 = 0;
    double days_mean = 0;  // until a run was closed
    double harm_mean = 0,
           harm_80 = 0;  // errors above the champion's, a run; four fifths stay below
    static constexpr auto fields = std::tuple{
        json::field("promoted", &Summary::promoted, "Runs that made the candidate champion"),
        json::field("rolled_back", &Summary::rolled_back, "Runs that rolled back"),
        json::field("inconclusive", &Summary::inconclusive, "Runs that reached the horizon"),
        json::field("open", &Summary::open, "Runs that waited for labels to the end"),
        json::field("promoted_median", &Summary::promoted_median, "Days to half the promotions"),
        json::field("promoted_80", &Summary::promoted_80, "Days until 80 % were promoted"),
        json::field("rolled_back_median", &Summary::rolled_back_median,
                    "Days until half were rolled back"),
        json::field("rolled_back_80", &Summary::rolled_back_80, "Days until 80 % were"),
        json::field("days_mean", &Summary::days_mean, "Mean days until the end"),
        json::field("harm_mean", &Summary::harm_mean, "Mean errors above the champion's"),
        json::field("harm_80", &Summary::harm_80, "80 % of the runs had at most so many")};
};
Summary summary_of(const std::vector<Trial>& trials);

}  // namespace rondo::simulate
