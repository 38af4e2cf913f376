// Decision rules side by side on one stream, fast: where only counts at the looks matter, a batch
// of rows is a few binomial draws. The server's evidence is the same code that decides rollouts,
// with the units of a batch entering together.
#pragma once

#include <span>

#include "domain/simulate/rivals.h"
#include "domain/simulate/traffic.h"
#include "domain/stats/units.h"

namespace rondo::simulate {

enum class Path : uint8_t {
    counts,  // binomial draws
    events,  // each row by itself: slow, and what the other is tested against
};

struct RaceSpec {
    Traffic traffic;
    double share = 0.05;  // canary: of units; pairs: of rows that both score
    stats::Direction direction = stats::Direction::worse;
    int64_t rows = 100'000;  // of all arms, after which the stream ends
    int64_t every = 100;     // rows between looks
    Path path = Path::counts;
    double clip = 0.05;  // of a day's mean difference
    int64_t min_days = 7;
};

// Rows of the stream (of all arms) at which each rule decided; 0: never.
struct Decided {
    double units = 0;      // arms: evidence by units, one entry each (the server's)
    double requests = 0;   // arms: the same with an entry for each request (the unit trap)
    double failures = 0;   // arms: failures only
    double blocks = 0;     // pairs: bets on day means (the server's for promotion)
    double rows = 0;       // pairs: bets row by row (the server's for rollback)
    double differing = 0;  // pairs of errors: odds on the rows that differ
    RivalsDecided rivals;
};

// Two arms. Sticky units are drawn event by event whatever the path. `rates`: unit_rates().
Decided race_arms(const RaceSpec& spec, const RivalPlan& plan, std::span<const double> rates,
                  Draw draw);
// Both models on the same rows. Sticky units are left out: rows count.
Decided race_pairs(const RaceSpec& spec, const RivalPlan& plan, Draw draw);

}  // namespace rondo::simulate
