#include "domain/loop/why.h"

#include <unordered_set>

#include "domain/experiment/service.h"
#include "domain/loop/cases.h"
#include "domain/loop/models.h"
#include "domain/loop/store.h"
#include "domain/loop/tick.h"
#include "domain/monitor/service.h"
#include "domain/monitor/store.h"
#include "domain/rollout/store.h"
#include "domain/serving/store.h"
#include "platform/json/value.h"

namespace rondo::loop {
namespace {

// Evidence without its sentences: a later version may word them differently.
json::Value without_words(json::Value evidence) {
    if (evidence.is_object()) {
        json::Value::Object kept;
        for (auto& [name, value] : evidence.make_object()) {
            if (name != "reason") kept.emplace_back(name, without_words(std::move(value)));
        }
        return kept;
    }
    if (evidence.is_list()) {
        for (auto& item : evidence.make_list()) item = without_words(std::move(item));
    }
    return evidence;
}

// Numbers are compared as their shortest texts, which read back to the same bits.
bool same_numbers(const std::string& recorded, const std::string& again) {
    const auto a = json::Value::parse(recorded), b = json::Value::parse(again);
    return a && b && without_words(*a).dump() == without_words(*b).dump();
}

class Recomputation {
  public:
    Recomputation(const Parts& parts, Decision decision, serving::EndpointRow endpoint)
        : parts_(parts), decision_(std::move(decision)), endpoint_(std::move(endpoint)) {}

    Result<Why> run() {
        why_.decision = decision_.id;
        why_.kind = decision_.kind;
        why_.tick = decision_.tick;
        why_.inputs = decision_.inputs;
        why_.recorded = decision_.evidence;
        why_.again.text = "null";
        Result<std::string> again = std::string();
        if (decision_.kind == "breach") {
            again = breach();
        } else if (decision_.kind == "gate") {
            again = gate();
        } else if (decision_.kind == "aborted" || decision_.kind == "tripped") {
            why_.sentence = decision_.kind == "aborted"
                                ? "A person decided; there is nothing to compute."
                                : "A hard limit acts at once on counts in memory; its numbers are "
                                  "recorded and cannot be computed again.";
            return std::move(why_);
        } else {
            again = rollout_verdict();
        }
        if (!again) return fail(again.error());
        why_.again.text = std::move(*again);
        why_.recomputed = true;
        why_.identical = same_numbers(why_.recorded.text, why_.again.text);
        why_.sentence =
            (why_.identical ? "Computed again from " : "NOT THE SAME: computed from ") +
            std::to_string(why_.rows_read) + " rows" +
            (why_.segments_read > 0 ? " of " + std::to_string(why_.segments_read) + " sealed days"
                                    : "") +
            (why_.identical ? ": every number is the same to the bit."
                            : ", at least one number differs from the record.");
        return std::move(why_);
    }

  private:
    // The sealed days by the digests that the decision kept.
    Result<predictions::SealedDay> read_day(const std::string& digest) {
        predictions::Segment segment;
        segment.endpoint_id = endpoint_.id;
        segment.digest = digest;
        TRY_ASSIGN(auto day, parts_.predictions.read(segment));
        if (!day.rows.empty()) day.segment.day = day_of(from_micros(day.rows.front().key.event_us));
        ++why_.segments_read;
        why_.rows_read += static_cast<int64_t>(day.rows.size());
        return day;
    }

    Result<std::string> breach() {
        TRY_ASSIGN(const auto spec, json::read<monitor::MonitorSpec>(decision_.inputs.policy.text,
                                                                     json::Dialect::lenient));
        const int32_t version = decision_.inputs.version;
        TRY_ASSIGN(const auto reference, parts_.db.read_now([&](store::Tx& tx) {
            return monitor::sql::find_reference(tx, endpoint_.id, version);
        }));
        if (!reference) return fail(Code::not_found, "the reference of that version is gone");
        std::vector<monitor::DayStats> days;
        for (const std::string& digest : decision_.inputs.segments) {
            TRY_ASSIGN(const auto day, read_day(digest));
            const auto stats = monitor::fold_day(day, version, spec, *reference);
            if (stats.rows > 0) days.push_back(stats);
        }
        TRY_ASSIGN(const Time last, parse_time(decision_.inputs.last_day));
        return json::write(monitor::judge(spec, *reference, days, version, day_of(last),
                                          decision_.tick, decision_.inputs.min_label_coverage));
    }

