#include "domain/loop/tick.h"

#include <algorithm>

#include "base/log.h"
#include "domain/experiment/service.h"
#include "domain/loop/store.h"
#include "domain/loop/ticks.h"
#include "domain/monitor/service.h"
#include "domain/monitor/store.h"
#include "domain/rollout/store.h"
#include "domain/serving/store.h"
#include "platform/json/value.h"

namespace rondo::loop {
namespace {

using experiment::Outcome;
using json::Value;

// What a tick starts from. Stable while the tick runs: one thread decides for an endpoint.
struct Before {
    std::optional<Policy> policy;
    std::optional<serving::Route> route;
    std::optional<monitor::Reference> reference;  // of the champion
    std::optional<rollout::Rollout> rollout;
    std::set<int64_t> evidence_routes;
    std::optional<Case> open_case, latest_case;
    std::optional<Day> sealed;
};

class Tick {
  public:
    Tick(const Parts& parts, serving::Endpoint& endpoint, Time tick,
         const std::optional<predictions::Handover>& handed_over)
        : parts_(parts),
          endpoint_(endpoint),
          row_(endpoint.row()),
          tick_(tick),
          handed_over_(handed_over) {}

    Result<TickResult> run() {
        TRY_ASSIGN(before_, parts_.db.read_now([&](store::Tx& tx) { return read_before(tx); }));
        TRY(seal_days());
        TRY_ASSIGN(const TickResult result,
                   loop::decide(parts_, [&](store::Tx& tx) { return decide(tx); }));
        if (parts_.among_several()) return result;  // each server closes its own days (follower)
        for (const auto& day : sealed_) {
            if (Status dropped = endpoint_.log().drop_day(day.segment.day); !dropped)
                log::warning("sealed log stays", {{"error", dropped.error().message}});
        }
        return result;
    }

  private:
    Result<Before> read_before(store::Tx& tx) const {
        Before b;
        TRY_ASSIGN(b.policy, sql::find_policy(tx, row_.id));
        TRY_ASSIGN(b.route, serving::sql::latest_route(tx, row_.id));
        TRY_ASSIGN(b.rollout, rollout::sql::find_open(tx, row_.id));
        TRY_ASSIGN(b.open_case, sql::find_open_case(tx, row_.id));
        TRY_ASSIGN(b.latest_case, sql::latest_case(tx, row_.id));
        TRY_ASSIGN(b.sealed, predictions::sql::sealed_day(tx, row_.id));
        if (b.route) {
            TRY_ASSIGN(b.reference, monitor::sql::find_reference(tx, row_.id, b.route->champion));
        }
        if (b.rollout) {
            TRY_ASSIGN(b.evidence_routes, parts_.rollouts.evidence_routes(tx, *b.rollout));
        }
        return b;
    }

    // Stores the matured days as segments; the transaction only registers them.
    Status seal_days() {
        TRY(endpoint_.log().flush());
        const Day last = matured_day(row_.spec, tick_);
        // A day of labels that match nothing is sealed like any other: they have been waited for.
        TRY_ASSIGN(std::set<Day> days, parts_.db.read_now([&](store::Tx& tx) {
            return predictions::sql::days_of_labels(tx, row_.id, before_.sealed, last);
        }));
        if (parts_.among_several()) {
            TRY_ASSIGN(chunks_, parts_.db.read_now([&](store::Tx& tx) { return read_chunks(tx); }));
            for (const auto& chunk : chunks_) days.insert(chunk.day);
        } else {
            for (const Day day : endpoint_.log().open_days()) days.insert(day);
        }
        for (const Day day : days) {
            if (day > last || (before_.sealed && day <= *before_.sealed)) continue;
            TRY_ASSIGN(const auto labels, parts_.db.read_now([&](store::Tx& tx) {
                return predictions::sql::labels_between(tx, row_.id, Time{day},
                                                        Time{day + std::chrono::days{1}}, tick_);
            }));
            if (parts_.among_several()) {
                std::vector<predictions::Chunk> of_day;
                for (const auto& chunk : chunks_) {
                    if (chunk.day == day) of_day.push_back(chunk);
                }
                TRY_ASSIGN(auto joined,
                           parts_.predictions.seal_pieces(row_.id, day, of_day, labels));
                sealed_.push_back(std::move(joined.day));
                counts_.insert(counts_.end(), joined.counts.begin(), joined.counts.end());
            } else {
                TRY_ASSIGN(auto sealed,
                           parts_.predictions.seal(endpoint_.log(), row_.id, day, labels));
                sealed_.push_back(std::move(sealed));
            }
        }
        return ok();
    }

