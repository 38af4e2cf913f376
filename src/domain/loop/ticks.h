// The arithmetic of decisions in time. Pure.
#pragma once

#include "domain/serving/model.h"

namespace rondo::loop {

// The first tick after a moment: midnight UTC of 1970-01-01 + tick_offset + k * tick_every.
Time next_tick(const serving::EndpointSpec& spec, Time after);

// The last whole day whose predictions have all matured at a tick.
Day matured_day(const serving::EndpointSpec& spec, Time tick);

}  // namespace rondo::loop
