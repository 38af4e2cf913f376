#include "domain/loop/ticks.h"

namespace rondo::loop {

Time next_tick(const serving::EndpointSpec& spec, Time after) {
    const int64_t every = spec.tick_every.count();
    const int64_t since = to_micros(after) - spec.tick_offset.count();
    // Floor division also before 1970.
    const int64_t index = since / every - (since % every < 0 ? 1 : 0);
    return from_micros((index + 1) * every + spec.tick_offset.count());
}

Day matured_day(const serving::EndpointSpec& spec, Time tick) {
    return day_of(tick - spec.maturation) - std::chrono::days{1};
}

}  // namespace rondo::loop
