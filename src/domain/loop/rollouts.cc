#include "domain/loop/rollouts.h"

#include "base/text.h"
#include "domain/loop/store.h"
#include "domain/rollout/store.h"
#include "domain/serving/store.h"
#include "platform/json/value.h"

namespace rondo::loop {
namespace {

using json::Value;

std::string_view name_of(serving::RouteMode mode) {
    for (const auto& [value, name] : json::enum_names<serving::RouteMode>) {
        if (value == mode) return name;
    }
    return "";
}

}  // namespace

Result<rollout::Rollout> start_rollout(const Parts& parts, store::Tx& tx,
                                       const serving::EndpointRow& endpoint, RolloutStart start) {
    TRY_ASSIGN(auto started,
               parts.rollouts.start(tx, endpoint, std::move(start.spec), start.champion,
                                    start.candidate, start.from, start.cause, start.origin));
    const rollout::StageSpec& stage = started.stage_spec();
    TRY_ASSIGN(const int64_t event,
               announce(parts, tx, endpoint, "rollout.started", start.from, start.cause,
                        Value(Value::Object{{"rollout", started.id},
                                            {"champion", int64_t{started.champion}},
                                            {"candidate", int64_t{started.candidate}},
                                            {"mode", name_of(stage.mode)},
                                            {"share", stage.share},
                                            {"origin", start.origin}})
                            .dump()));
    TRY(rollout::sql::set_cause(tx, started.id, event));
    started.cause = event;
    return started;
}

Result<rollout::Rollout> end_rollout(const Parts& parts, store::Tx& tx,
                                     const serving::EndpointRow& endpoint, rollout::Ending ending,
                                     Time from, const std::string& reason) {
    TRY_ASSIGN(auto open, rollout::sql::find_open(tx, endpoint.id));
    if (!open)
        return fail(Code::not_found,
                    "endpoint " + quoted(endpoint.spec.name) + " has no rollout under way");
    const rollout::Rollout before = *open;
    TRY_ASSIGN(const auto after, parts.rollouts.end(tx, endpoint, std::move(*open), ending, from));
    const bool tripped = ending == rollout::Ending::rolled_back;
    Record r;
    r.event = tripped ? "rollout.tripped" : "rollout.aborted";
    r.decision = tripped ? "tripped" : "aborted";
    r.tick = from;
    r.cause = before.cause;
    r.data = Value(Value::Object{{"rollout", before.id},
                                 {"champion", int64_t{before.champion}},
                                 {"candidate", int64_t{before.candidate}},
                                 {"reason", reason}})
                 .dump();
    r.evidence = r.data;
    r.inputs.rollout_id = before.id;
    r.inputs.stage = before.stage;
    r.inputs.policy.text = json::write(before.spec);
    TRY_ASSIGN(const int64_t event, record(parts, tx, endpoint, std::move(r)));
    TRY_ASSIGN(auto open_case, sql::find_case_of_rollout(tx, before.id));
    if (open_case) {
        open_case->cause = event;
        open_case->state = CaseState::closed;
        open_case->outcome = tripped ? "rolled_back" : "aborted";
        open_case->ended = from;
        TRY(sql::update_case(tx, *open_case));
    }
    return after;
}

Status arm_trips(const Parts& parts, serving::Endpoint& endpoint) {
    TRY_ASSIGN(const auto open, parts.db.read_now([&](store::Tx& tx) {
        return rollout::sql::find_open(tx, endpoint.row().id);
    }));
    if (!open || open->state != rollout::State::running) {
        endpoint.count_trips(nullptr);
        return ok();
    }
    const auto current = endpoint.trip_counts();
    if (current && current->rollout_id == open->id) return ok();
    auto counts = std::make_shared<serving::TripCounts>();
    const rollout::SafetySpec& safety = open->spec.safety;
    counts->rollout_id = open->id;
    counts->min_requests = safety.min_requests;
    counts->max_failed_share = safety.max_failed_share;
    counts->max_slow_share = safety.max_slow_share;
    if (safety.slow_above) counts->slow_above_us = safety.slow_above->count();
    endpoint.count_trips(std::move(counts));
    return ok();
}

}  // namespace rondo::loop
