// When a delivery that failed is tried again, and when a subscription rests. Pure functions over
// numbers; the caller brings clock and chance.
//
// Back-off is exponential with full jitter: before attempt n+1 a random time up to 1 s * 2^(n-1),
// at most four hours. Twenty attempts take about half a day, a day at most, unless the receiver
// asks for longer pauses.
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"

namespace rondo::notify {

inline constexpr int64_t kMostAttempts = 20;
inline constexpr Micros kBasePause{1'000'000};
inline constexpr Micros kLongestPause = std::chrono::hours{4};
// Of what a receiver asks for by Retry-After.
inline constexpr Micros kLongestWish = std::chrono::hours{24};

// The pause after `attempts` of them failed; nothing when that was the last of `most`. chance: any
// 64 random bits.
std::optional<Micros> pause_after(int64_t attempts, int64_t most, std::optional<Micros> wish,
                                  uint64_t chance);

// The circuit breaker: from this many failures in a row over all deliveries, a subscription is only
// probed, by one attempt after each rest.
inline constexpr int64_t kFailuresToRest = 5;
inline constexpr Micros kFirstRest{2'000'000};
inline constexpr Micros kLongestRest = std::chrono::minutes{10};
// How long it rests after so many failures in a row: half of it certain, half by chance.
Micros rest_after(int64_t failures, uint64_t chance);

}  // namespace rondo::notify
