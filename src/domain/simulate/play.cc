#include "domain/simulate/play.h"

#include <algorithm>
#include <cmath>

#include "domain/experiment/service.h"

namespace rondo::simulate {
namespace {

using rollout::Ending;
using rollout::State;
using serving::RouteMode;

constexpr std::chrono::hours kDay{24};

Time tick_after(int64_t days) { return Time{} + days * Micros{kDay}; }

// Who answers and who scores in the state that a rollout is in.
struct Routing {
    double canary = 0, scored = 0;  // shares of units
    bool watching = false;
};

Routing routing_of(const rollout::Rollout& r) {
    if (r.state == State::watching) return {0, r.spec.watch->share, true};
    const rollout::StageSpec& stage = r.stage_spec();
    if (stage.mode == RouteMode::shadow) return {0, stage.share, false};
    return {stage.share, r.spec.paired ? stage.share : 0, false};
}

// As routes keep it.
serving::Share kept_share(double share, double factor) {
    return static_cast<serving::Share>(std::round(share * factor * predictions::kWhole));
}

class Player {
  public:
    Player(const rollout::RolloutSpec& spec, Source& source, const Setting& setting)
        : source_(source), setting_(setting), entered_(source.units(), false) {
        rollout_.spec = spec;
        rollout_.champion = 1;
        rollout_.candidate = 2;
    }

    Trial run() {
        const int64_t last = longest(rollout_.spec, setting_);
        // A day is served under the routes of that day and judged label_days after its end, when
        // the rollout may be in another stage.
        for (int64_t day = 0; day < last && rollout_.state != State::closed; ++day) {
            serve(day);
            const int64_t tick = day + 1;
            judge(tick);
            trial_.days = tick;
        }
        trial_.ending = rollout_.ending;
        return trial_;
    }

  private:
    struct Entry {
        double champion_loss, candidate_loss;
        uint64_t unit;
        serving::Share share;
        bool labelled, pair, candidate, failed;
    };
    struct Served {
        int64_t day = 0;
        std::vector<Entry> rows;
    };

    void serve(int64_t day) {
        const Routing routing = routing_of(rollout_);
        Served served{day, std::move(spare_)};
        served.rows.clear();
        for (const Row& row : source_.day(day)) {
            const serving::Share kept = kept_share(routing.canary, row.share_factor);
            const double share = predictions::probability(kept);
            const double scored = routing.canary > 0 && routing.scored > 0 ? share : routing.scored;
            const bool candidate = routing.watching || row.coin < share;
            if (candidate) trial_.harm += row.candidate_fails - row.champion_fails;
            Entry entry;
            // In the watch the old champion is the one that scores along.
            entry.champion_loss = routing.watching ? row.candidate_loss : row.champion_loss;
            entry.candidate_loss = routing.watching ? row.champion_loss : row.candidate_loss;
            entry.unit = row.unit;
            entry.share = kept;
            entry.labelled = row.labelled;
            entry.pair = row.coin < scored;
            entry.candidate = candidate;
            entry.failed = candidate ? row.candidate_fails : row.champion_fails;
            served.rows.push_back(entry);
        }
        waiting_.push_back(std::move(served));
    }

    void judge(int64_t tick) {
        if (waiting_.front().day + 1 + setting_.label_days <= tick) {
            Served& matured = waiting_.front();
            // Rows of an earlier stage are no evidence of this one.
            if (tick_after(matured.day) >= rollout_.stage_since) fold(matured);
            spare_ = std::move(matured.rows);
            waiting_.erase(waiting_.begin());
        }
        const auto verdict = rollout::judge(rollout_, setting_.min_coverage, tick_after(tick));
        const State before = rollout_.state;
        const rollout::Step step = rollout::advance(rollout_, verdict, tick_after(tick));
        if (before == State::running &&
            (step == rollout::Step::watch || step == rollout::Step::promoted))
            trial_.promoted_day = tick;
        if (rollout_.ending == Ending::rolled_back) trial_.rolled_back_day = tick;
    }

    void fold(const Served& served) {
        const auto rules = rollout::rules_of(rollout_, setting_.min_coverage);
        experiment::DayFold day(rollout_.evidence, rules);
        for (const Entry& row : served.rows) {
            // Among the rows of a shadow or a watch, those that only one scored belong as well.
            day.row(row.labelled);
            if (!row.labelled) continue;
            if (rules.paired && row.pair) day.pair(row.champion_loss, row.candidate_loss);
            if (row.share == 0 || !enters(row.unit)) continue;
            day.unit({row.candidate, row.failed, predictions::probability(row.share)});
        }
        day.close();
    }

    // Each unit enters the evidence by units once in a rollout.
    bool enters(uint64_t unit) {
        if (entered_.empty()) return true;
        if (entered_[unit]) return false;
        entered_[unit] = true;
        return true;
    }

    Source& source_;
    const Setting& setting_;
    rollout::Rollout rollout_;
    std::vector<bool> entered_;
    std::vector<Served> waiting_;
    std::vector<Entry> spare_;
    Trial trial_;
};

}  // namespace

int64_t longest(const rollout::RolloutSpec& spec, const Setting& setting) {
    Micros all{0};
    for (const rollout::StageSpec& stage : spec.stages) all += stage.horizon;
    if (spec.watch) all += spec.watch->time;
    return std::chrono::ceil<std::chrono::days>(all).count() + setting.label_days +
           static_cast<int64_t>(spec.stages.size()) + 1;
}

Trial play(const rollout::RolloutSpec& spec, Source& source, const Setting& setting) {
    return Player(spec, source, setting).run();
}

}  // namespace rondo::simulate
