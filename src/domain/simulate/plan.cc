#include "domain/simulate/plan.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/text.h"
#include "domain/stats/betting.h"
#include "domain/stats/distributions.h"
#include "domain/stats/sequential/group_sequential.h"

namespace rondo::simulate {
namespace {

constexpr double kMaxRows = 4'000'000;  // a run
constexpr double kMaxDays = 3650;
// How many fixed tests long the evidence takes to half and to four fifths of its decisions, as
// simulations found (between 1.1 and 1.3, and 2.1 and 2.3).
constexpr double kHalf = 1.2, kFourFifths = 2.2;

struct Days {
    double half = 0, most = 0;
};

// A stream that is simulated once for the designs that run on it.
struct Stream {
    bool pairs = false;
    double share = 0;
    double fixed_rows = 0, planned_rows = 0;  // sizes of the rules that have one
};

struct Wanted {
    Design design;
    size_t stream;
    double (*decided)(const Decided&);
};

double variance_of_difference(const Traffic& t) {
    const double g = t.gain;
    if (t.spread > 0) return t.spread * t.spread;
    return std::max(t.discordance, std::abs(g)) - g * g;
}

class Planner {
  public:
    explicit Planner(const PlanSpec& spec) : spec_(spec), t_(spec.traffic) {}

    Result<Plan> make(int threads, const Done& done) {
        TRY(check(spec_));
        TRY(name_designs());
        simulate_days();
        for (size_t i = 0; i < streams_.size(); ++i) TRY(run(i, threads, done));
        for (Wanted& wanted : wanted_) plan_.designs.push_back(std::move(wanted.design));
        say();
        return std::move(plan_);
    }

  private:
    // Rows of a fixed size, and of evidence by rows that takes some times as long.
    Days in_days(double rows) const {
        const double days = rows / static_cast<double>(t_.rows_per_day);
        return {days, days};
    }
    Days of_evidence(double fixed) const {
        const double days = fixed / static_cast<double>(t_.rows_per_day);
        return {kHalf * days, kFourFifths * days};
    }

    Status name_designs() {
        const double p = t_.base_rate, q = p - t_.gain;
        const double fixed =
            fixed_rows(spec_.alpha, spec_.power, q * (1 - q), p * (1 - p), spec_.share, t_.gain);
        TRY_ASSIGN(const double inflation, planned_inflation(spec_.alpha, spec_.power));
        const auto name = [&](const char* text) { return std::string(text) + percent(); };
        streams_.push_back({false, spec_.share, fixed, fixed * inflation});
        add(name("two arms, fixed size"), "the rates are equal, once, at the end", in_days(fixed),
            [](const Decided& d) { return d.rivals.fixed; });
        add(name("two arms, 14 planned looks"), "the rates are equal, at 14 looks",
            in_days(fixed * inflation), [](const Decided& d) { return d.rivals.group_sequential; });
        add(name("two arms, errors by unit"), "at every time it fails at least as often",
            of_evidence(fixed), [](const Decided& d) { return d.units; });
        if (!spec_.paired) return ok();
        add_pairs(spec_.share, "pairs" + percent());
        if (spec_.share < 1) add_pairs(1, "shadow on all");
        return ok();
    }

    std::string percent() const { return " at " + shown(100 * spec_.share) + " %"; }

    void add_pairs(double share, const std::string& where) {
        const double variance = variance_of_difference(t_);
        const double pairs = fixed_pairs(spec_.alpha, spec_.power, variance, t_.gain);
        const double a_day = share * static_cast<double>(t_.rows_per_day);
        const double mean = std::min(1.0, t_.gain / spec_.clip);
        const double noise = variance / a_day / (spec_.clip * spec_.clip);
        const auto days = [&](double power) {
            return std::max(block_days(spec_.alpha, power, mean, noise),
                            static_cast<double>(spec_.min_days));
        };
        streams_.push_back({true, share, pairs / share, pairs / share});
        add(where + ", fixed size", "the mean difference is 0, once, at the end",
            in_days(pairs / share), [](const Decided& d) { return d.rivals.fixed; });
        add(where + ", by rows", "at every time it is at least as bad", of_evidence(pairs / share),
            [](const Decided& d) { return d.rows; });
        add(where + ", by days", "each day, given the past, it is at least as bad on average",
            {days(0.5), days(spec_.power)}, [](const Decided& d) { return d.blocks; });
    }

