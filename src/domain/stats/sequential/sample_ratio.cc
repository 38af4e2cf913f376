#include "domain/stats/sequential/sample_ratio.h"

#include <cmath>
#include <vector>

#include "domain/stats/distributions.h"
#include "domain/stats/frequency_tests.h"

namespace rondo::stats {
namespace {

Result<std::vector<double>> normalised(std::span<const int64_t> units,
                                       std::span<const double> shares) {
    if (units.size() != shares.size() || units.size() < 2)
        return fail(Code::invalid, "there are 2 arms or more, each with units and a share",
                    "shares");
    double sum = 0, all = 0;
    for (size_t i = 0; i < shares.size(); ++i) {
        if (!(shares[i] > 0) || !std::isfinite(shares[i]))
            return fail(Code::invalid, "arm " + std::to_string(i) + " has no positive share",
                        "shares");
        if (units[i] < 0)
            return fail(Code::invalid, "arm " + std::to_string(i) + " has a negative count",
                        "units");
        sum += shares[i];
        all += static_cast<double>(units[i]);
    }
    if (all == 0) return fail(Code::invalid, "no unit has been assigned yet", "units");
    std::vector<double> out(shares.begin(), shares.end());
    for (double& s : out) s /= sum;
    return out;
}

}  // namespace

Result<double> srm_p_value(std::span<const int64_t> units, std::span<const double> shares) {
    TRY_ASSIGN(std::vector<double> expected, normalised(units, shares));
    std::vector<double> observed(units.begin(), units.end());
    double all = 0;
    for (const double n : observed) all += n;
    for (double& e : expected) e *= all;
    TRY_ASSIGN(const auto fit, goodness_of_fit(observed, expected));
    return fit.p_value;
}

Result<double> srm_log_e_value(std::span<const int64_t> units, std::span<const double> shares,
                               double weight) {
    TRY_ASSIGN(const std::vector<double> p, normalised(units, shares));
    if (!(weight > 0)) return fail(Code::invalid, "the weight is positive", "weight");
    // B(a + n) / B(a) / prod p^n with a = weight p, arm by arm. Each ratio of Gammas is a ratio of
    // betas, which keeps its digits for large counts.
    double out = 0, seen_weight = 0, seen = 0;
    for (size_t i = 0; i < p.size(); ++i) {
        const double a = weight * p[i];
        const auto n = static_cast<double>(units[i]);
        if (i > 0) out += log_beta(seen_weight + seen, a + n) - log_beta(seen_weight, a);
        out -= n * std::log(p[i]);
        seen_weight += a;
        seen += n;
    }
    return out;
}

}  // namespace rondo::stats