    Result<std::string> gate() {
        TRY_ASSIGN(const auto rules,
                   json::read<GateRules>(decision_.inputs.policy.text, json::Dialect::lenient));
        TRY_ASSIGN(const auto model, serving::parse_model(endpoint_.spec.model));
        TRY_ASSIGN(const auto question, gate_question(parts_, endpoint_, rules.gate, rules.data,
                                                      rules.dataset, *decision_.inputs.data_version,
                                                      static_cast<int32_t>(rules.candidate),
                                                      static_cast<int32_t>(rules.champion)));
        EngineScorer scorer(parts_.endpoints, endpoint_.workspace_id, model.name);
        TRY_ASSIGN(const auto verdict,
                   gates::evaluate(question.input, parts_.blobs, question.entries, scorer));
        why_.rows_read = verdict.rows;
        return json::write(verdict);
    }

    Result<std::string> rollout_verdict() {
        TRY_ASSIGN(auto found, parts_.db.read_now([&](store::Tx& tx) {
            return rollout::sql::find(tx, *decision_.inputs.rollout_id);
        }));
        if (!found) return fail(Code::not_found, "the rollout of that decision is gone");
        rollout::Rollout r = std::move(*found);
        TRY_ASSIGN(const auto routes, parts_.db.read_now([&](store::Tx& tx) {
            return rollout::sql::routes_of(tx, endpoint_.id, r.id);
        }));
        // The state as it was before the decision.
        const bool watching = decision_.inputs.phase == "watching";
        r.state = watching ? rollout::State::watching : rollout::State::running;
        r.stage = decision_.inputs.stage;
        r.evidence = {};
        std::set<int64_t> of_stage, earlier;
        int64_t stage = -1;
        for (const auto& route : routes) {
            if (route.mode == serving::RouteMode::single) continue;
            const bool is_watch = route.mode == serving::RouteMode::watch;
            if (!is_watch) ++stage;
            const bool mine = watching ? is_watch : !is_watch && stage == r.stage;
            (mine ? of_stage : earlier).insert(route.number);
            if (mine) {
                r.stage_since = route.effective;
                break;  // routes of later stages are after this decision
            }
        }
        const auto rules = rollout::rules_of(r, decision_.inputs.min_label_coverage);
        std::unordered_set<uint64_t> entered;
        const experiment::FirstTime first_time = [&](uint64_t unit) -> Result<bool> {
            return entered.insert(unit).second;
        };
        experiment::Evidence before;  // of earlier stages: only its units matter
        for (const std::string& digest : decision_.inputs.segments) {
            TRY_ASSIGN(const auto day, read_day(digest));
            TRY(experiment::fold_day(
                before, day, rules, r.variants(),
                [&](const predictions::Row& row) { return earlier.contains(row.route); },
                first_time));
            TRY(experiment::fold_day(
                r.evidence, day, rules, r.variants(),
                [&](const predictions::Row& row) { return of_stage.contains(row.route); },
                first_time));
        }
        const auto verdict = rollout::judge(r, decision_.inputs.min_label_coverage, decision_.tick);
        return json::write(experiment::point_of(r.evidence, rules, decision_.tick, verdict));
    }

    const Parts& parts_;
    Decision decision_;
    serving::EndpointRow endpoint_;
    Why why_;
};

}  // namespace

Result<Why> why(const Parts& parts, int64_t workspace_id, int64_t decision_id) {
    struct Found {
        Decision decision;
        serving::EndpointRow endpoint;
    };
    TRY_ASSIGN(Found found, parts.db.read_now([&](store::Tx& tx) -> Result<Found> {
        Found out;
        TRY_ASSIGN(out.decision, sql::get_decision(tx, decision_id));
        TRY_ASSIGN(out.endpoint, serving::sql::get_endpoint(tx, out.decision.endpoint_id));
        if (out.endpoint.workspace_id != workspace_id)
            return fail(Code::not_found, "no decision " + std::to_string(decision_id));
        return out;
    }));
    return Recomputation(parts, std::move(found.decision), std::move(found.endpoint)).run();
}

}  // namespace rondo::loop
