// The composition root: from a Config to a running server. Read server.cc from top to bottom to
// see what the house is made of.
#pragma once

#include "app/config.h"
#include "base/result.h"

namespace rondo::app {

// Serves until SIGTERM or SIGINT; the error says what went wrong and what to do.
Status run_server(const Config& config);

}  // namespace rondo::app
