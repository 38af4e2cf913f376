#include "domain/serving/trees/objective.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

namespace rondo::serving::trees {
namespace {

using enum BaseScale;
using enum Transform;

constexpr std::array kObjectives{
    Objective{"binary:logistic", probability, sigmoid},
    Objective{"reg:logistic", probability, sigmoid},
    Objective{"binary:logitraw", margin, identity},
    Objective{"binary:hinge", margin, Transform::step},
    Objective{"multi:softprob", margin, softmax},
    Objective{"multi:softmax", margin, largest},
    Objective{"reg:squarederror", margin, identity},
    Objective{"reg:linear", margin, identity},  // the old name of squarederror
    Objective{"reg:squaredlogerror", margin, identity},
    Objective{"reg:pseudohubererror", margin, identity},
    Objective{"reg:absoluteerror", margin, identity},
    Objective{"reg:quantileerror", margin, identity},
    Objective{"rank:pairwise", margin, identity},
    Objective{"rank:ndcg", margin, identity},
    Objective{"rank:map", margin, identity},
    Objective{"reg:gamma", positive_mean, exponential},
    Objective{"reg:tweedie", mean, exponential},
    Objective{"count:poisson", mean, exponential},
    Objective{"survival:cox", mean, exponential},
    Objective{"survival:aft", mean, exponential_in_double},
};

// A probability of 0 or 1 would be an infinite margin; XGBoost stays this far away.
constexpr float kLeastProbability = 1e-6F;
// From here on exp(x) would be infinite, and the answer 0; XGBoost stops the margin instead.
constexpr float kLargestExponent = 88.7F;

float sigmoid_of(float margin) {
    return 1.0F / (1.0F + std::exp(std::min(-margin, kLargestExponent)));
}

// The sum is taken in double and rounded once.
void softmax_in_place(std::span<float> row) {
    float largest_margin = row[0];
    for (const float value : row) largest_margin = std::fmax(value, largest_margin);
    double sum = 0;
    for (float& value : row) {
        value = std::exp(value - largest_margin);
        sum += static_cast<double>(value);
    }
    for (float& value : row) value /= static_cast<float>(sum);
}

template <class Function>
void map_to(std::span<const float> in, std::span<float> out, Function function) {
    std::ranges::transform(in, out.begin(), function);
}

}  // namespace

const Objective* find_objective(std::string_view name) {
    const auto found = std::ranges::find(kObjectives, name, &Objective::name);
    return found == kObjectives.end() ? nullptr : &*found;
}

Result<std::vector<float>> base_margins(const Objective& objective,
                                        std::span<const float> base_scores) {
    const auto refuse = [&](std::string_view wanted) {
        return fail(
            Code::invalid,
            "'base_score' has to be " + std::string(wanted) + " for " + std::string(objective.name),
            "base_score");
    };
    std::vector<float> margins;
    for (const float score : base_scores) {
        switch (objective.base_scale) {
            case margin:
                margins.push_back(score);
                break;
            case probability: {
                if (!(score >= 0 && score <= 1)) return refuse("between 0 and 1");
                const float inside = std::clamp(score, kLeastProbability, 1.0F - kLeastProbability);
                margins.push_back(-std::log(1.0F / inside - 1.0F));
                break;
            }
            case positive_mean:
                if (!(score > 0)) return refuse("greater than 0");
                [[fallthrough]];
            case mean:
                margins.push_back(std::log(score));
                break;
        }
    }
    return margins;
}

size_t outputs_of(const Objective& objective, size_t groups) {
    return objective.transform == largest ? 1 : groups;
}

void transform(const Objective& objective, std::span<float> margins, size_t groups,
               std::span<float> out) {
    switch (objective.transform) {
        case identity:
            map_to(margins, out, [](float x) { return x; });
            break;
        case sigmoid:
            map_to(margins, out, sigmoid_of);
            break;
        case Transform::step:
            map_to(margins, out, [](float x) { return x > 0 ? 1.0F : 0.0F; });
            break;
        case exponential:
            map_to(margins, out, [](float x) { return std::exp(x); });
            break;
        case exponential_in_double:
            map_to(margins, out,
                   [](float x) { return static_cast<float>(std::exp(static_cast<double>(x))); });
            break;
        case softmax:
            for (size_t i = 0; i < margins.size(); i += groups)
                softmax_in_place(margins.subspan(i, groups));
            if (out.data() != margins.data()) std::ranges::copy(margins, out.begin());
            break;
        case largest:
            for (size_t row = 0; row < out.size(); ++row) {
                const auto of_row = margins.subspan(row * groups, groups);
                out[row] = static_cast<float>(std::ranges::max_element(of_row) - of_row.begin());
            }
            break;
    }
}

}  // namespace rondo::serving::trees
