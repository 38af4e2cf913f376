// What surrounds a server's start: what is looked at before it serves, and what its supervisor is
// told.
#pragma once

#include <string_view>

#include "base/env.h"
#include "platform/jobs/periodic.h"
#include "platform/store/database.h"

namespace rondo::app {

// Says so in the log when rows lie in the future: this clock is behind, or another one was ahead.
// The server starts all the same: decisions follow the endpoints' clocks, and ids do not depend on
// time.
Status warn_of_clock(Env& env, store::Database& db);

// systemd's protocol (sd_notify): a datagram to the socket that $NOTIFY_SOCKET names. Without one,
// or when it cannot be reached, nothing happens.
void tell_supervisor(std::string_view state);
// Adds the sign of life that $WATCHDOG_USEC asks for, at half its interval.
void add_watchdog(jobs::Periodic& periodic);

}  // namespace rondo::app
