// What a model's objective means for its answers: how the user's base score becomes a margin, and
// how margins become predictions. All in float and with libm's functions, in the order in which
// XGBoost 3.2 computes on a CPU, so that answers agree to the last bit.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace rondo::serving::trees {

// On which scale the base score is given.
enum class BaseScale : uint8_t { margin, probability, mean, positive_mean };

enum class Transform : uint8_t {
    identity,
    sigmoid,
    step,  // 1 for a positive margin, else 0
    exponential,
    exponential_in_double,
    softmax,  // of all margins of a row
    largest,  // the index of the largest margin of a row, the first among equals
};

struct Objective {
    std::string_view name;
    BaseScale base_scale;
    Transform transform;
};

// nullptr for a name that we do not evaluate.
const Objective* find_objective(std::string_view name);

// One margin a group. Code::invalid where XGBoost refuses the score.
Result<std::vector<float>> base_margins(const Objective& objective,
                                        std::span<const float> base_scores);

// Values of a prediction for a row of so many margins.
size_t outputs_of(const Objective& objective, size_t groups);

// margins: n x groups, overwritten; out: n x outputs_of(...), which may be the same memory.
void transform(const Objective& objective, std::span<float> margins, size_t groups,
               std::span<float> out);

}  // namespace rondo::serving::trees
