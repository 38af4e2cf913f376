#include "domain/simulate/race.h"

#include <algorithm>
#include <cmath>

#include "domain/stats/sequential/assignment.h"

namespace rondo::simulate {
namespace {

using Counts = stats::UnitEvidence::Counts;
using stats::Direction;
using stats::GuardrailEvidence;

void reject(double& at, double rows) {
    if (at == 0) at = rows;
}

void add(Counts& sum, const Counts& batch) {
    sum.candidate += batch.candidate;
    sum.candidate_failures += batch.candidate_failures;
    sum.champion += batch.champion;
    sum.champion_failures += batch.champion_failures;
}

// Rows of a batch by arm and outcome: all of them, and those that were a unit's first.
struct Batch {
    Counts all, first;
};

class Arms {
  public:
    Arms(const RaceSpec& spec, std::span<const double> rates, Draw& draw)
        : spec_(spec), draw_(draw), climate_(spec.traffic, draw) {
        if (spec.traffic.regime != Regime::sticky) return;
        const auto rows = static_cast<double>(spec.traffic.rows_per_day * spec.traffic.days);
        units_.resize(static_cast<size_t>(std::max(2.0, rows / kRowsPerUnit)));
        for (Unit& unit : units_) unit = {draw.uniform(), rates[draw.below(rates.size())], false};
    }

    Batch next(int64_t from, int64_t count, double& share) {
        const int64_t day = from / spec_.traffic.rows_per_day;
        const auto part = static_cast<double>(from % spec_.traffic.rows_per_day) /
                          static_cast<double>(spec_.traffic.rows_per_day);
        const Conditions now = climate_.at(day, part);
        share = spec_.share * now.share_factor;
        if (!units_.empty()) return sticky(count, now, share);
        const double champion = now.base_rate;
        const double candidate = std::clamp(now.base_rate - now.gain, 0.0, 1.0);
        Counts counts;
        if (spec_.path == Path::counts) {
            counts.candidate = draw_.binomial(count, share);
            counts.champion = count - counts.candidate;
            counts.candidate_failures = draw_.binomial(counts.candidate, candidate);
            counts.champion_failures = draw_.binomial(counts.champion, champion);
        } else {
            for (int64_t i = 0; i < count; ++i) {
                if (draw_.chance(share)) {
                    ++counts.candidate;
                    counts.candidate_failures += draw_.chance(candidate) ? 1 : 0;
                } else {
                    ++counts.champion;
                    counts.champion_failures += draw_.chance(champion) ? 1 : 0;
                }
            }
        }
        return {counts, counts};
    }

  private:
    struct Unit {
        double coin, rate;
        bool entered;
    };

    Batch sticky(int64_t count, const Conditions& now, double share) {
        Batch batch;
        for (int64_t i = 0; i < count; ++i) {
            Unit& unit = units_[draw_.below(units_.size())];
            const bool candidate = unit.coin < share;
            const double part = unit.rate / spec_.traffic.base_rate;
            const bool failed = draw_.chance(candidate ? unit.rate - now.gain * part : unit.rate);
            const auto count_in = [&](Counts& counts) {
                (candidate ? counts.candidate : counts.champion) += 1;
                (candidate ? counts.candidate_failures : counts.champion_failures) += failed;
            };
            count_in(batch.all);
            if (!unit.entered) count_in(batch.first);
            unit.entered = true;
        }
        return batch;
    }

    const RaceSpec& spec_;
    Draw& draw_;
    Climate climate_;
    std::vector<Unit> units_;
};

// The difference of the failure rates, candidate less champion, with its pooled standard error.
void compare(Rivals& rivals, const Counts& sum, double rows, double sign) {
    const auto m = static_cast<double>(sum.candidate), n = static_cast<double>(sum.champion);
    if (m == 0 || n == 0) return;
    const auto a = static_cast<double>(sum.candidate_failures);
    const auto b = static_cast<double>(sum.champion_failures);
    const double pooled = (a + b) / (m + n);
    rivals.look(rows, sign * (a / m - b / n), std::sqrt(pooled * (1 - pooled) * (1 / m + 1 / n)));
}

}  // namespace

Decided race_arms(const RaceSpec& spec, const RivalPlan& plan, std::span<const double> rates,
                  Draw draw) {
    Decided out;
    Arms arms(spec, rates, draw);
    stats::UnitEvidence by_unit, by_request;
    GuardrailEvidence failures;
    Rivals rivals(plan);
    Counts sum;
    const double limit = 1 / plan.alpha;
    const double sign = spec.direction == Direction::worse ? 1 : -1;
    const bool sticky = spec.traffic.regime == Regime::sticky;
    for (int64_t from = 0; from < spec.rows; from += spec.every) {
        const int64_t count = std::min(spec.every, spec.rows - from);
        const auto rows = static_cast<double>(from + count);
        double share = 0;
        const Batch batch = arms.next(from, count, share);
        add(sum, batch.all);
        if (out.units == 0) {
            by_unit.update_batch(batch.first, share, spec.direction);
            if (by_unit.e_value() >= limit) reject(out.units, rows);
        }
        if (sticky && out.requests == 0) {
            by_request.update_batch(batch.all, share, spec.direction);
            if (by_request.e_value() >= limit) reject(out.requests, rows);
        }
        // "Better" by failures alone: they sit too often in the champion's arm.
        if (out.failures == 0) {
            const bool worse = spec.direction == Direction::worse;
            const auto arm =
                worse ? GuardrailEvidence::Arm::candidate : GuardrailEvidence::Arm::champion;
            const auto other =
                worse ? GuardrailEvidence::Arm::champion : GuardrailEvidence::Arm::candidate;
            const double rho = worse ? share : 1 - share;
            const int64_t hits =
                worse ? batch.first.candidate_failures : batch.first.champion_failures;
            const int64_t misses =
                worse ? batch.first.champion_failures : batch.first.candidate_failures;
            failures.failure(arm, rho, hits);
            failures.failure(other, rho, misses);
            if (failures.e_value() >= limit) reject(out.failures, rows);
        }
        compare(rivals, sum, rows, sign);
    }
    if (!sticky) out.requests = out.units;
    out.rivals = rivals.decided();
    return out;
}

}  // namespace rondo::simulate
