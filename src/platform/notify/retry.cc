#include "platform/notify/retry.h"

#include <algorithm>

namespace rondo::notify {
namespace {

Micros doubled(Micros base, int64_t times, Micros most) {
    return std::min<Micros>(most, base * (int64_t{1} << std::clamp<int64_t>(times, 0, 30)));
}

Micros up_to(Micros most, uint64_t chance) {
    return Micros{static_cast<int64_t>(chance % static_cast<uint64_t>(most.count() + 1))};
}

}  // namespace

std::optional<Micros> pause_after(int64_t attempts, int64_t most, std::optional<Micros> wish,
                                  uint64_t chance) {
    if (attempts >= most) return std::nullopt;
    const Micros pause = up_to(doubled(kBasePause, attempts - 1, kLongestPause), chance);
    return std::max(pause, std::clamp(wish.value_or(Micros{0}), Micros{0}, kLongestWish));
}

Micros rest_after(int64_t failures, uint64_t chance) {
    if (failures < kFailuresToRest) return Micros{0};
    const Micros most = doubled(kFirstRest, failures - kFailuresToRest, kLongestRest);
    return most / 2 + up_to(most / 2, chance);
}

}  // namespace rondo::notify
