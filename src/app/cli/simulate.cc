// rondo rollout simulate: a policy played on made or recorded traffic.
#include <cmath>

#include "app/cli/commands.h"
#include "app/cli/studies.h"
#include "base/text.h"
#include "domain/simulate/race.h"
#include "domain/simulate/recorded.h"

namespace rondo::app::cli {
namespace {

using json::Value;
using simulate::Regime;
using simulate::Summary;
using simulate::Traffic;

struct Flags {
    std::string policy, traffic;
    std::vector<std::string> regimes;
    TrafficFlags made;
    int64_t runs = 1000, seed = 1, label_days = 1, threads = 0;
    double effect = 0, worse = 0, shock = 0;
    bool rivals = false, only_equal = false, only_rivals = false;
};

// One line of the report: a kind of candidate in a regime.
struct Cell {
    std::string regime, candidate;
    Summary summary;
    // Error rates that the policy states for this cell; nothing where it promises none.
    std::optional<double> promote_level, roll_back_level;

    bool refuted() const {
        return (promote_level && summary.promoted.above(*promote_level)) ||
               (roll_back_level && summary.rolled_back.above(*roll_back_level));
    }
};

// What other rules do: the shares of an equal candidate that they take for a better and for a worse
// one, and how they find the worse one.
struct RivalRow {
    std::string regime, rule;
    simulate::Share better, worse, found;
    double found_median = 0;  // requests
};

// What an equally good candidate may at most come to, by the policy's own figures.
double promote_level(const rollout::RolloutSpec& spec) {
    return 1 / spec.stages.back().promote.evidence;
}
double roll_back_level(const rollout::RolloutSpec& spec) {
    // Each stage begins with fresh evidence: two processes with pairs, one without.
    const double processes = spec.paired ? 2 : 1;
    const auto stages = static_cast<double>(spec.stages.size());
    return std::min(1.0, spec.safety.alpha * (processes * stages + (spec.watch ? 1 : 0)));
}

Result<std::vector<Regime>> chosen_regimes(const std::vector<std::string>& names) {
    std::vector<Regime> out;
    for (const auto& [regime, name] : json::enum_names<Regime>) {
        if (names.empty()) out.push_back(regime);
    }
    for (const std::string& name : names) {
        const size_t before = out.size();
        std::string all;
        for (const auto& [regime, known] : json::enum_names<Regime>) {
            if (known == name) out.push_back(regime);
            all += (all.empty() ? "" : ", ") + std::string(known);
        }
        if (out.size() == before)
            return fail(Code::invalid, "no regime " + quoted(name) + "; there are " + all,
                        "regime");
    }
    return out;
}

class Simulation {
  public:
    Simulation(Flags flags, bool json) : flags_(std::move(flags)), json_(json) {}

    Result<int> run() {
        TRY_ASSIGN(policy_, read_policy(flags_.policy));
        TRY(check_flags());
        if (flags_.traffic.empty()) {
            TRY(play_regimes());
        } else {
            TRY(play_recorded());
        }
        TRY(print());
        for (const Cell& cell : cells_) {
            if (cell.refuted()) return kCheckSaysNo;
        }
        return 0;
    }

  private:
    Status check_flags() {
        if (flags_.runs < 1 || flags_.runs > 1'000'000)
            return fail(Code::invalid, "--runs has to be 1 to 1,000,000");
        if (flags_.label_days < 0 || flags_.label_days > 366)
            return fail(Code::invalid, "--label-days has to be 0 to 366");
        threads_ = flags_.threads == 0 ? all_threads() : static_cast<int>(flags_.threads);
        if (threads_ < 1 || threads_ > 1024)
            return fail(Code::invalid, "--threads has to be 1 to 1,024");
        setting_.label_days = flags_.label_days;
        const rollout::RolloutSpec& spec = policy_.rollout;
        const bool losses = spec.paired && spec.loss == stats::Loss::brier;
        base_ = flags_.made.traffic();
        base_.spread = !losses ? 0 : flags_.made.deviation > 0 ? flags_.made.deviation : 0.06;
        base_.shock = flags_.shock > 0 ? flags_.shock
                      : losses         ? base_.spread / 2
                                       : base_.discordance / 2;
        base_.days = simulate::longest(spec, setting_);
        if (flags_.effect < 0 || flags_.worse < 0)
            return fail(Code::invalid, "--effect and --worse are sizes, above 0");
        const double rate = base_.base_rate;
        effect_ = flags_.effect > 0 ? flags_.effect : 0.2 * rate;
        worse_ = flags_.worse > 0 ? flags_.worse : std::min(rate, 1 - rate);
        TRY(simulate::check(base_));
        Traffic far = base_;
        far.gain = effect_;
        TRY(simulate::check(far));
        far.gain = -worse_;
        TRY(simulate::check(far));
        if (base_.rows_per_day * base_.days > 5'000'000)
            return fail(Code::too_large,
                        "one run would have " + grouped(base_.rows_per_day * base_.days) +
                            " requests, 5,000,000 at most; lower --requests, the evidence of a "
                            "day with less is weaker, never wrong");
        return ok();
    }

