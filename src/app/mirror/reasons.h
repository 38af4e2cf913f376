// Why Rondo answers otherwise than MLflow's own server on purpose. The same list, with more detail,
// is tests/differential/exceptions.py, which proves that nothing else differs.
#pragma once

#include "app/mirror/compare.h"

namespace rondo::app::mirror {

struct Differing {
    const Asked& asked;
    const Answer& upstream;
    const Answer& rondo;
    const json::Value& their_json;  // null when it is none
    const json::Value& our_json;
    const Comparison& found;
};

// The reason in a few words, or empty when there is none.
std::string reason_for(const Differing& d);

}  // namespace rondo::app::mirror
