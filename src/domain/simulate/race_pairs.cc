#include <algorithm>
#include <cmath>

#include "domain/simulate/race.h"
#include "domain/stats/blocks.h"
#include "domain/stats/sequential/paired.h"

namespace rondo::simulate {
namespace {

using stats::Direction;
using Winner = stats::PairedEvidence::Winner;

// Pairs of a batch: how many, on how many the candidate was better or worse (where losses are
// errors), and the sums of the differences loss(champion) - loss(candidate) and of their squares.
struct Pairs {
    int64_t rows = 0, wins = 0, losses = 0;
    double sum = 0, squares = 0;
};

class PairSource {
  public:
    PairSource(const RaceSpec& spec, Draw& draw)
        : spec_(spec), draw_(draw), climate_(spec.traffic, draw) {}

    // `each` is called with every single difference where losses are no errors.
    template <class Each>
    Pairs next(int64_t from, int64_t count, Each each) {
        const Traffic& traffic = spec_.traffic;
        const auto part = static_cast<double>(from % traffic.rows_per_day) /
                          static_cast<double>(traffic.rows_per_day);
        const Conditions now = climate_.at(from / traffic.rows_per_day, part);
        Pairs out;
        out.rows = draw_.binomial(count, spec_.share * now.share_factor);
        if (traffic.spread > 0) {
            for (int64_t i = 0; i < out.rows; ++i) {
                const double wide = traffic.spread * std::sqrt(3.0) * (2 * draw_.uniform() - 1);
                const double difference = std::clamp(now.gain + wide, -1.0, 1.0);
                out.sum += difference;
                out.squares += difference * difference;
                each(difference);
            }
            return out;
        }
        const PairRates rates = pair_rates(traffic, now);
        if (spec_.path == Path::events) {
            for (int64_t i = 0; i < out.rows; ++i) {
                const double u = draw_.uniform();
                out.wins += u < rates.champion_only ? 1 : 0;
                out.losses +=
                    u >= rates.champion_only && u < rates.champion_only + rates.candidate_only ? 1
                                                                                               : 0;
            }
        } else {
            out.wins = draw_.binomial(out.rows, rates.champion_only);
            out.losses = draw_.binomial(out.rows - out.wins,
                                        rates.candidate_only / (1 - rates.champion_only));
        }
        out.sum = static_cast<double>(out.wins - out.losses);
        out.squares = static_cast<double>(out.wins + out.losses);
        return out;
    }

  private:
    const RaceSpec& spec_;
    Draw& draw_;
    Climate climate_;
};

}  // namespace

Decided race_pairs(const RaceSpec& spec, const RivalPlan& plan, Draw draw) {
    Decided out;
    PairSource source(spec, draw);
    stats::BlockEvidence blocks;
    stats::BetProcess bets;
    stats::PairedEvidence differing;
    Rivals rivals(plan);
    Pairs all, day;
    const double limit = 1 / plan.alpha;
    const double sign = spec.direction == Direction::better ? 1 : -1;
    const auto decide = [&](double& at, double e_value, double rows) {
        if (at == 0 && e_value >= limit) at = rows;
    };
    const int64_t rows_per_day = spec.traffic.rows_per_day;
    for (int64_t from = 0; from < spec.rows;) {
        const int64_t left_today = rows_per_day - from % rows_per_day;
        const int64_t count = std::min({spec.every, spec.rows - from, left_today});
        const Pairs batch = source.next(from, count, [&](double difference) {
            if (out.rows == 0) bets.update(sign * difference);
        });
        from += count;
        const auto rows = static_cast<double>(from);
        day.rows += batch.rows;
        day.sum += batch.sum;
        all.rows += batch.rows;
        all.sum += batch.sum;
        all.squares += batch.squares;
        if (spec.traffic.spread == 0 && out.rows == 0) {
            if (batch.wins > 0) bets.update(sign, batch.wins);
            if (batch.losses > 0) bets.update(-sign, batch.losses);
        }
        if (out.rows == 0) decide(out.rows, bets.e_value(), rows);
        if (spec.traffic.spread == 0 && out.differing == 0) {
            const bool better = spec.direction == Direction::better;
            differing.update(better ? Winner::candidate : Winner::champion, batch.wins);
            differing.update(better ? Winner::champion : Winner::candidate, batch.losses);
            decide(out.differing, differing.e_value(), rows);
        }
        if (from % rows_per_day == 0) {
            blocks.add_block(day.sum, day.rows, spec.clip, sign);
            day = {};
            if (blocks.days() >= spec.min_days) decide(out.blocks, blocks.e_value(), rows);
        }
        if (all.rows < 2) continue;
        const auto n = static_cast<double>(all.rows);
        const double mean = all.sum / n;
        const double variance = std::max(0.0, all.squares / n - mean * mean);
        rivals.look(rows, sign * mean, std::sqrt(variance / n));
    }
    out.rivals = rivals.decided();
    return out;
}

}  // namespace rondo::simulate