    Result<std::vector<predictions::Chunk>> read_chunks(store::Tx& tx) const {
        const Day first =
            before_.sealed ? *before_.sealed + std::chrono::days{1} : day_from_number(INT32_MIN);
        return predictions::sql::open_chunks(tx, row_.id, first, matured_day(row_.spec, tick_));
    }

    // What was sealed is all there is: no server died or came, and none has handed over more.
    Status still_complete(store::Tx& tx) const {
        TRY_ASSIGN(const std::string session, jobs::session(tx));
        TRY_ASSIGN(const auto clock, serving::sql::clock(tx, row_.id));
        const bool promised = row_.spec.clock == serving::Clock::arrival ||
                              clock.target(session).value_or(Time::min()) >= tick_;
        TRY_ASSIGN(const auto behind, predictions::sql::behind(tx, row_.id, *handed_over_));
        TRY_ASSIGN(const auto chunks, read_chunks(tx));
        if (promised && behind.empty() && chunks == chunks_) return ok();
        return fail(Code::unavailable, "another server came or went during the tick");
    }

    Result<TickResult> decide(store::Tx& tx) const {
        TickResult result;
        if (parts_.among_several()) TRY(still_complete(tx));
        for (const auto& day : sealed_) {
            TRY(predictions::sql::insert_segment(tx, day.segment, parts_.env.now()));
            if (parts_.among_several())
                TRY(predictions::sql::close_chunks(tx, row_.id, day.segment.day));
        }
        for (const auto& counts : counts_) TRY(predictions::sql::add_sealed(tx, row_.id, counts));
        if (before_.policy && before_.route) {
            TRY_ASSIGN(const auto window, watch_champion(tx));
            TRY_ASSIGN(result.routes_changed, advance_rollout(tx));
            TRY_ASSIGN(result.case_opened, open_case(tx, window));
        } else if (before_.rollout) {
            TRY_ASSIGN(result.routes_changed, advance_rollout(tx));
        }
        TRY(serving::sql::set_settled(tx, row_.id, tick_));
        return result;
    }

    // --- the champion -----------------------------------------------------------------------

    Result<std::optional<monitor::Window>> watch_champion(store::Tx& tx) const {
        if (!before_.reference) return std::nullopt;
        const monitor::MonitorSpec& spec = before_.policy->spec.monitor;
        const int32_t champion = before_.route->champion;
        for (const auto& day : sealed_) {
            const auto stats = monitor::fold_day(day, champion, spec, *before_.reference);
            TRY(monitor::sql::put_day(tx, row_.id, stats));
        }
        const Day last = matured_day(row_.spec, tick_);
        const Day first = last - std::chrono::days{monitor::window_days(spec) - 1};
        TRY_ASSIGN(auto days, monitor::sql::days_between(tx, row_.id, champion, first, last));
        TRY(refold_changed_levels(tx, spec, days));
        const auto window = monitor::judge(spec, *before_.reference, days, champion, last, tick_,
                                           row_.spec.min_label_coverage);
        TRY(monitor::sql::put_window(tx, row_.id, window));
        return window;
    }

    // Days were bet against the threshold of their time. When the policy has changed since, they
    // are folded again from their segments.
    Status refold_changed_levels(store::Tx& tx, const monitor::MonitorSpec& spec,
                                 std::vector<monitor::DayStats>& days) const {
        const double level = monitor::threshold_of(spec, *before_.reference);
        for (monitor::DayStats& day : days) {
            if (day.level == level) continue;
            TRY_ASSIGN(const auto segments,
                       predictions::sql::segments_between(tx, row_.id, day.day, day.day));
            if (segments.empty()) continue;
            TRY_ASSIGN(const auto sealed, parts_.predictions.read(segments.front()));
            day = monitor::fold_day(sealed, day.version, spec, *before_.reference);
            TRY(monitor::sql::put_day(tx, row_.id, day));
        }
        return ok();
    }