    void add(std::string name, std::string rejects, Days days, double (*decided)(const Decided&)) {
        Design design;
        design.name = std::move(name);
        design.rejects = std::move(rejects);
        design.closed_median_days = days.half;
        design.closed_days = days.most;
        design.closed_rows = days.most * static_cast<double>(t_.rows_per_day);
        wanted_.push_back({std::move(design), streams_.size() - 1, decided});
    }

    // As long as the slowest design is expected to take, within reason.
    void simulate_days() {
        double days = static_cast<double>(spec_.horizon);
        for (const Wanted& wanted : wanted_) {
            if (std::isfinite(wanted.design.closed_days))
                days = std::max(days, 1.5 * wanted.design.closed_days);
        }
        const double most = std::max(static_cast<double>(spec_.horizon),
                                     std::floor(kMaxRows / static_cast<double>(t_.rows_per_day)));
        plan_.limit_days = std::ceil(std::min({days, most, kMaxDays}));
    }

    Status run(size_t stream, int threads, const Done& done) {
        RaceSpec race;
        race.traffic = t_;
        race.traffic.days = static_cast<int64_t>(plan_.limit_days);
        race.share = streams_[stream].share;
        race.direction = stats::Direction::better;
        race.clip = spec_.clip;
        race.min_days = spec_.min_days;
        const double rows = plan_.limit_days * static_cast<double>(t_.rows_per_day);
        race.every = std::clamp(static_cast<int64_t>(rows / 10'000), int64_t{10}, int64_t{1000});
        race.rows = static_cast<int64_t>(rows);
        std::vector<Decided> decided(static_cast<size_t>(spec_.runs));
        TRY_ASSIGN(RivalPlan plan, rival_plan(spec_.alpha, streams_[stream].planned_rows));
        plan.fixed_rows = streams_[stream].fixed_rows;
        for_each_run(
            spec_.runs, threads,
            [&](int64_t i) {
                const Draw draw(spec_.seed, stream, static_cast<uint64_t>(i));
                decided[static_cast<size_t>(i)] = streams_[stream].pairs
                                                      ? race_pairs(race, plan, draw)
                                                      : race_arms(race, plan, {}, draw);
            },
            done);
        for (Wanted& wanted : wanted_) {
            if (wanted.stream == stream) fill(wanted, decided);
        }
        return ok();
    }

    void fill(Wanted& wanted, const std::vector<Decided>& decided) const {
        std::vector<double> days;
        int64_t within = 0;
        for (const Decided& one : decided) {
            const double rows = wanted.decided(one);
            if (rows == 0) continue;
            days.push_back(rows / static_cast<double>(t_.rows_per_day));
            within += days.back() <= static_cast<double>(spec_.horizon) ? 1 : 0;
        }
        Design& design = wanted.design;
        design.median_days = time_by(days, spec_.runs, 0.5);
        design.days_80 = time_by(days, spec_.runs, spec_.power);
        design.within = share_of(within, spec_.runs);
        // Tests of a fixed size are made for just this share: chance may leave them below it.
        if (std::isnan(design.days_80) &&
            share_of(static_cast<int64_t>(days.size()), spec_.runs).upper >= spec_.power)
            design.days_80 = std::ranges::max(days);
    }

    void say() {
        const std::string horizon = counted(spec_.horizon, "day");
        const Design* best = nullptr;
        for (const Design& design : plan_.designs) {
            const bool reached = design.days_80 <= static_cast<double>(spec_.horizon);
            if (reached) {
                if (best == nullptr || design.days_80 < best->days_80) best = &design;
                continue;
            }
            std::string needs = std::isfinite(design.days_80)
                                    ? shown(100 * spec_.power) + " % of the runs need " +
                                          shown(design.days_80) + " days"
                                    : "not found within " + shown(plan_.limit_days) + " days";
            plan_.words.push_back(design.name + ": a gain of " + shown(t_.gain) +
                                  " is out of reach of the horizon of " + horizon + " (" +
                                  shown(100 * design.within.share) + " % of the runs; " + needs +
                                  ")");
        }
        if (best == nullptr)
            plan_.words.push_back("no design finds a gain of " + shown(t_.gain) + " within " +
                                  horizon + ": give it more traffic, more days, or let it go");
        else
            plan_.words.push_back("the fastest within the horizon: " + best->name + ", " +
                                  shown(100 * spec_.power) + " % by day " +
                                  shown(std::ceil(best->days_80)));
    }

    const PlanSpec& spec_;
    const Traffic& t_;
    std::vector<Stream> streams_;
    std::vector<Wanted> wanted_;
    Plan plan_;
};

}  // namespace

Status check(const PlanSpec& spec) {
    if (!(spec.traffic.gain > 0))
        return fail(Code::invalid, "the effect to detect has to be above 0", "effect");
    TRY(check(spec.traffic));
    if (!(spec.share > 0 && spec.share < 1))
        return fail(Code::invalid, "the share has to be between 0 and 1", "share");
    if (!(spec.alpha > 0 && spec.alpha < 0.5))
        return fail(Code::invalid, "alpha has to be between 0 and 0.5", "alpha");
    if (!(spec.power >= 0.5 && spec.power < 1))
        return fail(Code::invalid, "the power has to be 0.5 to below 1", "power");
    if (!(spec.clip > 0 && spec.clip <= 1))
        return fail(Code::invalid, "the clip has to be in (0, 1]", "clip");
    if (spec.horizon < 1 || spec.horizon > 3660)
        return fail(Code::invalid, "the horizon has to be 1 to 3,660 days", "horizon");
    if (spec.runs < 20 || spec.runs > 100'000)
        return fail(Code::invalid, "the number of runs has to be 20 to 100,000", "runs");
    return ok();
}

double fixed_rows(double alpha, double power, double candidate_variance, double champion_variance,
                  double share, double effect) {
    const double z = stats::normal_ppf(1 - alpha) + stats::normal_ppf(power);
    return z * z * (candidate_variance / share + champion_variance / (1 - share)) /
           (effect * effect);
}

double fixed_pairs(double alpha, double power, double variance, double effect) {
    const double z = stats::normal_ppf(1 - alpha) + stats::normal_ppf(power);
    return z * z * variance / (effect * effect);
}

Result<double> planned_inflation(double alpha, double power) {
    std::vector<double> fractions;
    for (int i = 1; i <= kPlannedLooks; ++i)
        fractions.push_back(static_cast<double>(i) / kPlannedLooks);
    TRY_ASSIGN(const RivalPlan plan, rival_plan(alpha, 1));
    const double fixed = stats::normal_ppf(1 - alpha) + stats::normal_ppf(power);
    double low = fixed, high = fixed * 1.2;  // of z's mean at full size; 14 looks cost below 1.1
    for (int i = 0; i < 12; ++i) {
        const double middle = (low + high) / 2;
        TRY_ASSIGN(const double reached,
                   stats::crossing_probability(fractions, plan.bounds, stats::Sides::one, middle));
        (reached < power ? low : high) = middle;
    }
    return (high / fixed) * (high / fixed);
}

double block_days(double alpha, double power, double mean, double variance) {
    const double goal = std::log(static_cast<double>(stats::kStakes.size()) / alpha);
    const double z = stats::normal_ppf(power);
    double days = std::numeric_limits<double>::infinity();
    for (const double stake : stats::kStakes) {
        // E ln(1 + s x) to the second order; its deviation to the first.
        const double growth = stake * mean - stake * stake * (variance + mean * mean) / 2;
        if (growth <= 0) continue;
        const double wobble = z * stake * std::sqrt(variance);
        // n growth - z deviation sqrt(n) = goal
        const double root =
            (wobble + std::sqrt(wobble * wobble + 4 * growth * goal)) / (2 * growth);
        days = std::min(days, root * root);
    }
    return days;
}

uint64_t runs_of(const PlanSpec& spec) {
    return static_cast<uint64_t>(spec.runs) * (spec.paired ? 3 : 1);
}

Result<Plan> plan(const PlanSpec& spec, int threads, const Done& done) {
    return Planner(spec).make(threads, done);
}

}  // namespace rondo::simulate
