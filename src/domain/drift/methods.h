// Evidently 0.7's methods by their names: which columns they take, their default thresholds, and
// what they call drift. The numbers come from domain/stats; what is odd there is odd here.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "domain/drift/model.h"
#include "domain/stats/evidently.h"

namespace rondo::drift {

struct Method {
    std::string_view name;
    bool for_numbers = false, for_categories = false;
    bool is_p_value = true;
    double threshold = 0.05;
    bool at_threshold = false;  // the threshold itself is drift
};

std::span<const Method> methods();
// Nothing when there is no such method.
const Method* find_method(std::string_view name);

// One feature's two sides. `data` is sorted and finite. The unsorted ones, in the file's order and
// as finite, are what permutations shuffle; empty for methods that do not (needs_order).
struct ScoreInput {
    const stats::evidently::Pair& data;
    std::span<const double> reference, current;
    stats::evidently::Column column;
};
bool needs_order(const Method& method);

// The score and what the method says of it; a threshold replaces the method's own. Fails where
// Evidently does, with what is missing.
Result<Score> score_of(const Method& method, const ScoreInput& input,
                       std::optional<double> threshold);

}  // namespace rondo::drift
