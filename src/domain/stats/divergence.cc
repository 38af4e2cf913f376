#include "domain/stats/divergence.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "domain/stats/distributions.h"

namespace rondo::stats {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Result<double> total_of(Weights weights, std::string_view name) {
    double sum = 0;
    for (size_t i = 0; i < weights.size(); ++i) {
        if (!(weights[i] >= 0) || std::isinf(weights[i]))
            return fail(Code::invalid, "a weight is negative or no number",
                        std::string(name) + "[" + std::to_string(i) + "]");
        sum += weights[i];
    }
    if (!(sum > 0))
        return fail(Code::invalid, "the weights of " + std::string(name) + " sum to 0",
                    std::string(name));
    return sum;
}

// Sums term(p_i, q_i) over the cells, with p and q made to sum to 1.
template <class Term>
Result<double> over_cells(Weights p, Weights q, Term term) {
    if (p.size() != q.size())
        return fail(
            Code::invalid,
            "p has " + std::to_string(p.size()) + " cells and q " + std::to_string(q.size()), "q");
    TRY_ASSIGN(const double sum_p, total_of(p, "p"));
    TRY_ASSIGN(const double sum_q, total_of(q, "q"));
    double sum = 0;
    for (size_t i = 0; i < p.size(); ++i) sum += term(p[i] / sum_p, q[i] / sum_q);
    return sum;
}

// p ln(p / q), 0 for p = 0. What is lost in a ratio that underflows is summed as a difference.
double relative_entropy(double p, double q) {
    if (p == 0) return 0;
    if (q == 0) return kInfinity;
    const double ratio = p / q;
    if (ratio > 0.5 && ratio < 2) return p * std::log1p((p - q) / q);
    if (ratio > std::numeric_limits<double>::min() && std::isfinite(ratio))
        return p * std::log(ratio);
    return p * (std::log(p) - std::log(q));
}

}  // namespace

Result<double> kl_divergence(Weights p, Weights q) { return over_cells(p, q, relative_entropy); }

Result<double> jensen_shannon_distance(Weights p, Weights q) {
    TRY_ASSIGN(const double sum, over_cells(p, q, [](double a, double b) {
                   const double middle = (a + b) / 2;
                   return relative_entropy(a, middle) + relative_entropy(b, middle);
               }));
    return std::sqrt(std::max(sum, 0.0) / 2);
}

Result<double> population_stability_index(Weights p, Weights q) {
    return over_cells(p, q, [](double a, double b) {
        if (a == b) return 0.0;
        return a == 0 || b == 0 ? kInfinity : (a - b) * std::log(a / b);
    });
}

Result<double> total_variation_distance(Weights p, Weights q) {
    return over_cells(p, q, [](double a, double b) { return std::abs(a - b) / 2; });
}

Result<double> hellinger_distance(Weights p, Weights q) {
    // 1 - sum sqrt(p q) is half of sum (sqrt p - sqrt q)^2, which does not cancel.
    TRY_ASSIGN(const double sum, over_cells(p, q, [](double a, double b) {
                   const double off = std::sqrt(a) - std::sqrt(b);
                   return off * off / 2;
               }));
    return std::sqrt(std::min(sum, 1.0));
}

Result<double> l_infinity_distance(Weights p, Weights q) {
    double largest = 0;
    TRY(over_cells(p, q, [&](double a, double b) {
        largest = std::max(largest, std::abs(a - b));
        return 0.0;
    }));
    return largest;
}

double psi_null_quantile(double confidence, double n, double m, size_t cells) {
    return (1 / n + 1 / m) * chi_square_ppf(confidence, static_cast<double>(cells) - 1);
}
double kl_null_quantile(double confidence, double n, double m, size_t cells) {
    return psi_null_quantile(confidence, n, m, cells) / 2;
}
double jensen_shannon_null_quantile(double confidence, double n, double m, size_t cells) {
    return psi_null_quantile(confidence, n, m, cells) / 8;
}

}  // namespace rondo::stats