    // --- made traffic -----------------------------------------------------------------------

    Status play_regimes() {
        TRY_ASSIGN(const auto regimes, chosen_regimes(flags_.regimes));
        std::vector<std::pair<const char*, double>> candidates{
            {"equal", 0.0}, {"better", effect_}, {"worse", -worse_}};
        if (flags_.only_equal) candidates.resize(1);
        if (flags_.only_rivals) candidates.clear();
        const bool rivals = flags_.rivals || flags_.only_rivals;
        const uint64_t kinds = candidates.size() + (rivals ? 3 : 0);
        Progress progress("simulating", static_cast<uint64_t>(flags_.runs) * regimes.size() * kinds,
                          "runs");
        rates_ = simulate::unit_rates(base_.base_rate);
        for (const Regime regime : regimes) {
            Traffic traffic = base_;
            traffic.regime = regime;
            traffic.days = first_horizon();
            uint64_t number = 0;
            for (const auto& [kind, gain] : candidates) {
                traffic.gain = gain;
                play(traffic, kind, number++, progress);
            }
            traffic.gain = 0;
            if (rivals) TRY(race(traffic, progress));
        }
        return ok();
    }

    // Ramps and turns have their half within the first stage.
    int64_t first_horizon() const {
        return std::chrono::ceil<std::chrono::days>(policy_.rollout.stages.front().horizon).count();
    }

    void play(const Traffic& traffic, const char* kind, uint64_t number, Progress& progress) {
        std::vector<simulate::Trial> trials(static_cast<size_t>(flags_.runs));
        const uint64_t part = part_of(traffic.regime, number);
        simulate::for_each_run(
            flags_.runs, threads_,
            [&](int64_t run) {
                simulate::Synthetic source(traffic, rates_, draw(part, run));
                trials[static_cast<size_t>(run)] =
                    simulate::play(policy_.rollout, source, setting_);
            },
            [&](uint64_t done) { progress.add(done); });
        Cell cell{std::string(simulate::name_of(traffic.regime)),
                  kind,
                  simulate::summary_of(trials),
                  {},
                  {}};
        if (traffic.gain == 0)
            promise(cell, simulate::moves_the_difference(traffic.regime),
                    traffic.regime == Regime::better_then_worse);
        cells_.push_back(std::move(cell));
    }

    // What the policy states for an equal candidate. Where the difference moves, there are times
    // at which the candidate is truly worse, and safety may act; evidence by units and by rows
    // says "at some time", so only the average over days promises anything, and not where the good
    // days come first.
    void promise(Cell& cell, bool moves, bool good_days_first) const {
        const rollout::RolloutSpec& spec = policy_.rollout;
        if (!moves) cell.roll_back_level = roll_back_level(spec);
        if (!moves || (spec.paired && !good_days_first)) cell.promote_level = promote_level(spec);
    }

    // --- recorded traffic -------------------------------------------------------------------

