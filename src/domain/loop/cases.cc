#include "domain/loop/cases.h"

#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "domain/data/store.h"
#include "domain/loop/models.h"
#include "domain/loop/rollouts.h"
#include "domain/loop/store.h"
#include "domain/loop/ticks.h"
#include "domain/loop/training_data.h"
#include "domain/monitor/store.h"
#include "domain/pipeline/store.h"
#include "domain/rollout/store.h"
#include "domain/serving/store.h"
#include "platform/json/value.h"

namespace rondo::loop {
namespace {

using json::Value;

// What the model or the data cause is a verdict; what the machine or the place of the bytes causes
// is tried again.
bool is_verdict(const Error& error) {
    return error.code == Code::invalid || error.code == Code::not_found ||
           error.code == Code::unsupported || error.code == Code::too_large;
}

class CaseDriver {
  public:
    CaseDriver(const Parts& parts, serving::Endpoint& endpoint, Case c, Policy policy,
               std::optional<Time> settled, std::optional<serving::Route> route)
        : parts_(parts),
          row_(endpoint.row()),
          case_(std::move(c)),
          policy_(std::move(policy)),
          settled_(settled),
          route_(std::move(route)) {}

    Result<Progress> step() {
        switch (case_.state) {
            case CaseState::collecting:
                return collect();
            case CaseState::training:
                return look_at_training();
            case CaseState::gating:
                return pass_gate();
            case CaseState::rolling_out:
            case CaseState::closed:
                return Progress::none;
        }
        return Progress::none;
    }

  private:
    const PolicySpec& spec() const { return policy_.spec; }

    Status update(store::Tx& tx) const {
        TRY_ASSIGN(const bool updated, sql::update_case(tx, case_));
        if (!updated) return fail(Code::conflict, "the case was moved by someone else");
        return ok();
    }

    // Ends the case without a rollout. The outcome is a word, the event says the rest.
    Status close(store::Tx& tx, const std::string& outcome, int64_t event) {
        case_.cause = event;
        case_.state = CaseState::closed;
        case_.outcome = outcome;
        case_.ended = case_.tick;
        return update(tx);
    }

    Result<Progress> fail_case(const std::string& outcome, const std::string& kind,
                               const std::string& problem) {
        TRY(loop::decide(parts_, [&](store::Tx& tx) -> Status {
            Case before = case_;
            TRY_ASSIGN(
                const int64_t event,
                announce(parts_, tx, row_, kind, case_.tick, case_.cause,
                         Value(Value::Object{{"case", case_.id}, {"problem", problem}}).dump()));
            const Status closed = close(tx, outcome, event);
            if (!closed) case_ = before;
            return closed;
        }));
        return Progress::moved;
    }

    // --- collecting -------------------------------------------------------------------------

    // The rows that the dataset does not have yet, as one more file; nothing when there are none.
    Result<std::optional<data::Entry>> new_file(const std::vector<data::Entry>& entries) {
        std::optional<Day> have;
        for (const data::Entry& entry : entries) {
            if (const auto last = last_day_of(entry.path))
                have = std::max(have.value_or(*last), *last);
        }
        const Day first = have ? *have + std::chrono::days{1} : Day{};
        // By the case's tick, not by what is sealed by now: a step done again gives the same file.
        const Day last = matured_day(row_.spec, case_.tick);
        TRY_ASSIGN(const auto segments, parts_.db.read_now([&](store::Tx& tx) {
            return predictions::sql::segments_between(tx, row_.id, first, last);
        }));
        if (segments.empty()) return std::nullopt;
        TRY_ASSIGN(auto upload, parts_.blobs.begin());
        TrainingFile file(spec().data, *upload);
        for (const auto& segment : segments) {
            TRY_ASSIGN(const auto day, parts_.predictions.read(segment));
            TRY(file.add(day));
        }
        if (file.rows() == 0) return std::nullopt;
        TRY_ASSIGN(const auto stored, upload->commit());
        return data::Entry{training_file_name(segments.front().day, segments.back().day),
                           stored.digest.hex(), static_cast<int64_t>(stored.size)};
    }