    Result<bool> open_case(store::Tx& tx, const std::optional<monitor::Window>& window) const {
        // A rollout under way is part of a case, or a person's: one thing at a time.
        if (before_.open_case || before_.rollout) return false;
        const RetrainSpec& retrain = before_.policy->spec.retrain;
        const std::optional<Case>& last = before_.latest_case;
        if (last && last->ended && tick_ < *last->ended + retrain.cooldown) return false;
        Case opened;
        opened.endpoint_id = row_.id;
        opened.tick = tick_;
        if (window && window->breached) {
            opened.reason = "breach";
            TRY_ASSIGN(opened.cause, record_breach(tx, *window));
        } else if (retrain.every && is_due(*retrain.every)) {
            opened.reason = "schedule";
            TRY_ASSIGN(
                opened.cause,
                announce(parts_, tx, row_, "retrain.due", tick_, std::nullopt,
                         Value(Value::Object{{"every", format_duration(*retrain.every)}}).dump()));
        } else {
            return false;
        }
        TRY_ASSIGN(const auto id, sql::open_case(tx, opened, parts_.env.now()));
        return id.has_value();
    }

    bool is_due(Micros every) const {
        if (before_.latest_case) return tick_ >= before_.latest_case->tick + every;
        return before_.route && before_.route->effective > Time{} &&
               tick_ >= before_.route->effective + every;
    }

    Result<int64_t> record_breach(store::Tx& tx, const monitor::Window& window) const {
        Record r;
        r.event = "monitor.breach";
        r.decision = "breach";
        r.tick = tick_;
        r.evidence = json::write(window);
        r.data = Value(Value::Object{{"version", int64_t{window.version}},
                                     {"metric", metric_name()},
                                     {"mean", window.mean},
                                     {"reference", window.reference},
                                     {"threshold", window.threshold},
                                     {"e_value", window.e_value},
                                     {"labels", window.labelled},
                                     {"first_day", window.first_day},
                                     {"last_day", window.last_day},
                                     {"drifted", drifted_features(window)}})
                     .dump();
        r.inputs.version = window.version;
        r.inputs.first_day = window.first_day;
        r.inputs.last_day = window.last_day;
        r.inputs.policy_version = before_.policy->version;
        r.inputs.policy.text = json::write(before_.policy->spec.monitor);
        TRY_ASSIGN(r.inputs.segments,
                   digests_between(tx, row_.id,
                                   matured_day(row_.spec, tick_) -
                                       std::chrono::days{
                                           monitor::window_days(before_.policy->spec.monitor) - 1},
                                   matured_day(row_.spec, tick_)));
        return record(parts_, tx, row_, std::move(r));
    }

    std::string metric_name() const {
        for (const auto& [loss, name] : json::enum_names<stats::Loss>) {
            if (loss == before_.policy->spec.monitor.metric) return std::string(name);
        }
        return "";
    }

    static Value drifted_features(const monitor::Window& window) {
        Value::List names;
        for (const stats::Drift& drift : window.drift) {
            if (drift.drifted) names.emplace_back(drift.feature);
        }
        return names;
    }

    // --- the rollout ------------------------------------------------------------------------

    Result<bool> advance_rollout(store::Tx& tx) const {
        if (!before_.rollout) return false;
        rollout::Rollout r = *before_.rollout;
        const auto rules = rollout::rules_of(r, row_.spec.min_label_coverage);
        const experiment::Belongs belongs = [&](const predictions::Row& row) {
            return before_.evidence_routes.contains(row.route);
        };
        const experiment::FirstTime first_time = [&](uint64_t unit) {
            return rollout::sql::enter_unit(tx, r.id, unit);
        };
        for (const auto& day : sealed_) {
            if (r.folded && day.segment.day <= *r.folded) continue;
            TRY(experiment::fold_day(r.evidence, day, rules, r.variants(), belongs, first_time));
            r.folded = day.segment.day;
        }
        const auto verdict = rollout::judge(r, row_.spec.min_label_coverage, tick_);
        const auto point = experiment::point_of(r.evidence, rules, tick_, verdict);
        TRY(rollout::sql::put_point(tx, r.id, point));
        const rollout::Rollout before = r;
        TRY_ASSIGN(const auto after, parts_.rollouts.act(tx, row_, std::move(r), verdict, tick_));
        if (verdict.outcome == Outcome::go_on) return false;
        TRY_ASSIGN(const int64_t event, record_verdict(tx, before, after, point));
        TRY(rollout::sql::set_cause(tx, after.id, event));  // of what the next stage comes to
        TRY(close_case(tx, after, event));
        return true;
    }

