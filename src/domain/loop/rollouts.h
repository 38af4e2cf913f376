// Rollouts as the loop sees them: started with an announcement, ended by a person or a hard trip.
#pragma once

#include "domain/loop/parts.h"

namespace rondo::loop {

struct RolloutStart {
    rollout::RolloutSpec spec;
    int32_t champion = 0, candidate = 0;
    Time from{};
    std::optional<int64_t> cause;
    std::string origin;
};
// Opens the rollout and its first route, and announces it; its cause is then that announcement.
// The candidate has to be loaded before, or the route would lead to nothing.
Result<rollout::Rollout> start_rollout(const Parts& parts, store::Tx& tx,
                                       const serving::EndpointRow& endpoint, RolloutStart start);

// Ends the open rollout at once: by a person (aborted), or because the candidate passed a hard
// limit (rolled_back). Code::not_found when none is open.
Result<rollout::Rollout> end_rollout(const Parts& parts, store::Tx& tx,
                                     const serving::EndpointRow& endpoint, rollout::Ending ending,
                                     Time from, const std::string& reason);

// Starts counting the candidate's failures for the rollout that is open, or stops counting.
Status arm_trips(const Parts& parts, serving::Endpoint& endpoint);

}  // namespace rondo::loop
