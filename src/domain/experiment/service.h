// The fold and the verdicts: pure functions.
#pragma once

#include <functional>

#include "domain/experiment/model.h"
#include "domain/predictions/service.h"

namespace rondo::experiment {

Status check(const Rules& rules);

// Whether a row belongs to the comparison (its route is one of the rollout's stage).
using Belongs = std::function<bool(const predictions::Row&)>;
// True the first time it is called for a unit: each unit enters the evidence by unit once.
using FirstTime = std::function<Result<bool>(uint64_t unit_hash)>;

// A day's evidence, step by step in the order of evidence: what fold_day makes of logged rows, and
// the simulator of rows of its own. close() once, after the last row.
class DayFold {
  public:
    DayFold(Evidence& evidence, const Rules& rules) : evidence_(evidence), rules_(rules) {}

    void row(bool labelled) {
        ++evidence_.rows;
        evidence_.labelled += labelled ? 1 : 0;
    }
    // The losses, in [0, 1], of a labelled row that both scored.
    void pair(double champion_loss, double candidate_loss);
    // A unit's first labelled outcome.
    void unit(stats::UnitEvidence::Entry entry);
    void close() { evidence_.days.add_block(differences_, rules_.clip); }

  private:
    Evidence& evidence_;
    const Rules& rules_;
    std::vector<double> differences_;  // loss(champion) - loss(candidate)
};

// Folds a sealed day. Errors only come from first_time.
Status fold_day(Evidence& evidence, const predictions::SealedDay& day, const Rules& rules,
                Variants variants, const Belongs& belongs, const FirstTime& first_time);

// While a candidate is on trial: safety first, then promotion, then the horizon.
Verdict judge_trial(const Evidence& evidence, const Rules& rules, Micros running);

// While a new champion is watched against the old one, which still scores along: the same bets on
// days, turned around. `running` at the end of the watch is a pass.
Verdict judge_watch(const Evidence& evidence, const Rules& rules, Micros running,
                    Micros watch_time);

Point point_of(const Evidence& evidence, const Rules& rules, Time tick, Verdict verdict);

}  // namespace rondo::experiment