    Result<int64_t> record_verdict(store::Tx& tx, const rollout::Rollout& before,
                                   const rollout::Rollout& after,
                                   const experiment::Point& point) const {
        Record r;
        r.event = event_of(before, after);
        r.decision = r.event.substr(r.event.find('.') + 1);
        r.tick = tick_;
        r.cause = before.cause;
        r.evidence = json::write(point);
        r.data = Value(Value::Object{{"rollout", before.id},
                                     {"champion", int64_t{before.champion}},
                                     {"candidate", int64_t{before.candidate}},
                                     {"stage", before.stage},
                                     {"reason", point.verdict.reason},
                                     {"days", point.days},
                                     {"pairs", point.pairs},
                                     {"promote_e", point.promote_e},
                                     {"safety_rows_e", point.safety_rows_e},
                                     {"safety_units_e", point.safety_units_e},
                                     {"mean_gain", point.mean_gain},
                                     {"lower", point.lower},
                                     {"upper", point.upper}})
                     .dump();
        r.inputs.rollout_id = before.id;
        r.inputs.stage = before.stage;
        r.inputs.phase = before.state == rollout::State::watching ? "watching" : "running";
        r.inputs.first_day = format_day(day_of(before.started));
        r.inputs.last_day = format_day(before.folded.value_or(day_of(before.started)));
        r.inputs.policy.text = json::write(before.spec);
        TRY_ASSIGN(r.inputs.segments,
                   digests_between(tx, row_.id, day_of(before.started),
                                   before.folded.value_or(day_of(before.started))));
        return record(parts_, tx, row_, std::move(r));
    }

    // A case ends with the trial of its candidate; the watch that follows a promotion belongs to
    // it still.
    Status close_case(store::Tx& tx, const rollout::Rollout& after, int64_t event) const {
        TRY_ASSIGN(auto open, sql::find_case_of_rollout(tx, after.id));
        if (!open) return ok();
        open->cause = event;
        if (after.state == rollout::State::closed) {
            open->state = CaseState::closed;
            open->ended = tick_;
            for (const auto& [ending, name] : json::enum_names<rollout::Ending>) {
                if (ending == after.ending) open->outcome = std::string(name);
            }
        }
        TRY_ASSIGN(const bool updated, sql::update_case(tx, *open));
        if (!updated) return fail(Code::conflict, "the case was moved by someone else");
        return ok();
    }

    const Parts& parts_;
    serving::Endpoint& endpoint_;
    const serving::EndpointRow& row_;
    const Time tick_;
    const std::optional<predictions::Handover>& handed_over_;
    Before before_;
    std::vector<predictions::Chunk> chunks_;
    std::vector<predictions::ServerSums> counts_;  // what sealing adds, by server
    std::vector<predictions::SealedDay> sealed_;
};

}  // namespace

std::string event_of(const rollout::Rollout& before, const rollout::Rollout& after) {
    using rollout::Ending;
    using rollout::State;
    if (before.state == State::watching) {
        return after.ending == Ending::promoted ? "rollout.watch_passed"
                                                : "rollout.watch_rolled_back";
    }
    if (after.ending == Ending::rolled_back) return "rollout.rolled_back";
    if (after.ending == Ending::inconclusive) return "rollout.inconclusive";
    if (after.ending == Ending::aborted) return "rollout.aborted";
    if (after.state == State::running) return "rollout.next_stage";
    return "rollout.promoted";
}

Result<TickResult> process_tick(const Parts& parts, serving::Endpoint& endpoint, Time tick,
                                const std::optional<predictions::Handover>& handed_over) {
    return Tick(parts, endpoint, tick, handed_over).run();
}

}  // namespace rondo::loop
