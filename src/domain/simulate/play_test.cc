#include "domain/simulate/play.h"
#include "domain/experiment/service.h"
#include "domain/simulate/study.h"

#include <doctest/doctest.h>

#include <set>

using namespace rondo;
using namespace rondo::simulate;

namespace {

rollout::RolloutSpec canary(bool paired) {
    rollout::RolloutSpec spec;
    spec.loss = stats::Loss::zero_one;
    spec.paired = spec.outcome_independent_of_answer = paired;
    spec.stages.front().share = 0.5;
    spec.stages.front().horizon = std::chrono::hours{24 * 21};
    return spec;
}

Traffic traffic(Regime regime, double gain) {
    Traffic t;
    t.regime = regime;
    t.rows_per_day = 300;
    t.days = 21;
    t.base_rate = 0.2;
    t.discordance = 0.12;
    t.gain = gain;
    return t;
}

// A row as the server's log has it. Both models answer for an outcome of 0, so that an answer of 1
// is an error.
predictions::Row logged(const Row& row, double share, bool paired, int64_t place) {
    predictions::Row out;
    out.key = {place, row.unit, 0};
    out.arm = row.coin < share ? predictions::Arm::candidate : predictions::Arm::champion;
    out.share = static_cast<predictions::Share>(share * predictions::kWhole);
    out.champion = 1;
    out.candidate = 2;
    const bool candidate = out.arm == predictions::Arm::candidate;
    if (!candidate || paired) out.champion_answer.values = {row.champion_fails ? 1.0 : 0.0};
    if (candidate) out.candidate_answer.values = {row.candidate_fails ? 1.0 : 0.0};
    out.labelled = row.labelled;
    return out;
}

// The rollout as the server's own code carries it on over logged rows.
Trial by_the_server(const rollout::RolloutSpec& spec, Source& source, const Setting& setting) {
    rollout::Rollout r;
    r.spec = spec;
    r.champion = 1;
    r.candidate = 2;
    std::set<uint64_t> entered;
    std::vector<predictions::SealedDay> days;
    Trial out;
    for (int64_t day = 0; r.state != rollout::State::closed; ++day) {
        predictions::SealedDay sealed;
        int64_t place = 0;
        uint64_t unit = static_cast<uint64_t>(day) << 32;
        for (Row row : source.day(day)) {
            if (source.units() == 0) row.unit = unit++;
            sealed.rows.push_back(logged(row, spec.stages.front().share, spec.paired, place++));
        }
        days.push_back(std::move(sealed));
        const int64_t matured = day - setting.label_days;
        const auto rules = rollout::rules_of(r, setting.min_coverage);
        if (matured >= 0) {
            REQUIRE(experiment::fold_day(
                r.evidence, days[static_cast<size_t>(matured)], rules, r.variants(),
                [](const predictions::Row&) { return true; },
                [&](uint64_t hash) -> Result<bool> { return entered.insert(hash).second; }));
        }
        const Time tick = Time{} + (day + 1) * Micros{std::chrono::hours{24}};
        const auto verdict = rollout::judge(r, setting.min_coverage, tick);
        rollout::advance(r, verdict, tick);
        out.days = day + 1;
    }
    out.ending = r.ending;
    return out;
}

}  // namespace

TEST_CASE("a played rollout ends as the server's fold of logged rows ends it") {
    std::set<rollout::Ending> endings;
    const Setting setting;
    for (const bool paired : {false, true}) {
        const auto spec = canary(paired);
        for (const Regime regime :
             {Regime::steady, Regime::seasonal, Regime::sticky, Regime::late_labels}) {
            for (const double gain : {0.0, 0.1, -0.1}) {
                const Traffic t = traffic(regime, gain);
                const auto rates = unit_rates(t.base_rate);
                for (uint64_t run = 0; run < 4; ++run) {
                    Synthetic a(t, rates, Draw(1, 0, run)), b(t, rates, Draw(1, 0, run));
                    const Trial played = play(spec, a, setting);
                    const Trial served = by_the_server(spec, b, setting);
                    CHECK(played.ending == served.ending);
                    CHECK(played.days == served.days);
                    endings.insert(played.ending);
                }
            }
        }
    }
    CHECK(endings.size() == 3);  // all of them were seen
}

