#include "domain/simulate/source.h"

#include <algorithm>
#include <cmath>

namespace rondo::simulate {
namespace {

// Which rows get no label in time, by whether anybody failed on them: the same in both arms.
constexpr double kLateFailure = 0.05, kLateOther = 0.005;

}  // namespace

Synthetic::Synthetic(const Traffic& traffic, std::span<const double> unit_rates, Draw draw)
    : traffic_(traffic), unit_rates_(unit_rates), draw_(draw), climate_(traffic, draw_) {
    if (traffic.regime != Regime::sticky) return;
    const double rows = static_cast<double>(traffic.rows_per_day * traffic.days);
    const auto count = static_cast<size_t>(std::max(2.0, rows / kRowsPerUnit));
    for (size_t i = 0; i < count; ++i) {
        coins_.push_back(draw_.uniform());
        rates_.push_back(unit_rates_[draw_.below(unit_rates_.size())]);
    }
}

std::span<const Row> Synthetic::day(int64_t day) {
    const auto count = static_cast<size_t>(traffic_.rows_per_day);
    rows_.resize(count);
    const bool within = traffic_.regime == Regime::seasonal || traffic_.regime == Regime::ramp;
    Conditions now = climate_.at(day, 0);
    PairRates rates = pair_rates(traffic_, now);
    for (size_t i = 0; i < count; ++i) {
        Row& row = rows_[i];
        // Conditions move within a day in 64 steps; more would not be seen.
        if (within && i % (count / 64 + 1) == 0) {
            now = climate_.at(day, static_cast<double>(i) / static_cast<double>(count));
            rates = pair_rates(traffic_, now);
        }
        if (coins_.empty()) {
            row.coin = draw_.uniform();
        } else {
            row.unit = draw_.below(coins_.size());
            row.coin = coins_[row.unit];
            const double rate = rates_[row.unit];
            Conditions of_unit = now;
            of_unit.base_rate = rate;
            of_unit.gain *= rate / traffic_.base_rate;
            rates = pair_rates(traffic_, of_unit);
        }
        row.share_factor = now.share_factor;
        const double u = draw_.uniform();
        row.champion_fails = u < rates.champion_only + rates.both;
        row.candidate_fails =
            u >= rates.champion_only && u < rates.champion_only + rates.both + rates.candidate_only;
        if (traffic_.spread > 0) {
            const double wide = traffic_.spread * std::sqrt(3.0) * (2 * draw_.uniform() - 1);
            const double difference = std::clamp(now.gain + wide, -1.0, 1.0);
            row.champion_loss = 0.5 + difference / 2;
            row.candidate_loss = 0.5 - difference / 2;
        } else {
            row.champion_loss = row.champion_fails ? 1 : 0;
            row.candidate_loss = row.candidate_fails ? 1 : 0;
        }
        if (traffic_.regime == Regime::late_labels)
            row.labelled = !draw_.chance(row.champion_fails || row.candidate_fails ? kLateFailure
                                                                                   : kLateOther);
    }
    return rows_;
}

}  // namespace rondo::simulate