    Result<Progress> collect() {
        const std::string& dataset = spec().retrain.dataset;
        auto latest = parts_.db.read_now([&](store::Tx& tx) {
            return parts_.data.get_version(tx, row_.workspace_id, dataset, 0);
        });
        if (!latest && is_verdict(latest.error()))
            return fail_case("no_data", "retrain.failed", latest.error().message);
        TRY(latest);
        TRY_ASSIGN(auto entries, parts_.data.entries(*latest));
        TRY_ASSIGN(const auto more, new_file(entries));
        if (more) entries.push_back(*more);
        // Before anything is written: can these data be split at all?
        const auto tables =
            gates::read_tables(parts_.blobs, entries, spec().data.rows, spec().data);
        if (!tables && is_verdict(tables.error()))
            return fail_case("no_data", "retrain.failed", tables.error().message);
        TRY(tables);
        const auto holdout = gates::holdout_of(*tables, spec().gate, row_.spec.maturation);
        if (!holdout) return fail_case("no_data", "retrain.failed", holdout.error().message);

        // The tree of the version to come, stored outside of the transaction.
        TRY_ASSIGN(const auto tree, parts_.blobs.put(data::write_tree(entries)));
        Case before = case_;
        const Status started = loop::decide(parts_, [&](store::Tx& tx) -> Status {
            case_ = before;
            // Asked for by hand before any event time was known: the data say where time is.
            if (case_.tick == Time{}) case_.tick = Time{holdout->to + std::chrono::days{1}};
            data::Version version = *latest;
            if (more) {
                TRY_ASSIGN(version, add_version(tx, *latest, entries, *more, tree));
            }
            case_.data_version = version.number;
            return start_training(tx, version, *holdout);
        });
        if (!started && started.error().code == Code::not_found)
            return fail_case("no_pipeline", "retrain.failed", started.error().message);
        TRY(started);
        parts_.wake_executor();
        return Progress::moved;
    }

    Result<data::Version> add_version(store::Tx& tx, const data::Version& latest,
                                      const std::vector<data::Entry>& entries,
                                      const data::Entry& more, const blob::Stored& tree) const {
        TRY(data::sql::grant(tx, row_.workspace_id, more.digest, more.size, parts_.env.now()));
        data::Service::NewVersion request;
        request.dataset = latest.dataset;
        request.entries = entries;
        request.parent = latest.number;
        request.message = "predictions of endpoint " + row_.spec.name + " with their labels";
        request.cause = case_.cause;
        return parts_.data.create_version(tx, row_.workspace_id, std::move(request), tree);
    }

    Status start_training(store::Tx& tx, const data::Version& version,
                          const gates::Holdout& holdout) {
        TRY_ASSIGN(const auto pipeline,
                   parts_.pipelines.get(tx, row_.workspace_id, spec().retrain.pipeline));
        pipeline::RunRequest request;
        request.idempotency_key = "case-" + std::to_string(case_.id);
        request.dataset = version.dataset;
        request.data_version = version.number;
        request.params["holdout_from"] = format_time(Time{holdout.from});
        request.params["train_until"] = format_time(holdout.train_until);
        request.params["label"] = spec().data.label;
        request.params["event_time"] = spec().data.event_time;
        request.params["unit"] = spec().data.unit;
        request.cause = case_.cause;
        TRY_ASSIGN(const int64_t run, parts_.pipelines.start(tx, pipeline, request));
        case_.pipeline_run = run;
        case_.state = CaseState::training;
        TRY_ASSIGN(case_.cause,
                   announce(parts_, tx, row_, "retrain.started", case_.tick, case_.cause,
                            Value(Value::Object{{"case", case_.id},
                                                {"reason", case_.reason},
                                                {"pipeline", spec().retrain.pipeline},
                                                {"run", run},
                                                {"dataset", version.dataset},
                                                {"data_version", version.number},
                                                {"data_digest", version.digest},
                                                {"files", version.files},
                                                {"train_until", format_time(holdout.train_until)},
                                                {"holdout_from", format_day(holdout.from)},
                                                {"holdout_to", format_day(holdout.to)}})
                                .dump()));
        return update(tx);
    }

    // --- training ---------------------------------------------------------------------------

    Result<Progress> look_at_training() {
        TRY_ASSIGN(const auto run, parts_.db.read_now([&](store::Tx& tx) {
            return pipeline::sql::get_run(tx, *case_.pipeline_run);
        }));
        if (!pipeline::is_final(run.state)) return Progress::waiting;
        if (run.state != pipeline::State::succeeded)
            return fail_case("training_failed", "retrain.failed",
                             run.problem.empty() ? "the run was cancelled" : run.problem);
        if (!run.outcome)
            return fail_case("training_failed", "retrain.failed",
                             "the pipeline registers no model; add `register` to its definition");
        Case before = case_;
        TRY(loop::decide(parts_, [&](store::Tx& tx) -> Status {
            case_ = before;
            case_.candidate = run.outcome->version;
            case_.state = CaseState::gating;
            TRY_ASSIGN(case_.cause,
                       announce(parts_, tx, row_, "retrain.candidate", case_.tick, case_.cause,
                                Value(Value::Object{{"case", case_.id},
                                                    {"model", run.outcome->model},
                                                    {"version", run.outcome->version},
                                                    {"run_id", run.outcome->run_id},
                                                    {"pipeline_run", run.id}})
                                    .dump()));
            return update(tx);
        }));
        return Progress::moved;
    }

