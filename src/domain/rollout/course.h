// The course of a rollout as pure functions: what a policy may say, how it is judged, and what a
// verdict makes of it. The server carries the steps out (service.h); the simulator only counts
// them.
#pragma once

#include <optional>

#include "domain/rollout/model.h"

namespace rondo::rollout {

Status check(const RolloutSpec& spec);

// A share in (0, 1] in the ten-thousandths it is kept in; nothing when it is none.
std::optional<serving::Share> to_share(double share);

// The rules of evidence for what the rollout is doing now.
experiment::Rules rules_of(const Rollout& rollout, double min_coverage);

// How a rollout is judged at a tick, with the share of labels that the endpoint demands.
experiment::Verdict judge(const Rollout& rollout, double min_coverage, Time tick);

enum class Step : uint8_t {
    stay,        // the evidence goes on
    next_stage,  // with fresh evidence
    watch,       // the candidate is champion, the old one scores along
    promoted,    // closed: for good
    ended,       // closed: the champion of before stays or comes back
};
// Moves the rollout's state by a verdict, in force from `tick` on.
Step advance(Rollout& rollout, const experiment::Verdict& verdict, Time tick);

}  // namespace rondo::rollout
