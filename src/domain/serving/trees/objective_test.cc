#include "domain/serving/trees/objective.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

namespace rondo::serving::trees {
namespace {

const Objective& objective_of(std::string_view name) {
    const Objective* found = find_objective(name);
    REQUIRE(found != nullptr);
    return *found;
}

std::vector<float> predictions(std::string_view name, std::vector<float> margins,
                               size_t groups = 1) {
    const Objective& objective = objective_of(name);
    std::vector<float> out(margins.size() / groups * outputs_of(objective, groups));
    transform(objective, margins, groups, out);
    return out;
}

TEST_CASE("objective: an unknown name is not found") {
    CHECK(find_objective("reg:unheardof") == nullptr);
    CHECK(find_objective("") == nullptr);
}

// The expected values are what XGBoost 3.2 gives for these base scores and margins.
TEST_CASE("objective: base scores become margins") {
    const auto margin = [](std::string_view name, float score) {
        return base_margins(objective_of(name), std::vector{score}).value().at(0);
    };
    CHECK(margin("reg:squarederror", 0.25F) == 0.25F);
    CHECK(margin("binary:logitraw", 0.25F) == 0.25F);
    CHECK(margin("binary:logistic", 0.5F) == 0.0F);
    CHECK(margin("binary:logistic", 0.0F) == -13.81551F);
    CHECK(margin("binary:logistic", 1.0F) == 13.74516F);
    CHECK(margin("count:poisson", 2.0F) == 0.6931472F);
    CHECK(std::isinf(margin("count:poisson", 0.0F)));
    CHECK(margin("reg:gamma", 2.0F) == 0.6931472F);
    CHECK(base_margins(objective_of("multi:softprob"), std::vector{1.0F, 2.0F}).value() ==
          std::vector{1.0F, 2.0F});
}

TEST_CASE("objective: base scores that make no sense are refused") {
    const auto refused = [](std::string_view name, float score) {
        const auto margins = base_margins(objective_of(name), std::vector{score});
        return !margins && margins.error().code == Code::invalid &&
               margins.error().field == "base_score";
    };
    const float nan = std::numeric_limits<float>::quiet_NaN();
    CHECK(refused("binary:logistic", -0.1F));
    CHECK(refused("binary:logistic", 1.1F));
    CHECK(refused("reg:logistic", nan));
    CHECK(refused("reg:gamma", 0.0F));
    CHECK(refused("reg:gamma", nan));
}

TEST_CASE("objective: margins become predictions") {
    CHECK(predictions("reg:absoluteerror", {-1, 2}) == std::vector<float>{-1, 2});
    CHECK(predictions("binary:logistic", {0}) == std::vector{0.5F});
    // Not zero: XGBoost stops the margin where exp would overflow.
    CHECK(predictions("binary:logistic", {-200}) == std::vector{3.006636e-39F});
    CHECK(predictions("binary:hinge", {-1, 0, 1}) == std::vector<float>{0, 0, 1});
    CHECK(predictions("count:poisson", {0}) == std::vector{1.0F});
    // Where exp in float, and in double with one rounding behind it, give different answers.
    // volatile: a compiler that knows x would compute both in double.
    volatile float unknown = 2.4844697F;
    const float x = unknown;
    CHECK(predictions("count:poisson", {x}) == std::vector{std::exp(x)});
    CHECK(predictions("survival:aft", {x}) ==
          std::vector{static_cast<float>(std::exp(static_cast<double>(x)))});
}

TEST_CASE("objective: classes") {
    const auto probabilities = predictions("multi:softprob", {1, 1, 1, 0, 1000, 0}, 3);
    CHECK(probabilities[0] == doctest::Approx(1.0 / 3));
    CHECK(probabilities[4] == 1.0F);
    CHECK(predictions("multi:softmax", {1, 1, 0, 0, 1, 2}, 3) == std::vector<float>{0, 2});
    CHECK(outputs_of(objective_of("multi:softmax"), 3) == 1);
    CHECK(outputs_of(objective_of("multi:softprob"), 3) == 3);
}

}  // namespace
}  // namespace rondo::serving::trees
