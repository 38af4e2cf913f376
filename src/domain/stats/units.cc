#include "domain/stats/units.h"

#include <cmath>

#include "domain/stats/betting.h"

namespace rondo::stats {

void UnitEvidence::update(Entry entry, Direction direction) {
    Counts one;
    (entry.candidate ? one.candidate : one.champion) = 1;
    (entry.candidate ? one.candidate_failures : one.champion_failures) = entry.failed ? 1 : 0;
    update_batch(one, entry.rho, direction);
}

void UnitEvidence::update_batch(const Counts& batch, double rho, Direction direction) {
    // Smoothed by one failure in two units; uses only what was known before these units.
    const double p = (static_cast<double>(failures) + 1) / (static_cast<double>(units) + 2);
    const auto add = [&](double& log, int64_t count, double factor) {
        if (count > 0) log += static_cast<double>(count) * std::log(factor);
    };
    if (rho > 0 && rho < 1) {
        for (size_t j = 0; j < kOddsRatios.size(); ++j) {
            const double ratio =
                direction == Direction::worse ? kOddsRatios[j] : 1 / kOddsRatios[j];
            const double odds = ratio * p / (1 - p);
            const double q = odds / (1 + odds);
            const double failed = q / p, held = (1 - q) / (1 - p);
            const double theta_failed = rho * failed / (1 - rho + rho * failed);
            const double theta_held = rho * held / (1 - rho + rho * held);
            double& log = log_wealth[j];
            add(log, batch.candidate_failures, theta_failed / rho);
            add(log, batch.champion_failures, (1 - theta_failed) / (1 - rho));
            add(log, batch.candidate - batch.candidate_failures, theta_held / rho);
            add(log, batch.champion - batch.champion_failures, (1 - theta_held) / (1 - rho));
        }
    }
    units += batch.candidate + batch.champion;
    failures += batch.candidate_failures + batch.champion_failures;
    candidate_units += batch.candidate;
    candidate_failures += batch.candidate_failures;
}

double UnitEvidence::e_value() const { return mixture(log_wealth); }

}  // namespace rondo::stats
