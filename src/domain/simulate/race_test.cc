#include "domain/simulate/race.h"
#include "domain/simulate/study.h"
#include "domain/stats/distributions.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace rondo;
using namespace rondo::simulate;

namespace {

RaceSpec spec_of(double base_rate, double gain, double share) {
    RaceSpec spec;
    spec.traffic.base_rate = base_rate;
    spec.traffic.gain = gain;
    spec.traffic.discordance = 0.6 * base_rate;
    spec.share = share;
    spec.rows = 20'000;
    spec.traffic.days = 20;
    return spec;
}

using Field = double (*)(const Decided&);
std::vector<double> times(const RaceSpec& spec, const RivalPlan& plan, bool pairs, uint64_t part,
                          Field field) {
    std::vector<double> out(400);
    for_each_run(400, 2,
                 [&](int64_t run) {
                     const Draw draw(3, part, static_cast<uint64_t>(run));
                     const Decided d =
                         pairs ? race_pairs(spec, plan, draw) : race_arms(spec, plan, {}, draw);
                     // What never decides comes last.
                     out[static_cast<size_t>(run)] = field(d) == 0 ? 1e9 : field(d);
                 },
                 {});
    std::ranges::sort(out);
    return out;
}

// The largest distance of two empirical distributions of 400; above 0.138 by chance once in 1,000.
double distance(const std::vector<double>& a, const std::vector<double>& b) {
    double largest = 0;
    for (const double x : a) {
        const auto below = [x](const std::vector<double>& v) {
            return static_cast<double>(std::ranges::upper_bound(v, x) - v.begin()) /
                   static_cast<double>(v.size());
        };
        largest = std::max(largest, std::abs(below(a) - below(b)));
    }
    return largest;
}

}  // namespace

TEST_CASE("counts drawn in batches decide when single events do") {
    const auto plan = rival_plan(0.05, 20'000);
    REQUIRE(plan);
    for (const bool pairs : {false, true}) {
        RaceSpec counts = spec_of(0.1, -0.03, 0.3);
        RaceSpec events = counts;
        events.path = Path::events;
        for (const Field field :
             {Field([](const Decided& d) { return std::max(d.units, d.blocks); }),
              Field([](const Decided& d) { return d.rivals.naive; }),
              Field([](const Decided& d) { return d.rivals.group_sequential; })}) {
            const auto a = times(counts, *plan, pairs, 0, field);
            const auto b = times(events, *plan, pairs, 1, field);
            CHECK(a.front() < 1e9);
            CHECK(distance(a, b) < 0.138);
        }
    }
}

TEST_CASE("a batch of one unit is the server's update of one unit") {
    Draw draw(9, 0, 0);
    for (const auto direction : {stats::Direction::worse, stats::Direction::better}) {
        stats::UnitEvidence one, batch;
        for (int i = 0; i < 2000; ++i) {
            const stats::UnitEvidence::Entry entry{draw.chance(0.3), draw.chance(0.1), 0.3};
            one.update(entry, direction);
            stats::UnitEvidence::Counts counts;
            (entry.candidate ? counts.candidate : counts.champion) = 1;
            (entry.candidate ? counts.candidate_failures : counts.champion_failures) =
                entry.failed ? 1 : 0;
            batch.update_batch(counts, 0.3, direction);
        }
        CHECK(one.log_wealth == batch.log_wealth);
        CHECK(one.failures == batch.failures);
        CHECK(one.candidate_failures == batch.candidate_failures);
    }
}

TEST_CASE("the rates of pairs give the base rate, the gain and the discordance") {
    Traffic t;
    t.base_rate = 0.1;
    t.discordance = 0.06;
    for (const double gain : {0.0, 0.02, -0.02, 0.09, -0.5}) {
        const PairRates rates = pair_rates(t, {0.1, gain, 1});
        CHECK(rates.both + rates.champion_only == doctest::Approx(0.1));
        CHECK(rates.champion_only - rates.candidate_only == doctest::Approx(gain));
        CHECK(rates.champion_only + rates.candidate_only ==
              doctest::Approx(std::max(0.06, std::abs(gain))));
        CHECK(std::min({rates.both, rates.champion_only, rates.candidate_only}) >= 0);
    }
}

TEST_CASE("units differ around the base rate with a correlation of one half") {
    for (const double p : {0.002, 0.01, 0.1, 0.4}) {
        const auto rates = unit_rates(p);
        double mean = 0, squares = 0;
        for (const double rate : rates) {
            mean += rate / static_cast<double>(rates.size());
            squares += rate * rate / static_cast<double>(rates.size());
        }
        CHECK(mean == doctest::Approx(p).epsilon(0.01));
        CHECK((squares - mean * mean) / (p * (1 - p)) == doctest::Approx(0.5).epsilon(0.1));
    }
}
