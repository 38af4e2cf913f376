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
// Among several servers `handed_over` is what all living ones have done up to the tick, as was
// found before; it is checked again in the transaction that decides (Code::unavailable when it no
// longer holds, then nothing has happened).
Result<TickResult> process_tick(const Parts& parts, serving::Endpoint& endpoint, Time tick,
                                const std::optional<predictions::Handover>& handed_over);

// The words of the timeline for a rollout's way out.
std::string event_of(const rollout::Rollout& before, const rollout::Rollout& after);

}  // namespace rondo::loop
