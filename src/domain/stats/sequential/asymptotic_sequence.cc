#include "domain/stats/sequential/asymptotic_sequence.h"

#include <algorithm>
#include <cmath>

namespace rondo::stats {
namespace {

// The square of the paper's rho.
double rho_square(double alpha, double n_opt) {
    const double l = -2 * std::log(alpha);
    return (l + std::log(l + 1)) / n_opt;
}

Status sensible(double standard_error, double n, const SequenceTuning& tuning) {
    if (!(n >= 1)) return fail(Code::invalid, "a sequence needs rows: n is 1 or more", "n");
    if (!(standard_error > 0) || !std::isfinite(standard_error))
        return fail(Code::invalid, "the standard error is not a positive number; wait for rows",
                    "standard_error");
    if (!(tuning.alpha > 0 && tuning.alpha < 1) || !(tuning.n_opt > 0))
        return fail(Code::invalid, "alpha lies between 0 and 1, and n_opt above 0", "alpha");
    return ok();
}

}  // namespace

double asymptotic_factor(double n, const SequenceTuning& tuning) {
    const double grown = n * rho_square(tuning.alpha, tuning.n_opt);
    return std::sqrt(2 * (grown + 1) / grown * std::log(std::sqrt(grown + 1) / tuning.alpha));
}

double asymptotic_factor_one_sided(double n, const SequenceTuning& tuning) {
    const double grown = n * rho_square(2 * tuning.alpha, tuning.n_opt);
    return std::sqrt(2 * (grown + 1) / grown *
                     std::log(1 + std::sqrt(grown + 1) / (2 * tuning.alpha)));
}

Result<Bounds> asymptotic_sequence(double estimate, double standard_error, double n,
                                   const SequenceTuning& tuning) {
    TRY(sensible(standard_error, n, tuning));
    const double half = standard_error * asymptotic_factor(n, tuning);
    return Bounds{estimate - half, estimate + half};
}

Result<double> asymptotic_p_value(double estimate, double standard_error, double n,
                                  const SequenceTuning& tuning) {
    TRY(sensible(standard_error, n, tuning));
    const double rho = rho_square(tuning.alpha, tuning.n_opt), z = estimate / standard_error;
    const double log_e = rho * n * z * z / (2 * (n * rho + 1)) - std::log(n * rho + 1) / 2;
    return std::min(1.0, std::exp(-log_e));
}

}  // namespace rondo::stats
