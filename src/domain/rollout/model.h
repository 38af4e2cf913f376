#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/experiment/model.h"
#include "domain/serving/model.h"

namespace rondo::rollout {

struct PromoteSpec {
    double evidence = 20;  // an equally good candidate reaches it with probability at most 1/20
    int64_t min_days = 7;  // one weekly cycle
    int64_t min_rows = 500;
    static constexpr auto fields =
        std::tuple{json::field("evidence", &PromoteSpec::evidence, "E-value that promotes"),
                   json::field("min_days", &PromoteSpec::min_days, "Event days that it needs"),
                   json::field("min_rows", &PromoteSpec::min_rows, "Rows that it needs")};
};

struct SafetySpec {
    double alpha = 0.025;  // of each of the two safety processes
    // Hard trips, outside of the stated error rates: they act at once.
    double max_failed_share = 0.5;
    double max_slow_share = 0.5;
    int64_t min_requests = 20;
    std::optional<Micros> slow_above;
    static constexpr auto fields = std::tuple{
        json::field("alpha", &SafetySpec::alpha, "Error rate of each safety process"),
        json::field("max_failed_share", &SafetySpec::max_failed_share,
                    "Share of failing answers that rolls back at once"),
        json::field("max_slow_share", &SafetySpec::max_slow_share,
                    "Share of slow answers that rolls back at once"),
        json::field("min_requests", &SafetySpec::min_requests, "Requests that a hard trip needs"),
        json::field("slow_above", &SafetySpec::slow_above, "What counts as slow")};
};

struct StageSpec {
    serving::RouteMode mode = serving::RouteMode::canary;  // shadow or canary
    double share = 0.05;  // canary: of units that get the candidate's answers; shadow: scored along
    PromoteSpec promote;  // to the next stage; after the last one to champion
    Micros horizon = std::chrono::hours{24 * 42};
    static constexpr auto fields =
        std::tuple{json::field("mode", &StageSpec::mode, "shadow or canary"),
                   json::field("share", &StageSpec::share, "Share of units, in steps of 0.0001"),
                   json::field("promote", &StageSpec::promote, "What leads on"),
                   json::field("horizon", &StageSpec::horizon, "Inconclusive after this long")};
};

struct WatchSpec {
    Micros time = std::chrono::hours{24 * 14};
    double share = 1;  // of units that the old champion scores along
    static constexpr auto fields =
        std::tuple{json::field("time", &WatchSpec::time, "How long"),
                   json::field("share", &WatchSpec::share, "Share of units scored along")};
};

struct RolloutSpec {
    stats::Loss loss = stats::Loss::brier;
    // Pairs: both models score the same rows. Right only when the outcome does not depend on the
    // answer that was given (a flight's delay does not; a click on a shown item does).
    bool paired = false;
    bool outcome_independent_of_answer = false;
    double clip = 0.05;
    std::vector<StageSpec> stages{StageSpec{}};
    SafetySpec safety;
    std::optional<WatchSpec> watch;
    static constexpr auto fields = std::tuple{
        json::field("loss", &RolloutSpec::loss, "brier or zero_one"),
        json::field("paired", &RolloutSpec::paired, "Let both models score the same rows"),
        json::field("outcome_independent_of_answer", &RolloutSpec::outcome_independent_of_answer,
                    "Declares that the outcome does not depend on the answer; pairs need it"),
        json::field("clip", &RolloutSpec::clip, "Largest daily difference that counts"),
        json::field("stages", &RolloutSpec::stages, "Stages in order"),
        json::field("safety", &RolloutSpec::safety, "What rolls back"),
        json::field("watch", &RolloutSpec::watch, "How the new champion is watched")};
};

enum class State : uint8_t { running, watching, closed };

// How a rollout ended.
enum class Ending : uint8_t { open, promoted, rolled_back, inconclusive, aborted };

struct Rollout {
    int64_t id = 0;
    int64_t endpoint_id = 0;
    RolloutSpec spec;
    int32_t champion = 0, candidate = 0;
    State state = State::running;
    int64_t ver = 0;
    int64_t stage = 0;
    Time stage_since{};
    experiment::Evidence evidence;
    std::optional<Day> folded;     // last day in the evidence
    std::optional<int64_t> cause;  // event
    std::string origin;            // "loop" or "by hand"
    Ending ending = Ending::open;
    Time started{};
    std::optional<Time> ended;
    static constexpr auto fields = std::tuple{
        json::field("id", &Rollout::id, "Number of the rollout"),
        json::field("spec", &Rollout::spec, "Its policy"),
        json::field("champion", &Rollout::champion, "Version that was champion at the start"),
        json::field("candidate", &Rollout::candidate, "Version on trial"),
        json::field("state", &Rollout::state, "running, watching or closed"),
        json::field("stage", &Rollout::stage, "Number of the stage, from 0"),
        json::field("stage_since", &Rollout::stage_since, "When the stage began"),
        json::field("evidence", &Rollout::evidence, "State of the evidence"),
        json::field("origin", &Rollout::origin, "loop, or by hand"),
        json::field("ending", &Rollout::ending,
                    "open, promoted, rolled_back, inconclusive or aborted"),
        json::field("started", &Rollout::started, "When it began, on the endpoint's clock"),
        json::field("ended", &Rollout::ended, "When it ended, on the endpoint's clock")};

    const StageSpec& stage_spec() const { return spec.stages[static_cast<size_t>(stage)]; }
    // Who is compared while it is in this state: in the watch the old champion scores along.
    experiment::Variants variants() const {
        if (state == State::watching) return {candidate, champion};
        return {champion, candidate};
    }
};

}  // namespace rondo::rollout

template <>
inline constexpr auto rondo::json::enum_names<rondo::rollout::State> =
    std::array{std::pair{rondo::rollout::State::running, std::string_view("running")},
               std::pair{rondo::rollout::State::watching, std::string_view("watching")},
               std::pair{rondo::rollout::State::closed, std::string_view("closed")}};
template <>
inline constexpr auto rondo::json::enum_names<rondo::rollout::Ending> =
    std::array{std::pair{rondo::rollout::Ending::open, std::string_view("open")},
               std::pair{rondo::rollout::Ending::promoted, std::string_view("promoted")},
               std::pair{rondo::rollout::Ending::rolled_back, std::string_view("rolled_back")},
               std::pair{rondo::rollout::Ending::inconclusive, std::string_view("inconclusive")},
               std::pair{rondo::rollout::Ending::aborted, std::string_view("aborted")}};
