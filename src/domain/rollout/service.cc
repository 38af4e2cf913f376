#include "domain/rollout/service.h"

#include "base/check.h"
#include "domain/rollout/store.h"
#include "domain/serving/store.h"

namespace rondo::rollout {
namespace {

using serving::RouteMode;
using serving::Share;

}  // namespace

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
    const bool watched = rollout.state == State::watching;
    switch (advance(rollout, verdict, tick)) {
        case Step::stay:
            break;
        case Step::next_stage:
            TRY(add_route(tx, rollout, rollout.stage_spec().mode, tick));
            break;
        case Step::watch:
            TRY(set_champion_(tx, endpoint, rollout.candidate));
            TRY(add_route(tx, rollout, RouteMode::watch, tick));
            break;
        case Step::promoted:
            if (!watched) TRY(set_champion_(tx, endpoint, rollout.candidate));
            TRY(add_route(tx, rollout, RouteMode::single, tick));
            break;
        case Step::ended:
            if (watched) TRY(set_champion_(tx, endpoint, rollout.champion));
            TRY(add_route(tx, rollout, RouteMode::single, tick));
            break;
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
