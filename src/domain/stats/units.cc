#include "domain/stats/units.h"

#include <cmath>

#include "domain/stats/betting.h"

namespace rondo::stats {

void UnitEvidence::update(Entry entry, Direction direction) {
    // Smoothed by one failure in two units; uses only what was known before this unit.
    const double p = (static_cast<double>(failures) + 1) / (static_cast<double>(units) + 2);
    if (entry.rho > 0 && entry.rho < 1) {
        for (size_t j = 0; j < kOddsRatios.size(); ++j) {
            const double ratio =
                direction == Direction::worse ? kOddsRatios[j] : 1 / kOddsRatios[j];
            const double odds = ratio * p / (1 - p);
            const double q = odds / (1 + odds);
            const double r = entry.failed ? q / p : (1 - q) / (1 - p);
            const double theta = entry.rho * r / (1 - entry.rho + entry.rho * r);
            log_wealth[j] += entry.candidate ? std::log(theta / entry.rho)
                                             : std::log((1 - theta) / (1 - entry.rho));
        }
    }
    ++units;
    failures += entry.failed ? 1 : 0;
    candidate_units += entry.candidate ? 1 : 0;
    candidate_failures += entry.candidate && entry.failed ? 1 : 0;
}

double UnitEvidence::e_value() const { return mixture(log_wealth); }

}  // namespace rondo::stats
