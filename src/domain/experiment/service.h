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
