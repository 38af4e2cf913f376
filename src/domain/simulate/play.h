// Plays a policy's rollout from its start to its end, day by day, with the code that the server
// decides by: experiment's fold and rollout's judge and steps. Hard trips count answers that fail
// or are slow, which no traffic here has, and stay out.
#pragma once

#include <optional>

#include "domain/rollout/course.h"
#include "domain/simulate/source.h"

namespace rondo::simulate {

struct Setting {
    int64_t label_days = 1;      // a day is folded this many days after its end
    double min_coverage = 0.98;  // share of labels that the endpoint demands
};

// How a run ended.
struct Trial {
    rollout::Ending ending = rollout::Ending::open;
    // From the start to the tick that made the candidate champion, or that rolled back.
    std::optional<int64_t> promoted_day, rolled_back_day;
    int64_t days = 0;  // until it was closed
    // Errors among the candidate's answers less the errors that the champion would have made.
    double harm = 0;
};

// The days that a rollout by this policy can last at most, with its watch and its label days.
int64_t longest(const rollout::RolloutSpec& spec, const Setting& setting);

// `spec` was checked. Ends at the latest after longest(): a rollout that waits for labels for ever
// is then open.
Trial play(const rollout::RolloutSpec& spec, Source& source, const Setting& setting);

}  // namespace rondo::simulate
