// Row losses in [0, 1], smaller is better; what evidence is made of.
#pragma once

#include <optional>
#include <string_view>

#include "platform/json/shape.h"

namespace rondo::stats {

enum class Loss : uint8_t {
    brier,     // (p - y)^2 for a probability p and an outcome y in {0, 1} (Brier 1950)
    zero_one,  // 1 when the answer, cut at one half, is not the outcome
};

// The loss of an answer. Outcomes other than 0 and 1, and answers outside [0, 1], have none.
std::optional<double> loss_of(Loss loss, double answer, double outcome);

}  // namespace rondo::stats

template <>
inline constexpr auto rondo::json::enum_names<rondo::stats::Loss> =
    std::array{std::pair{rondo::stats::Loss::brier, std::string_view("brier")},
               std::pair{rondo::stats::Loss::zero_one, std::string_view("zero_one")}};
