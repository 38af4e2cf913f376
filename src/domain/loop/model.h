#pragma once

#include <optional>
#include <string>

#include "domain/gates/model.h"
#include "domain/monitor/model.h"
#include "domain/rollout/model.h"

namespace rondo::loop {

// When and how to train again.
struct RetrainSpec {
    std::string pipeline;
    std::string dataset;  // gets a new version with the labelled predictions since the last one
    Micros cooldown = std::chrono::hours{24 * 14};  // event time after a case has ended
    std::optional<Micros> every;                    // a schedule in event time
    static constexpr auto fields = std::tuple{
        json::field("pipeline", &RetrainSpec::pipeline, "Pipeline that trains", json::required),
        json::field("dataset", &RetrainSpec::dataset, "Dataset that it trains on", json::required),
        json::field("cooldown", &RetrainSpec::cooldown, "Quiet time after a case"),
        json::field("every", &RetrainSpec::every, "Also train this often")};
};

// Everything that runs by itself on an endpoint (policy.yaml).
struct PolicySpec {
    std::string endpoint;
    gates::DataColumns data;
    monitor::MonitorSpec monitor;
    RetrainSpec retrain;
    gates::GateSpec gate;
    rollout::RolloutSpec rollout;
    static constexpr auto fields = std::tuple{
        json::field("endpoint", &PolicySpec::endpoint, "Endpoint it belongs to", json::required),
        json::field("data", &PolicySpec::data, "Where rows are in the dataset", json::required),
        json::field("monitor", &PolicySpec::monitor, "What is watched", json::required),
        json::field("retrain", &PolicySpec::retrain, "How to train again", json::required),
        json::field("gate", &PolicySpec::gate, "What a candidate has to show"),
        json::field("rollout", &PolicySpec::rollout, "How a candidate is tried")};
};

struct Policy {
    PolicySpec spec;
    int64_t version = 0;
};

enum class CaseState : uint8_t {
    collecting,   // the new data version is made
    training,     // the pipeline runs
    gating,       // the candidate is evaluated
    rolling_out,  // it is on trial
    closed,
};

// From a cause to its end.
struct Case {
    int64_t id = 0;
    int64_t endpoint_id = 0;
    std::string reason;  // "breach", "schedule", "by hand"
    Time tick{};         // on the endpoint's clock
    CaseState state = CaseState::collecting;
    int64_t ver = 0;
    std::optional<int64_t> cause;  // the event that opened it; then the newest in its chain
    std::optional<int64_t> data_version, pipeline_run, candidate, rollout_id;
    std::string outcome;  // "promoted", "gate_failed", ...
    std::optional<Time> ended;
    static constexpr auto fields =
        std::tuple{json::field("id", &Case::id, "Number of the case"),
                   json::field("reason", &Case::reason, "breach, schedule or by hand"),
                   json::field("tick", &Case::tick, "When it was opened, on the endpoint's clock"),
                   json::field("state", &Case::state, "Where it is"),
                   json::field("data_version", &Case::data_version, "Version of the dataset"),
                   json::field("pipeline_run", &Case::pipeline_run, "Run that trains"),
                   json::field("candidate", &Case::candidate, "Version that it made"),
                   json::field("rollout_id", &Case::rollout_id, "Its rollout"),
                   json::field("outcome", &Case::outcome, "How it ended"),
                   json::field("ended", &Case::ended, "When, on the endpoint's clock")};
};

// What a decision was made from: enough to compute it again from stored bytes.
struct DecisionInputs {
    int32_t version = 0;  // breach: version that was judged
    std::optional<int64_t> rollout_id;
    int64_t stage = 0;
    std::string phase;                // rollout: "running" or "watching"
    std::string first_day, last_day;  // of the sealed days that were read
    std::optional<int64_t> data_version;
    int64_t policy_version = 0;
    double min_label_coverage = 0;      // of the endpoint, as it was
    json::Raw policy;                   // the part of the policy that ruled, as it was
    std::vector<std::string> segments;  // digests of the days, oldest first
    static constexpr auto fields = std::tuple{
        json::field("version", &DecisionInputs::version, "Version that was judged"),
        json::field("rollout_id", &DecisionInputs::rollout_id, "Rollout"),
        json::field("stage", &DecisionInputs::stage, "Stage of the rollout"),
        json::field("phase", &DecisionInputs::phase, "running or watching"),
        json::field("first_day", &DecisionInputs::first_day, "First sealed day"),
        json::field("last_day", &DecisionInputs::last_day, "Last sealed day"),
        json::field("data_version", &DecisionInputs::data_version, "Version of the dataset"),
        json::field("policy_version", &DecisionInputs::policy_version, "Version of the policy"),
        json::field("min_label_coverage", &DecisionInputs::min_label_coverage,
                    "Share of rows that had to have a label"),
        json::field("policy", &DecisionInputs::policy, "The rules, as they were"),
        json::field("segments", &DecisionInputs::segments, "Digests of the sealed days")};
};

struct Decision {
    int64_t id = 0;
    int64_t endpoint_id = 0;
    std::string kind;  // "breach", "gate", "promotion", "rollback", "inconclusive", ...
    Time tick{};
    DecisionInputs inputs;
    json::Raw evidence;
    int64_t event_id = 0;
};

}  // namespace rondo::loop

template <>
inline constexpr auto rondo::json::enum_names<rondo::loop::CaseState> =
    std::array{std::pair{rondo::loop::CaseState::collecting, std::string_view("collecting")},
               std::pair{rondo::loop::CaseState::training, std::string_view("training")},
               std::pair{rondo::loop::CaseState::gating, std::string_view("gating")},
               std::pair{rondo::loop::CaseState::rolling_out, std::string_view("rolling_out")},
               std::pair{rondo::loop::CaseState::closed, std::string_view("closed")}};