    Status play_recorded() {
        TRY_ASSIGN(const auto rows, open_rows(flags_.traffic));
        TRY_ASSIGN(const simulate::Recorded recorded,
                   simulate::read_recorded(*rows, policy_.data, policy_.rollout.loss));
        if (policy_.rollout.paired && !recorded.has_candidate)
            return fail(Code::invalid,
                        "the policy compares pairs, and the recorded traffic has no column "
                        "'candidate' with another model's answers to the same rows; add it, or "
                        "leave --traffic out");
        recorded_rows_ = recorded.rows;
        recorded_days_ = static_cast<int64_t>(recorded.days.size());
        recorded_gain_ = recorded.gain;
        std::vector<simulate::Stand> stands{simulate::Stand::equal_rows};
        if (recorded.has_candidate)
            stands = {simulate::Stand::equal_rows, simulate::Stand::equal_days,
                      simulate::Stand::as_recorded};
        Progress progress("simulating", static_cast<uint64_t>(flags_.runs) * stands.size(), "runs");
        for (const simulate::Stand stand : stands) {
            std::vector<simulate::Trial> trials(static_cast<size_t>(flags_.runs));
            const auto part = static_cast<uint64_t>(stand);
            simulate::for_each_run(
                flags_.runs, threads_,
                [&](int64_t run) {
                    simulate::Replayed source(recorded, stand, draw(part, run));
                    trials[static_cast<size_t>(run)] =
                        simulate::play(policy_.rollout, source, setting_);
                },
                [&](uint64_t done) { progress.add(done); });
            const bool by_days = stand == simulate::Stand::equal_days;
            Cell cell{"recorded",
                      stand == simulate::Stand::as_recorded ? "as recorded"
                      : by_days                             ? "equal by days"
                                                            : "equal",
                      simulate::summary_of(trials),
                      {},
                      {}};
            if (stand != simulate::Stand::as_recorded) promise(cell, by_days, false);
            cells_.push_back(std::move(cell));
        }
        return ok();
    }

    // Of its own for each kind of run in a regime: what else is played changes nothing.
    static uint64_t part_of(Regime regime, uint64_t kind) {
        return static_cast<uint64_t>(regime) * 16 + kind;
    }

    simulate::Draw draw(uint64_t part, int64_t run) const {
        return {static_cast<uint64_t>(flags_.seed), part, static_cast<uint64_t>(run)};
    }

    // --- other rules on the same traffic ----------------------------------------------------

    Status race(const Traffic& traffic, Progress& progress) {
        simulate::RaceSpec spec;
        spec.traffic = traffic;
        spec.share = std::min(policy_.rollout.stages.front().share, 1.0);
        spec.clip = policy_.rollout.clip;
        spec.min_days = policy_.rollout.stages.front().promote.min_days;
        spec.rows = traffic.rows_per_day * traffic.days;
        TRY_ASSIGN(const auto plan, simulate::rival_plan(0.05, static_cast<double>(spec.rows)));
        using All = std::vector<simulate::Decided>;
        const auto decide = [&](double gain, stats::Direction direction, uint64_t kind) {
            All out(static_cast<size_t>(flags_.runs));
            spec.traffic.gain = gain;
            spec.direction = direction;
            const uint64_t part = part_of(traffic.regime, kind);
            simulate::for_each_run(
                flags_.runs, threads_,
                [&](int64_t run) {
                    out[static_cast<size_t>(run)] =
                        policy_.rollout.paired
                            ? simulate::race_pairs(spec, plan, draw(part, run))
                            : simulate::race_arms(spec, plan, rates_, draw(part, run));
                },
                [&](uint64_t done) { progress.add(done); });
            return out;
        };
        const All better = decide(0, stats::Direction::better, 3);
        const All worse = decide(0, stats::Direction::worse, 4);
        const All found = decide(-worse_, stats::Direction::worse, 5);
        const auto add = [&](const char* rule, auto decided) {
            const auto times = [&](const All& all) {
                std::vector<double> requests;
                for (const auto& one : all) {
                    if (decided(one) > 0) requests.push_back(decided(one));
                }
                return requests;
            };
            const auto share = [&](const All& all) {
                return simulate::share_of(static_cast<int64_t>(times(all).size()), flags_.runs);
            };
            rivals_.push_back({std::string(simulate::name_of(traffic.regime)), rule, share(better),
                               share(worse), share(found),
                               simulate::time_by(times(found), flags_.runs, 0.5)});
        };
        using simulate::Decided;
        if (policy_.rollout.paired) {
            add("bets on day means", [](const Decided& d) { return d.blocks; });
            add("bets row by row", [](const Decided& d) { return d.rows; });
        } else {
            add("errors by unit", [](const Decided& d) { return d.units; });
            add("errors by request", [](const Decided& d) { return d.requests; });
            add("failures only", [](const Decided& d) { return d.failures; });
        }
        add("z at each look", [](const Decided& d) { return d.rivals.naive; });
        add("z once, at the end", [](const Decided& d) { return d.rivals.fixed; });
        add("z at 14 planned looks", [](const Decided& d) { return d.rivals.group_sequential; });
        add("asymptotic sequence", [](const Decided& d) { return d.rivals.asymptotic; });
        return ok();
    }

