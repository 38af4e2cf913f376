// rondo rollout plan: how long each design takes, before it starts.
#include "domain/simulate/plan.h"
#include "app/cli/commands.h"
#include "app/cli/studies.h"
#include "base/text.h"

namespace rondo::app::cli {
namespace {

using json::Value;

struct Flags {
    std::string policy;
    TrafficFlags traffic = {.rows_per_day = 0};
    int64_t runs = 500, seed = 1, horizon = 0;
    double effect = 0, share = 0, alpha = 0.05, power = 0.8, clip = 0;
    bool not_paired = false;
};

Result<simulate::PlanSpec> spec_of(const Flags& flags) {
    simulate::PlanSpec spec;
    spec.alpha = flags.alpha;
    if (!flags.policy.empty()) {
        TRY_ASSIGN(const PolicyFile policy, read_policy(flags.policy));
        const rollout::StageSpec& last = policy.rollout.stages.back();
        spec.share = last.share;
        spec.clip = policy.rollout.clip;
        spec.paired = policy.rollout.paired;
        spec.min_days = last.promote.min_days;
        spec.alpha = 1 / last.promote.evidence;
        spec.horizon = std::chrono::floor<std::chrono::days>(last.horizon).count();
        if (spec.share >= 1) spec.share = 0.05;  // of a canary beside the shadow
    }
    if (flags.share != 0) spec.share = flags.share;
    if (flags.clip != 0) spec.clip = flags.clip;
    if (flags.horizon != 0) spec.horizon = flags.horizon;
    spec.paired = spec.paired && !flags.not_paired;
    spec.power = flags.power;
    spec.runs = flags.runs;
    spec.seed = static_cast<uint64_t>(flags.seed);
    spec.traffic = flags.traffic.traffic();
    spec.traffic.gain = flags.effect;
    spec.traffic.spread = flags.traffic.deviation;
    TRY(simulate::check(spec));
    return spec;
}

Result<int> make_plan(const Flags& flags, bool json) {
    TRY_ASSIGN(const auto spec, spec_of(flags));
    std::optional<Progress> progress(std::in_place, "simulating", runs_of(spec), "runs");
    TRY_ASSIGN(const auto plan,
               simulate::plan(spec, all_threads(), [&](uint64_t done) { progress->add(done); }));
    progress.reset();
    if (json) {
        TRY_ASSIGN(Value::List designs, trees_of(plan.designs));
        Value::List words;
        for (const std::string& line : plan.words) words.emplace_back(line);
        print_json(Value::Object{{"limit_days", plan.limit_days},
                                 {"designs", std::move(designs)},
                                 {"words", std::move(words)}});
        return 0;
    }
    const simulate::Traffic& t = spec.traffic;
    print_line("To find a gain of " + shown(t.gain) + " on " + grouped(t.rows_per_day) +
               " requests a day (base rate " + shown(t.base_rate) + "), error " +
               percent(spec.alpha) + ", power " + percent(spec.power) + ", horizon " +
               counted(spec.horizon, "day"));
    TablePrinter table({"DESIGN", "FORMULA: REQUESTS", "DAYS 50 %", percent(spec.power),
                        "SIMULATED: DAYS 50 %", percent(spec.power), "WITHIN HORIZON"});
    for (const auto& d : plan.designs)
        table.add({d.name,
                   d.closed_rows < 1e15 ? grouped(static_cast<int64_t>(d.closed_rows + 0.5)) : "-",
                   days_text(d.closed_median_days), days_text(d.closed_days),
                   days_text(d.median_days), days_text(d.days_80), percent(d.within.share)});
    table.print();
    print_line("");
    for (const std::string& line : plan.words) print_line(line);
    return 0;
}

}  // namespace

void add_plan(Noun& rollout) {
    const auto flags = std::make_shared<Flags>();
    Verb plan = rollout.local_verb(
        "plan", "How long each design of a rollout takes",
        [flags](const Common& common) { return usage_code(make_plan(*flags, common.json)); });
    flags->traffic
        .add_to(plan,
                "Standard deviation of a row's difference of loss; without it losses are errors")
        .required();
    plan.option("--effect", flags->effect, "Gain to find: in errors, or in loss for pairs")
        .required();
    plan.option("--policy", flags->policy,
                "Takes split, clip, horizon and evidence from it (YAML)");
    plan.option("--share", flags->share, "Share of the candidate; 0.05");
    plan.option("--clip", flags->clip, "Largest daily difference that counts; 0.05");
    plan.option("--horizon", flags->horizon, "Days; 42");
    plan.option("--alpha", flags->alpha, "One-sided error rate");
    plan.option("--power", flags->power, "Share of the runs that have to find it");
    plan.option("--runs", flags->runs, "Simulated runs of each stream");
    plan.option("--seed", flags->seed, kSeedHelp);
    plan.option("--no-pairs", flags->not_paired,
                "Both models may not score one row: the outcome depends on the answer");
}

}  // namespace rondo::app::cli
