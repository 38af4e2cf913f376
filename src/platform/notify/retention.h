// Keeps the log of deliveries small: a job in slices (platform/jobs).
#pragma once

#include "platform/jobs/sliced.h"

namespace rondo::notify {

inline constexpr Micros kKeepFor = std::chrono::hours{24 * 30};
inline constexpr int64_t kKeepRows = 10'000;  // finished deliveries of one webhook

// Deletes finished deliveries beyond these bounds, and what deleted webhooks left.
jobs::SlicedJob retention_job(Env& env);

}  // namespace rondo::notify