    // --- what it says -----------------------------------------------------------------------

    Status print() const {
        if (json_) return print_tree();
        print_head();
        TablePrinter table({"REGIME", "CANDIDATE", "PROMOTED", "ROLLED BACK", "INCONCLUSIVE",
                            "DAYS TO PROMOTE 50 %", "80 %", "TO ROLL BACK 50 %", "80 %", "HARM"});
        for (const Cell& cell : cells_) {
            const Summary& s = cell.summary;
            table.add({cell.regime, cell.candidate, percent(s.promoted.share),
                       percent(s.rolled_back.share), percent(s.inconclusive.share),
                       days_text(s.promoted_median), days_text(s.promoted_80),
                       days_text(s.rolled_back_median), days_text(s.rolled_back_80),
                       shown(s.harm_mean)});
        }
        table.print();
        print_line("");
        for (const Cell& cell : cells_) say(cell);
        if (rivals_.empty()) return ok();
        print_line("");
        print_line(
            "Other rules, one-sided at 5 %, on such traffic: an equal candidate taken for a "
            "better or a worse one, and the worse one found");
        TablePrinter others(
            {"REGIME", "RULE", "EQUAL: AS BETTER", "AS WORSE", "WORSE: FOUND", "HALF BY REQUESTS"});
        for (const RivalRow& row : rivals_)
            others.add({row.regime, row.rule, percent(row.better.share), percent(row.worse.share),
                        percent(row.found.share), days_text(row.found_median)});
        others.print();
        return ok();
    }

    void print_head() const {
        if (!flags_.traffic.empty()) {
            print_line("Recorded: " + grouped(recorded_rows_) + " rows of " +
                       counted(recorded_days_, "day") + ", mean gain " + shown(recorded_gain_) +
                       "; days drawn anew, " + grouped(flags_.runs) + " runs each, seed " +
                       std::to_string(flags_.seed));
            return;
        }
        std::string line = grouped(base_.rows_per_day) + " requests a day, base rate " +
                           shown(base_.base_rate) + ", labels " +
                           counted(setting_.label_days, "day") + " late; better by " +
                           shown(effect_) + ", worse by " + shown(worse_);
        if (policy_.rollout.paired)
            line += base_.spread > 0 ? ", deviation of a row's difference " + shown(base_.spread)
                                     : ", models differ on " + percent(base_.discordance);
        print_line(line + "; " + grouped(flags_.runs) + " runs each, seed " +
                   std::to_string(flags_.seed));
    }

    void say(const Cell& cell) const {
        const Summary& s = cell.summary;
        const auto verdict = [](const simulate::Share& share, const std::optional<double>& level) {
            if (!level) return std::string(", of which the policy states nothing");
            return ", " + percent(*level) +
                   " at most is stated: " + (share.above(*level) ? "NOT SO" : "holds");
        };
        const auto reached = [](const char* what, double days) {
            return std::isfinite(days) ? what + days_text(days) : std::string();
        };
        if (cell.candidate.starts_with("equal")) {
            const std::string who = cell.candidate == "equal by days"
                                        ? "a candidate with as many good as bad days"
                                        : "an equally good candidate";
            print_line(cell.regime + ": " + who + " is promoted in " + in_words(s.promoted) +
                       verdict(s.promoted, cell.promote_level));
            print_line(cell.regime + ": " + who + " is rolled back in " + in_words(s.rolled_back) +
                       verdict(s.rolled_back, cell.roll_back_level));
        } else if (cell.candidate == "worse") {
            print_line(cell.regime + ": a candidate worse by " + shown(worse_) +
                       " is rolled back in " + in_words(s.rolled_back) +
                       reached(", half of the runs by day ", s.rolled_back_median) + ", after " +
                       shown(s.harm_mean) +
                       " errors above the champion's (80 % of the runs: at most " +
                       shown(s.harm_80) + ")");
        } else {
            print_line(cell.regime + ": " +
                       (cell.candidate == "better" ? "a candidate better by " + shown(effect_)
                                                   : std::string("the candidate as recorded")) +
                       " is promoted in " + in_words(s.promoted) +
                       reached(", half of the runs by day ", s.promoted_median) +
                       reached(", 80 % by day ", s.promoted_80));
        }
    }

