#include "domain/rollout/course.h"

#include <cmath>

#include "domain/experiment/service.h"

namespace rondo::rollout {
namespace {

using experiment::Outcome;
using serving::RouteMode;
using serving::Share;

Status check_stage(const RolloutSpec& spec, const StageSpec& stage, const std::string& where) {
    if (stage.mode != RouteMode::canary && stage.mode != RouteMode::shadow)
        return fail(Code::invalid, where + ".mode has to be shadow or canary", where);
    if (!to_share(stage.share))
        return fail(Code::invalid, where + ".share has to be in (0, 1], in steps of 0.0001", where);
    if (stage.mode == RouteMode::canary && stage.share > 0.5)
        return fail(Code::invalid, where + ".share of a canary is at most 0.5", where);
    if (stage.mode == RouteMode::shadow && !spec.paired)
        return fail(Code::invalid,
                    where +
                        ": a shadow stage lets both models score the same rows; say paired: "
                        "true, and outcome_independent_of_answer: true if that is so",
                    where);
    return ok();
}

}  // namespace

std::optional<Share> to_share(double share) {
    const double scaled = share * predictions::kWhole;
    const double whole = std::round(scaled);
    if (!(share > 0 && share <= 1) || std::abs(scaled - whole) > 1e-6) return std::nullopt;
    return static_cast<Share>(whole);
}

Status check(const RolloutSpec& spec) {
    if (spec.paired && !spec.outcome_independent_of_answer)
        return fail(Code::invalid,
                    "pairing is refused: comparing both models on one row is right only when the "
                    "outcome does not depend on the answer that was given; declare "
                    "outcome_independent_of_answer: true if that is so",
                    "rollout.paired");
    if (spec.stages.empty() || spec.stages.size() > 20)
        return fail(Code::invalid, "a rollout has 1 to 20 stages", "rollout.stages");
    for (size_t i = 0; i < spec.stages.size(); ++i)
        TRY(check_stage(spec, spec.stages[i], "rollout.stages[" + std::to_string(i) + "]"));
    if (spec.watch && !to_share(spec.watch->share))
        return fail(Code::invalid, "rollout.watch.share has to be in (0, 1]", "rollout.watch");
    if (spec.watch && !spec.paired)
        return fail(Code::invalid,
                    "a watch compares with the old champion on the same rows: it "
                    "needs paired: true",
                    "rollout.watch");
    const SafetySpec& safety = spec.safety;
    if (!(safety.max_failed_share > 0 && safety.max_failed_share < 1) ||
        !(safety.max_slow_share > 0 && safety.max_slow_share < 1) || safety.min_requests < 1)
        return fail(Code::invalid, "hard trips need shares in (0, 1) and at least one request",
                    "rollout.safety");
    Rollout probe;
    probe.spec = spec;
    return experiment::check(rules_of(probe, 0));
}

experiment::Rules rules_of(const Rollout& rollout, double min_coverage) {
    const StageSpec& stage = rollout.stage_spec();
    experiment::Rules rules;
    rules.loss = rollout.spec.loss;
    rules.paired = rollout.spec.paired;
    rules.clip = rollout.spec.clip;
    rules.promote_evidence = stage.promote.evidence;
    rules.min_days = stage.promote.min_days;
    rules.min_rows = stage.promote.min_rows;
    rules.safety_alpha = rollout.spec.safety.alpha;
    rules.horizon = stage.horizon;
    rules.min_coverage = min_coverage;
    return rules;
}

experiment::Verdict judge(const Rollout& rollout, double min_coverage, Time tick) {
    const auto rules = rules_of(rollout, min_coverage);
    const Micros running = tick - rollout.stage_since;
    if (rollout.state == State::watching)
        return experiment::judge_watch(rollout.evidence, rules, running, rollout.spec.watch->time);
    return experiment::judge_trial(rollout.evidence, rules, running);
}

Step advance(Rollout& rollout, const experiment::Verdict& verdict, Time tick) {
    const auto close = [&](Ending ending) {
        rollout.state = State::closed;
        rollout.ending = ending;
        rollout.ended = tick;
    };
    switch (verdict.outcome) {
        case Outcome::go_on:
            return Step::stay;
        case Outcome::roll_back:
            close(Ending::rolled_back);
            return Step::ended;
        case Outcome::inconclusive:
            close(Ending::inconclusive);
            return Step::ended;
        case Outcome::promote:
            break;
    }
    if (rollout.state == State::watching) {
        close(Ending::promoted);
        return Step::promoted;
    }
    rollout.stage_since = tick;
    if (rollout.stage + 1 < static_cast<int64_t>(rollout.spec.stages.size())) {
        ++rollout.stage;
        // Another share is another comparison: its evidence starts anew. Units that have entered
        // before stay out, because their arm is no longer random.
        rollout.evidence = {};
        return Step::next_stage;
    }
    if (rollout.spec.watch) {
        rollout.state = State::watching;
        rollout.evidence = {};
        return Step::watch;
    }
    close(Ending::promoted);
    return Step::promoted;
}

}  // namespace rondo::rollout