TEST_CASE("a peak is the largest e-value that was seen") {
    experiment::Rules rules;
    rules.paired = true;
    experiment::Evidence evidence;
    stats::UnitEvidence worse, better;
    stats::BetProcess rows;
    double worse_peak = 1, better_peak = 1, rows_peak = 1;
    Draw draw(4, 0, 0);
    experiment::DayFold day(evidence, rules);
    for (int i = 0; i < 12000; ++i) {
        // Worse for a while, then better: peaks rise, and stay when the wealth falls.
        const bool candidate = draw.chance(0.5);
        const bool failed = draw.chance(candidate == (i < 4000) ? 0.2 : 0.1);
        const stats::UnitEvidence::Entry entry{candidate, failed, 0.5};
        day.unit(entry);
        worse.update(entry, stats::Direction::worse);
        better.update(entry, stats::Direction::better);
        worse_peak = std::max(worse_peak, worse.e_value());
        better_peak = std::max(better_peak, better.e_value());
        const double loss = draw.uniform();
        day.pair(0.5, loss);
        rows.update(loss - 0.5);
        rows_peak = std::max(rows_peak, rows.e_value());
    }
    CHECK(evidence.worse_units_peak == worse_peak);
    CHECK(evidence.better_units_peak == better_peak);
    CHECK(evidence.worse_rows_peak == rows_peak);
    CHECK(worse_peak > 100);
    CHECK(better_peak > 100);
}

TEST_CASE("threads change nothing") {
    const auto spec = canary(true);
    const Traffic t = traffic(Regime::steady, 0.02);
    const auto study = [&](int threads) {
        std::vector<Trial> trials(40);
        for_each_run(40, threads,
                     [&](int64_t run) {
                         Synthetic source(t, {}, Draw(7, 0, static_cast<uint64_t>(run)));
                         trials[static_cast<size_t>(run)] = play(spec, source, {});
                     },
                     {});
        return json::write(summary_of(trials));
    };
    CHECK(study(1) == study(4));
}

TEST_CASE("stages begin anew, and a watch brings the old champion back") {
    auto spec = canary(true);
    spec.stages.front().mode = serving::RouteMode::shadow;
    spec.stages.front().share = 1;
    spec.stages.push_back(spec.stages.front());
    spec.stages.back().mode = serving::RouteMode::canary;
    spec.stages.back().share = 0.2;
    spec.watch = rollout::WatchSpec{};
    spec.watch->time = std::chrono::hours{24 * 25};
    REQUIRE(rollout::check(spec));
    Traffic better = traffic(Regime::steady, 0.1), worse = traffic(Regime::steady, -0.1);
    better.rows_per_day = worse.rows_per_day = 1000;
    struct Turning : Source {
        Synthetic good, bad;
        Turning(const Traffic& a, const Traffic& b)
            : good(a, {}, Draw(1, 0, 0)), bad(b, {}, Draw(1, 1, 0)) {}
        std::span<const Row> day(int64_t day) override {
            return day < 19 ? good.day(day) : bad.day(day);
        }
        uint64_t units() const override { return 0; }
    } source(better, worse);
    const Trial trial = play(spec, source, {});
    CHECK(trial.ending == rollout::Ending::rolled_back);
    REQUIRE(trial.promoted_day);
    CHECK(*trial.promoted_day >= 14);  // twice the seven days that a promotion needs
    CHECK(*trial.promoted_day < 20);
    REQUIRE(trial.rolled_back_day);
    CHECK(*trial.rolled_back_day > 20);
}

TEST_CASE("a rollout without enough labels ends by itself") {
    struct Unlabelled : Source {
        std::vector<Row> rows = std::vector<Row>(100, Row{.labelled = false});
        std::span<const Row> day(int64_t) override { return rows; }
        uint64_t units() const override { return 0; }
    } source;
    const Trial trial = play(canary(false), source, {});
    CHECK(trial.ending == rollout::Ending::inconclusive);
    CHECK(trial.days <= longest(canary(false), {}));
}