    Status print_tree() const {
        Value::List cells, others;
        for (const Cell& cell : cells_) {
            TRY_ASSIGN(Value summary, tree_of(cell.summary));
            Value::Object object{{"regime", cell.regime}, {"candidate", cell.candidate}};
            for (const auto& [name, value] : summary.object()) object.emplace_back(name, value);
            if (cell.promote_level) object.emplace_back("promote_level", *cell.promote_level);
            if (cell.roll_back_level) object.emplace_back("roll_back_level", *cell.roll_back_level);
            object.emplace_back("refuted", cell.refuted());
            cells.push_back(std::move(object));
        }
        for (const RivalRow& row : rivals_) {
            TRY_ASSIGN(Value better, tree_of(row.better));
            TRY_ASSIGN(Value worse, tree_of(row.worse));
            TRY_ASSIGN(Value found, tree_of(row.found));
            others.push_back(Value::Object{{"regime", row.regime},
                                           {"rule", row.rule},
                                           {"better", std::move(better)},
                                           {"worse", std::move(worse)},
                                           {"found", std::move(found)},
                                           {"found_median", row.found_median}});
        }
        print_json(Value::Object{{"runs", flags_.runs},
                                 {"seed", flags_.seed},
                                 {"cells", std::move(cells)},
                                 {"rivals", std::move(others)}});
        return ok();
    }

    const Flags flags_;
    const bool json_;
    PolicyFile policy_;
    simulate::Setting setting_;
    Traffic base_;
    double effect_ = 0, worse_ = 0;
    int threads_ = 1;
    std::vector<double> rates_;
    std::vector<Cell> cells_;
    std::vector<RivalRow> rivals_;
    int64_t recorded_rows_ = 0, recorded_days_ = 0;
    double recorded_gain_ = 0;
};

}  // namespace

void add_simulate(Noun& rollout) {
    const auto flags = std::make_shared<Flags>();
    Verb simulate = rollout.local_verb("simulate", "Play a policy many times before it runs",
                                       [flags](const Common& common) {
                                           return usage_code(Simulation(*flags, common.json).run());
                                       });
    simulate.positional("policy", flags->policy, "Policy, or its rollout alone (YAML)").required();
    simulate.option(
        "--traffic", flags->traffic,
        "Recorded traffic (Parquet or CSV, also .gz, .zst) instead of made regimes: event "
        "time, unit, label, champion, candidate");
    simulate.option("--regime", flags->regimes, "Only this regime; may be repeated");
    simulate.option("--runs", flags->runs, "Runs of each kind");
    simulate.option("--seed", flags->seed, kSeedHelp);
    flags->made.add_to(simulate, "Standard deviation of a row's Brier difference; 0.06");
    simulate.option("--effect", flags->effect,
                    "By how much the better candidate is better; a fifth of the base rate");
    simulate.option("--worse", flags->worse,
                    "By how much the worse candidate is worse; the base rate");
    simulate.option("--shock", flags->shock,
                    "How far a day moves the difference; half of what rows differ by");
    simulate.option("--label-days", flags->label_days, "Days until a day's labels are judged");
    simulate.option("--threads", flags->threads, "Threads; all cores");
    simulate.option("--only-equal", flags->only_equal, "Only the equally good candidate");
    simulate.option("--only-rivals", flags->only_rivals, "Only other rules");
    simulate.option("--rivals", flags->rivals, "Other rules on the same traffic, for comparison");
}

}  // namespace rondo::app::cli
