// What simulated rollouts cost: counts in batches, single events, rows through the server's fold,
// and one update of each kind of evidence. One thread.
// usage: bench_simulate
#include <chrono>
#include <cstdio>

#include "domain/simulate/play.h"
#include "domain/simulate/race.h"
#include "domain/stats/betting.h"

namespace {

using namespace rondo;
using namespace rondo::simulate;

// The best of `times` tries, in seconds.
template <class Work>
double best(int times, Work work) {
    double least = 1e300;
    for (int i = 0; i < times; ++i) {
        const auto begun = std::chrono::steady_clock::now();
        work(static_cast<uint64_t>(i));
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
        least = std::min(least, took.count());
    }
    return least;
}

double race(Path path, Regime regime) {
    RaceSpec spec;
    spec.path = path;
    spec.traffic.regime = regime;
    spec.traffic.days = 100;
    const auto plan = rival_plan(0.05, static_cast<double>(spec.rows));
    const auto rates = unit_rates(spec.traffic.base_rate);
    constexpr int kRuns = 50;
    return kRuns * static_cast<double>(spec.rows) / best(5, [&](uint64_t part) {
               for (uint64_t run = 0; run < kRuns; ++run)
                   race_arms(spec, *plan, rates, Draw(1, part, run));
           });
}

double race_of_pairs() {
    RaceSpec spec;
    spec.share = 1;
    spec.traffic.days = 100;
    const auto plan = rival_plan(0.05, static_cast<double>(spec.rows));
    constexpr int kRuns = 50;
    return kRuns * static_cast<double>(spec.rows) / best(5, [&](uint64_t part) {
               for (uint64_t run = 0; run < kRuns; ++run)
                   race_pairs(spec, *plan, Draw(1, part, run));
           });
}

double played_rows() {
    rollout::RolloutSpec policy;
    policy.loss = stats::Loss::zero_one;
    Traffic traffic;
    return 44 * static_cast<double>(traffic.rows_per_day) / best(5, [&](uint64_t part) {
               Synthetic source(traffic, {}, Draw(1, part, 0));
               play(policy, source, {});
           });
}

constexpr int kUpdates = 1'000'000;

double unit_update() {
    return 1e9 / kUpdates * best(5, [](uint64_t part) {
               Draw draw(1, part, 0);
               stats::UnitEvidence evidence;
               for (int i = 0; i < kUpdates; ++i)
                   evidence.update({draw.chance(0.05), draw.chance(0.1), 0.05},
                                   stats::Direction::worse);
               if (evidence.units != kUpdates) std::abort();
           });
}

double bet_update() {
    return 1e9 / kUpdates * best(5, [](uint64_t part) {
               Draw draw(1, part, 0);
               stats::BetProcess evidence;
               for (int i = 0; i < kUpdates; ++i) evidence.update(draw.uniform() - 0.5);
               if (evidence.count != kUpdates) std::abort();
           });
}

}  // namespace

int main() {
    std::printf("counts %.4g\n", race(Path::counts, Regime::steady));
    std::printf("ramp %.4g\n", race(Path::counts, Regime::ramp));
    std::printf("pairs %.4g\n", race_of_pairs());
    std::printf("events %.4g\n", race(Path::events, Regime::steady));
    std::printf("sticky %.4g\n", race(Path::events, Regime::sticky));
    std::printf("played %.4g\n", played_rows());
    std::printf("unit %.4g\n", unit_update());
    std::printf("bet %.4g\n", bet_update());
    return 0;
}