    // --- the gate ---------------------------------------------------------------------------

    Result<Progress> pass_gate() {
        const auto candidate = static_cast<int32_t>(*case_.candidate);
        const int32_t champion = route_ ? route_->champion : 0;
        TRY_ASSIGN(const auto model, serving::parse_model(row_.spec.model));
        gates::GateVerdict verdict;
        std::optional<monitor::Reference> reference;
        const auto ask = [&]() -> Status {
            TRY(parts_.endpoints.engine(row_.workspace_id, model.name, candidate));
            TRY_ASSIGN(const auto question,
                       gate_question(parts_, row_, spec().gate, spec().data, spec().retrain.dataset,
                                     *case_.data_version, candidate, champion));
            EngineScorer scorer(parts_.endpoints, row_.workspace_id, model.name);
            TRY_ASSIGN(verdict,
                       gates::evaluate(question.input, parts_.blobs, question.entries, scorer));
            TRY_ASSIGN(reference,
                       make_reference(parts_, row_, spec(), candidate, case_.data_version));
            return ok();
        };
        if (Status asked = ask(); !asked) {
            if (!is_verdict(asked.error())) return fail(asked.error());
            verdict.passed = false;
            verdict.candidate = candidate;
            verdict.champion = champion;
            verdict.data_version = *case_.data_version;
            verdict.reason = asked.error().message;
            verdict.checks.push_back({"can_be_evaluated", false, 0, 0, asked.error().message});
        }
        TRY_ASSIGN(const bool routes_changed, record_gate(verdict, reference, model));
        if (routes_changed) {
            TRY(parts_.endpoints.refresh(row_.id));
        }
        return Progress::moved;
    }

    // The verdict and what follows from it, in one transaction. True when routes changed.
    Result<bool> record_gate(const gates::GateVerdict& verdict,
                             const std::optional<monitor::Reference>& reference,
                             const serving::ModelAlias& model) {
        const Case before = case_;
        return loop::decide(parts_, [&](store::Tx& tx) -> Result<bool> {
            case_ = before;
            TRY_ASSIGN(const int64_t event, record(parts_, tx, row_, gate_record(verdict)));
            case_.cause = event;
            if (!verdict.passed) {
                TRY(close(tx, "gate_failed", event));
                return false;
            }
            TRY(monitor::sql::put_reference(tx, row_.id, verdict.candidate, *reference,
                                            parts_.env.now()));
            const Time from = effective_now(parts_, row_, settled_);
            if (verdict.champion == 0) {
                TRY(make_first_champion(tx, verdict, model, from));
            } else {
                TRY(begin_rollout(tx, verdict, from));
            }
            return true;
        });
    }

    Record gate_record(const gates::GateVerdict& verdict) const {
        Record r;
        r.event = verdict.passed ? "gate.passed" : "gate.failed";
        r.decision = "gate";
        r.tick = case_.tick;
        r.cause = case_.cause;
        r.evidence = json::write(verdict);
        r.data = Value(Value::Object{{"case", case_.id},
                                     {"candidate", int64_t{verdict.candidate}},
                                     {"champion", int64_t{verdict.champion}},
                                     {"reason", verdict.reason},
                                     {"gain", verdict.gain},
                                     {"standard_error", verdict.standard_error},
                                     {"lower", verdict.lower},
                                     {"rows", verdict.rows},
                                     {"holdout_from", verdict.holdout_from},
                                     {"holdout_to", verdict.holdout_to}})
                     .dump();
        r.inputs.version = verdict.candidate;
        r.inputs.data_version = verdict.data_version;
        r.inputs.policy_version = policy_.version;
        r.inputs.policy.text = json::write(GateRules{
            spec().gate, spec().data, spec().retrain.dataset, verdict.candidate, verdict.champion});
        return r;
    }

    Status make_first_champion(store::Tx& tx, const gates::GateVerdict& verdict,
                               const serving::ModelAlias& model, Time from) {
        TRY(parts_.registry.set_alias(tx, model.name, model.alias, verdict.candidate));
        serving::Route route;
        route.effective = from;
        route.champion = verdict.candidate;
        TRY(serving::sql::add_route(tx, row_.id, route));
        TRY_ASSIGN(const int64_t event,
                   announce(parts_, tx, row_, "champion.set", case_.tick, case_.cause,
                            Value(Value::Object{{"version", int64_t{verdict.candidate}},
                                                {"alias", model.alias},
                                                {"reason", "the first version that passed"}})
                                .dump()));
        return close(tx, "first_champion", event);
    }

