#include "domain/stats/sequential/variance_reduction.h"

#include <cmath>
#include <limits>

namespace rondo::stats {
namespace {

// Means, and variances and covariance divided by n - 1.
struct Joint {
    double n = 0, mean_a = 0, mean_b = 0, var_a = 0, var_b = 0, cov = 0;
};

Joint joint(std::span<const double> a, std::span<const double> b) {
    Joint out;
    out.n = static_cast<double>(a.size());
    long double sum_a = 0, sum_b = 0;
    for (size_t i = 0; i < a.size(); ++i) {
        sum_a += a[i];
        sum_b += b[i];
    }
    const long double mean_a = sum_a / out.n, mean_b = sum_b / out.n;
    long double aa = 0, bb = 0, ab = 0;
    for (size_t i = 0; i < a.size(); ++i) {
        const long double da = a[i] - mean_a, db = b[i] - mean_b;
        aa += da * da;
        bb += db * db;
        ab += da * db;
    }
    out.mean_a = static_cast<double>(mean_a);
    out.mean_b = static_cast<double>(mean_b);
    out.var_a = static_cast<double>(aa / (out.n - 1));
    out.var_b = static_cast<double>(bb / (out.n - 1));
    out.cov = static_cast<double>(ab / (out.n - 1));
    return out;
}

Status need_units(std::span<const double> a, std::span<const double> b, std::string_view name) {
    if (a.size() != b.size())
        return fail(Code::invalid, "each unit has one value of both", std::string(name));
    if (a.size() < 2)
        return fail(Code::invalid, "an estimate needs 2 units or more", std::string(name));
    return ok();
}

// Of y - theta x + theta `centre`.
Estimate adjusted_mean(const Joint& arm, double theta, double centre) {
    const double variance = arm.var_a - 2 * theta * arm.cov + theta * theta * arm.var_b;
    return {arm.mean_a - theta * (arm.mean_b - centre), std::max(variance, 0.0) / arm.n, arm.n};
}

}  // namespace

Result<Estimate> mean_estimate(std::span<const double> y) {
    TRY(need_units(y, y, "y"));
    const Joint j = joint(y, y);
    return Estimate{j.mean_a, j.var_a / j.n, j.n};
}

Result<Estimate> ratio_estimate(std::span<const double> numerator,
                                std::span<const double> denominator) {
    TRY(need_units(numerator, denominator, "denominator"));
    const Joint j = joint(numerator, denominator);
    if (j.mean_b == 0)
        return fail(Code::invalid, "the denominator sums to 0: there is no ratio", "denominator");
    const double ratio = j.mean_a / j.mean_b;
    const double variance = j.var_a - 2 * ratio * j.cov + ratio * ratio * j.var_b;
    return Estimate{ratio, std::max(variance, 0.0) / (j.n * j.mean_b * j.mean_b), j.n};
}

Estimate difference(const Estimate& candidate, const Estimate& champion) {
    return {candidate.value - champion.value, candidate.variance + champion.variance,
            candidate.count + champion.count};
}

Result<Estimate> relative_difference(const Estimate& candidate, const Estimate& champion) {
    if (champion.value == 0)
        return fail(Code::invalid, "the champion's value is 0: nothing can be relative to it",
                    "champion");
    const double base = champion.value, ratio = candidate.value / base;
    return Estimate{ratio - 1,
                    (candidate.variance + champion.variance * ratio * ratio) / (base * base),
                    candidate.count + champion.count};
}

Result<CupedEffect> cuped(std::span<const double> candidate_y, std::span<const double> candidate_x,
                          std::span<const double> champion_y, std::span<const double> champion_x) {
    TRY(need_units(candidate_y, candidate_x, "candidate"));
    TRY(need_units(champion_y, champion_x, "champion"));
    const Joint k = joint(candidate_y, candidate_x), c = joint(champion_y, champion_x);
    const double cov = (k.n - 1) * k.cov + (c.n - 1) * c.cov;
    const double var_x = (k.n - 1) * k.var_b + (c.n - 1) * c.var_b;
    const double var_y = (k.n - 1) * k.var_a + (c.n - 1) * c.var_a;
    CupedEffect out;
    out.theta = var_x > 0 ? cov / var_x : 0;
    out.correlation = var_x > 0 && var_y > 0 ? cov / std::sqrt(var_x * var_y) : 0;
    const double centre = (k.n * k.mean_b + c.n * c.mean_b) / (k.n + c.n);
    out.difference =
        difference(adjusted_mean(k, out.theta, centre), adjusted_mean(c, out.theta, centre));
    return out;
}

}  // namespace rondo::stats
