#include "domain/stats/sequential/group_sequential.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "domain/stats/distributions.h"

namespace rondo::stats {
namespace {

constexpr double kFar = 9;        // standard deviations that hold everything
constexpr size_t kPoints = 1001;  // odd: Simpson's rule
constexpr double kLeastSpent = 1e-12;

double density(double x) { return std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi); }

// The sub-density of the sum S = z sqrt(t) at a look, where the test has not stopped yet.
struct Grid {
    double t = 0;
    std::vector<double> at, weighted;  // points, and density times the rule's weight
};

void simpson(Grid& grid, double low, double high) {
    grid.at.resize(kPoints);
    grid.weighted.resize(kPoints);
    const double step = (high - low) / (kPoints - 1);
    for (size_t i = 0; i < kPoints; ++i) {
        grid.at[i] = low + static_cast<double>(i) * step;
        const bool end = i == 0 || i + 1 == kPoints;
        grid.weighted[i] = step / 3 * (end ? 1 : (i % 2 ? 4 : 2));
    }
}

// Moves on to the look at t, which goes on while low < S < high.
Grid advance(const Grid& before, double t, double drift, double low, double high) {
    Grid out;
    out.t = t;
    const double spread = std::sqrt(t);
    simpson(out, std::max(low, drift * t - kFar * spread),
            std::min(high, drift * t + kFar * spread));
    const double moved = drift * (t - before.t), deviation = std::sqrt(t - before.t);
    for (size_t i = 0; i < kPoints; ++i) {
        double sum = 0;
        if (before.at.empty()) {
            sum = density((out.at[i] - moved) / deviation) / deviation;
        } else {
            for (size_t j = 0; j < kPoints; ++j)
                sum += before.weighted[j] *
                       density((out.at[i] - before.at[j] - moved) / deviation) / deviation;
        }
        out.weighted[i] *= sum;
    }
    return out;
}

// P(S beyond the bound at t, and not stopped before); `tail` says on which side that is.
double beyond(const Grid& before, double t, double drift, double bound, double (*tail)(double)) {
    const double moved = drift * (t - before.t), deviation = std::sqrt(t - before.t);
    if (before.at.empty()) return tail((bound - moved) / deviation);
    double sum = 0;
    for (size_t j = 0; j < kPoints; ++j)
        sum += before.weighted[j] * tail((bound - before.at[j] - moved) / deviation);
    return sum;
}
double above(const Grid& before, double t, double drift, double high) {
    return beyond(before, t, drift, high, normal_sf);
}
double below(const Grid& before, double t, double drift, double low) {
    return beyond(before, t, drift, low, normal_cdf);
}

Status need_fractions(std::span<const double> fractions) {
    if (fractions.empty() || fractions.size() > kMaxLooks)
        return fail(Code::invalid, "between 1 and " + std::to_string(kMaxLooks) + " looks",
                    "fractions");
    double before = 0;
    for (const double t : fractions) {
        if (!(t > before) || !(t <= 1))
            return fail(Code::invalid, "information fractions ascend, above 0 and at most 1",
                        "fractions");
        before = t;
    }
    return ok();
}

}  // namespace

double spent(Spending spending, double alpha, double t, double phi) {
    if (!(t > 0)) return 0;
    t = std::min(t, 1.0);
    switch (spending) {
        case Spending::obrien_fleming:
            return 2 * normal_sf(-normal_ppf(alpha / 2) / std::sqrt(t));
        case Spending::pocock:
            return alpha * std::log1p((std::numbers::e - 1) * t);
        case Spending::power:
            return alpha * std::pow(t, phi);
    }
    return 0;
}

Result<std::vector<double>> group_sequential_bounds(std::span<const double> fractions,
                                                    const GroupSequentialPlan& plan) {
    TRY(need_fractions(fractions));
    if (!(plan.alpha > 0 && plan.alpha < 0.5))
        return fail(Code::invalid, "alpha lies between 0 and 1/2", "alpha");
    const bool two = plan.sides == Sides::two;
    std::vector<double> out;
    Grid grid;
    double used = 0;
    for (const double t : fractions) {
        // Two-sided: each side spends half, by its own spending function.
        const double all = spent(plan.spending, two ? plan.alpha / 2 : plan.alpha, t, plan.phi);
        const double now = all - used;
        used = all;
        const double spread = std::sqrt(t);
        double low = 0, high = kFar;
        if (now < kLeastSpent) {
            out.push_back(std::numeric_limits<double>::infinity());
        } else {
            for (int i = 0; i < 60; ++i) {
                const double middle = (low + high) / 2;
                (above(grid, t, 0, middle * spread) > now ? low : high) = middle;
            }
            out.push_back((low + high) / 2);
        }
        const double bound = out.back() * spread;
        const double floor = two ? -bound : -std::numeric_limits<double>::infinity();
        if (t < fractions.back()) grid = advance(grid, t, 0, floor, bound);
    }
    return out;
}

Result<double> crossing_probability(std::span<const double> fractions,
                                    std::span<const double> bounds, Sides sides, double drift) {
    TRY(need_fractions(fractions));
    if (bounds.size() != fractions.size())
        return fail(Code::invalid, "there is one bound for each look", "bounds");
    Grid grid;
    double crossed = 0;
    for (size_t k = 0; k < fractions.size(); ++k) {
        const double t = fractions[k], bound = bounds[k] * std::sqrt(t);
        crossed += above(grid, t, drift, bound);
        if (sides == Sides::two) crossed += below(grid, t, drift, -bound);
        const double floor =
            sides == Sides::two ? -bound : -std::numeric_limits<double>::infinity();
        if (k + 1 < fractions.size()) grid = advance(grid, t, drift, floor, bound);
    }
    return std::min(1.0, crossed);
}

}  // namespace rondo::stats