    Status begin_rollout(store::Tx& tx, const gates::GateVerdict& verdict, Time from) {
        TRY_ASSIGN(const auto started,
                   start_rollout(parts_, tx, row_,
                                 {spec().rollout, verdict.champion, verdict.candidate, from,
                                  case_.cause, "loop"}));
        case_.cause = started.cause;
        case_.rollout_id = started.id;
        case_.state = CaseState::rolling_out;
        return update(tx);
    }

    const Parts& parts_;
    const serving::EndpointRow& row_;
    Case case_;
    Policy policy_;
    std::optional<Time> settled_;
    std::optional<serving::Route> route_;
};

}  // namespace

Time effective_now(const Parts& parts, const serving::EndpointRow& endpoint,
                   std::optional<Time> settled) {
    if (endpoint.spec.clock == serving::Clock::arrival) return parts.env.now();
    return settled.value_or(Time{});
}

Result<Progress> drive_case(const Parts& parts, serving::Endpoint& endpoint) {
    struct State {
        std::optional<Case> open;
        std::optional<Policy> policy;
        std::optional<Time> settled;
        std::optional<serving::Route> route;
    };
    const int64_t id = endpoint.row().id;
    TRY_ASSIGN(State state, parts.db.read_now([&](store::Tx& tx) -> Result<State> {
        State found;
        TRY_ASSIGN(found.open, sql::find_open_case(tx, id));
        TRY_ASSIGN(found.policy, sql::find_policy(tx, id));
        TRY_ASSIGN(found.settled, serving::sql::settled(tx, id));
        TRY_ASSIGN(found.route, serving::sql::latest_route(tx, id));
        return found;
    }));
    if (!state.open || !state.policy) return Progress::none;
    return CaseDriver(parts, endpoint, std::move(*state.open), std::move(*state.policy),
                      state.settled, std::move(state.route))
        .step();
}

Result<int64_t> open_by_hand(const Parts& parts, store::Tx& tx,
                             const serving::EndpointRow& endpoint, Time at) {
    TRY_ASSIGN(const auto policy, sql::find_policy(tx, endpoint.id));
    if (!policy)
        return fail(Code::conflict,
                    "endpoint " + quoted(endpoint.spec.name) + " has no policy; apply one first");
    TRY_ASSIGN(const auto open_rollout, rollout::sql::find_open(tx, endpoint.id));
    if (open_rollout)
        return fail(Code::conflict, "rollout " + std::to_string(open_rollout->id) +
                                        " is under way; wait for its end or abort it first");
    Case opened;
    opened.endpoint_id = endpoint.id;
    opened.reason = "by hand";
    opened.tick = at;
    TRY_ASSIGN(opened.cause, announce(parts, tx, endpoint, "retrain.asked",
                                      at == Time{} ? parts.env.now() : at, std::nullopt, "{}"));
    TRY_ASSIGN(const auto id, sql::open_case(tx, opened, parts.env.now()));
    if (!id)
        return fail(Code::conflict, "a retraining is under way already; `rondo timeline " +
                                        endpoint.spec.name + "` shows where it is");
    return *id;
}

Result<GateQuestion> gate_question(const Parts& parts, const serving::EndpointRow& endpoint,
                                   const gates::GateSpec& gate, const gates::DataColumns& columns,
                                   const std::string& dataset, int64_t data_version,
                                   int32_t candidate, int32_t champion) {
    TRY_ASSIGN(const auto model, serving::parse_model(endpoint.spec.model));
    GateQuestion question;
    question.input.spec = gate;
    question.input.columns = columns;
    question.input.dataset = dataset;
    question.input.data_version = data_version;
    question.input.label_delay = endpoint.spec.maturation;
    TRY_ASSIGN(
        const data::Version version, parts.db.read_now([&](store::Tx& tx) -> Result<data::Version> {
            TRY_ASSIGN(question.input.candidate, facts_of(parts, tx, model.name, candidate));
            if (champion != 0) {
                TRY_ASSIGN(question.input.champion, facts_of(parts, tx, model.name, champion));
            }
            return parts.data.get_version(tx, endpoint.workspace_id, dataset, data_version);
        }));
    TRY_ASSIGN(question.entries, parts.data.entries(version));
    return question;
}

}  // namespace rondo::loop
