// Retention of rows, as a job in slices: events that are old and that nothing needs, and tokens
// long after their end. The audit trail is never shortened.
//
// An event stays while it is young, while a consumer has not passed it, while another event or a
// row names it as its cause, and whenever it is about an endpoint: the timeline and `why` read
// those. So what goes is the old news about datasets, models and pipelines.
#pragma once

#include "domain/collection/model.h"
#include "platform/jobs/sliced.h"

namespace rondo::collection {

inline constexpr std::string_view kRetentionJob = "retention";

// A round a day.
jobs::SlicedJob retention(Env& env, const Settings& settings);

}  // namespace rondo::collection
