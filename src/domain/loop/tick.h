// One tick of an endpoint: seals the matured days, folds them, judges, and carries out what
// follows, in one transaction. Called by the engine's thread only.
#pragma once

#include "domain/loop/parts.h"

namespace rondo::loop {

struct TickResult {
    bool routes_changed = false;
    bool case_opened = false;
};

// Everything up to and including `tick` is decided when it returns. Doing a tick twice is the
// same as doing it once: the second finds it settled.
Result<TickResult> process_tick(const Parts& parts, serving::Endpoint& endpoint, Time tick);

// How a rollout is judged, with the share of labels that the endpoint demands.
experiment::Verdict judge(const rollout::Rollout& rollout, double min_coverage, Time tick);

// The words of the timeline for a rollout's way out.
std::string event_of(const rollout::Rollout& before, const rollout::Rollout& after);

}  // namespace rondo::loop
