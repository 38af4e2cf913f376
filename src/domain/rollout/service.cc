#include "domain/rollout/service.h"

#include <cmath>

#include "base/check.h"
#include "domain/experiment/service.h"
#include "domain/rollout/store.h"
#include "domain/serving/store.h"

namespace rondo::rollout {
namespace {

using experiment::Outcome;
using serving::RouteMode;
using serving::Share;

// Shares are kept in ten-thousandths.
std::optional<Share> to_share(double share) {
    const double scaled = share * predictions::kWhole;
    const double whole = std::round(scaled);
    if (!(share > 0 && share <= 1) || std::abs(scaled - whole) > 1e-6) return std::nullopt;
    return static_cast<Share>(whole);
}

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

Status Service::add_route(store::Tx& tx, const Rollout& rollout, RouteMode mode, Time from) const {
    serving::Route route;
    route.effective = from;
    route.mode = mode;
    route.champion = rollout.champion;
    route.rollout_id = rollout.id;
    const StageSpec& stage = rollout.stage_spec();
    switch (mode) {
        case RouteMode::single:
            break;
        case RouteMode::shadow:
            route.candidate = rollout.candidate;
            route.scored_by_both = *to_share(stage.share);
            break;
        case RouteMode::canary:
            route.candidate = rollout.candidate;
            route.share = *to_share(stage.share);
            route.scored_by_both = rollout.spec.paired ? route.share : Share{0};
            break;
        case RouteMode::watch:
            route.champion = rollout.candidate;
            route.candidate = rollout.champion;
            route.scored_by_both = *to_share(rollout.spec.watch->share);
            break;
    }
    if (mode == RouteMode::single && rollout.ending == Ending::promoted)
        route.champion = rollout.candidate;
    TRY(serving::sql::add_route(tx, rollout.endpoint_id, route));
    return ok();
}

Result<Rollout> Service::store(store::Tx& tx, Rollout rollout) const {
    TRY_ASSIGN(const bool stored, sql::update(tx, rollout));
    if (!stored) return fail(Code::conflict, "the rollout was moved by someone else");
    ++rollout.ver;
    return rollout;
}

Result<Rollout> Service::start(store::Tx& tx, const serving::EndpointRow& endpoint,
                               RolloutSpec spec, int32_t champion, int32_t candidate, Time from,
                               std::optional<int64_t> cause, const std::string& origin) const {
    TRY(check(spec));
    if (champion == candidate)
        return fail(Code::invalid,
                    "version " + std::to_string(candidate) + " is the champion already", "version");
    Rollout rollout;
    rollout.endpoint_id = endpoint.id;
    rollout.spec = std::move(spec);
    rollout.champion = champion;
    rollout.candidate = candidate;
    rollout.stage_since = from;
    rollout.started = from;
    rollout.cause = cause;
    rollout.origin = origin;
    TRY_ASSIGN(rollout.id, sql::insert(tx, rollout));
    TRY(add_route(tx, rollout, rollout.stage_spec().mode, from));
    return rollout;
}

Result<std::set<int64_t>> Service::evidence_routes(store::Tx& tx, const Rollout& rollout) const {
    TRY_ASSIGN(const auto routes, sql::routes_of(tx, rollout.endpoint_id, rollout.id));
    std::set<int64_t> numbers;
    for (const auto& route : routes) {
        if (route.effective >= rollout.stage_since && route.mode != RouteMode::single)
            numbers.insert(route.number);
    }
    return numbers;
}

Result<Rollout> Service::act(store::Tx& tx, const serving::EndpointRow& endpoint, Rollout rollout,
                             const experiment::Verdict& verdict, Time tick) const {
    switch (verdict.outcome) {
        case Outcome::go_on:
            return store(tx, std::move(rollout));
        case Outcome::roll_back:
            return end(tx, endpoint, std::move(rollout), Ending::rolled_back, tick);
        case Outcome::inconclusive:
            return end(tx, endpoint, std::move(rollout), Ending::inconclusive, tick);
        case Outcome::promote:
            break;
    }
    const bool last_stage = rollout.stage + 1 == static_cast<int64_t>(rollout.spec.stages.size());
    if (rollout.state == State::watching) {
        rollout.state = State::closed;
        rollout.ending = Ending::promoted;
        rollout.ended = tick;
        TRY(add_route(tx, rollout, RouteMode::single, tick));
    } else if (!last_stage) {
        ++rollout.stage;
        rollout.stage_since = tick;
        // Another share is another comparison: its evidence starts anew. Units that have entered
        // before stay out, because their arm is no longer random.
        rollout.evidence = {};
        TRY(add_route(tx, rollout, rollout.stage_spec().mode, tick));
    } else {
        TRY(set_champion_(tx, endpoint, rollout.candidate));
        rollout.stage_since = tick;
        if (rollout.spec.watch) {
            rollout.state = State::watching;
            rollout.evidence = {};
            TRY(add_route(tx, rollout, RouteMode::watch, tick));
        } else {
            rollout.state = State::closed;
            rollout.ending = Ending::promoted;
            rollout.ended = tick;
            TRY(add_route(tx, rollout, RouteMode::single, tick));
        }
    }
    return store(tx, std::move(rollout));
}

Result<Rollout> Service::end(store::Tx& tx, const serving::EndpointRow& endpoint, Rollout rollout,
                             Ending ending, Time from) const {
    CHECK(ending != Ending::open && ending != Ending::promoted, "not an ending for this way out");
    if (rollout.state == State::watching) TRY(set_champion_(tx, endpoint, rollout.champion));
    rollout.state = State::closed;
    rollout.ending = ending;
    rollout.ended = from;
    TRY(add_route(tx, rollout, RouteMode::single, from));
    return store(tx, std::move(rollout));
}

}  // namespace rondo::rollout
