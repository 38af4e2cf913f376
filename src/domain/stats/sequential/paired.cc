#include "domain/stats/sequential/paired.h"

#include <algorithm>
#include <cmath>

#include "domain/stats/betting.h"
#include "domain/stats/distributions.h"

namespace rondo::stats {

void PairedEvidence::update(Winner winner, int64_t rows) {
    const bool candidate = winner == Winner::candidate;
    for (size_t j = 0; j < kOdds.size(); ++j)
        log_wealth_[j] +=
            static_cast<double>(rows) * std::log(2 * (candidate ? kOdds[j] : 1 - kOdds[j]));
    (candidate ? candidate_ : champion_) += rows;
}

double PairedEvidence::e_value() const { return mixture(log_wealth_); }

Result<double> mcnemar_p_value(int64_t candidate_wins, int64_t champion_wins) {
    if (candidate_wins < 0 || champion_wins < 0)
        return fail(Code::invalid, "a count of rows is negative", "wins");
    const auto n = static_cast<double>(candidate_wins) + static_cast<double>(champion_wins);
    const auto fewer = static_cast<double>(std::min(candidate_wins, champion_wins));
    return std::min(1.0, 2 * binomial_cdf(fewer, n, 0.5));
}

}  // namespace rondo::stats
