// The loop over HTTP: policies, retraining, rollouts, the timeline, the reasons, live events.
#pragma once

#include <vector>

#include "domain/loop/engine.h"
#include "domain/loop/timeline.h"
#include "domain/loop/why.h"
#include "platform/async/pool.h"
#include "platform/rpc/endpoint.h"

namespace rondo::api {

class LoopApi {
  public:
    struct Parts {
        Env& env;
        store::Database& db;
        events::Hub& hub;
        serving::Endpoints& endpoints;
        loop::Engine& engine;
        WorkerPool& pool;
        int64_t workspace_id = 1;
        // Whether a caller may read what an event is about ("endpoint/flights").
        std::function<Result<bool>(store::Tx&, const auth::Caller&, const std::string& subject)>
            may_read;
    };
    explicit LoopApi(Parts parts) : parts_(parts) {}
    std::vector<rpc::Row> rows();

    struct Named {
        std::string name;
        static constexpr auto fields =
            std::tuple{json::field("name", &Named::name, "Name of the endpoint")};
    };
    struct PolicyAnswer {
        int64_t version = 0;
        loop::PolicySpec spec;
        static constexpr auto fields =
            std::tuple{json::field("version", &PolicyAnswer::version, "Version of the policy"),
                       json::field("spec", &PolicyAnswer::spec, "The policy")};
    };
    struct CaseAnswer {
        int64_t id = 0;
        static constexpr auto fields =
            std::tuple{json::field("case", &CaseAnswer::id, "Number of the case")};
    };
    struct StartRollout {
        std::string name;
        int64_t version = 0;
        std::optional<rollout::RolloutSpec> spec;
        static constexpr auto fields = std::tuple{
            json::field("name", &StartRollout::name, "Name of the endpoint"),
            json::field("version", &StartRollout::version, "Model version to try", json::required),
            json::field("spec", &StartRollout::spec, "Instead of the policy's rollout")};
    };
    struct AbortRollout {
        std::string name, reason;
        static constexpr auto fields = std::tuple{
            json::field("name", &AbortRollout::name, "Name of the endpoint"),
            json::field("reason", &AbortRollout::reason, "Why, for the timeline", json::required)};
    };
    struct ListQuery {
        std::string name;
        int64_t after = 0;
        int32_t limit = 1000;
        static constexpr auto fields =
            std::tuple{json::field("name", &ListQuery::name, "Name of the endpoint"),
                       json::field("after", &ListQuery::after, "Only what came after this event"),
                       json::field("limit", &ListQuery::limit, "At most this many, up to 10,000")};
    };
    struct WindowsQuery {
        std::string name;
        std::optional<Time> after;
        int32_t limit = 1000;
        static constexpr auto fields = std::tuple{
            json::field("name", &WindowsQuery::name, "Name of the endpoint"),
            json::field("after", &WindowsQuery::after, "Only ticks after this moment"),
            json::field("limit", &WindowsQuery::limit, "At most this many, up to 10,000")};
    };
    struct Timeline {
        std::vector<loop::TimelineEntry> entries;
        static constexpr auto fields =
            std::tuple{json::field("entries", &Timeline::entries, "Oldest first")};
    };
    struct Windows {
        std::vector<monitor::Window> windows;
        static constexpr auto fields =
            std::tuple{json::field("windows", &Windows::windows, "Oldest first")};
    };
    struct Rollouts {
        std::vector<rollout::Rollout> rollouts;
        static constexpr auto fields =
            std::tuple{json::field("rollouts", &Rollouts::rollouts, "Newest first")};
    };
    struct ById {
        int64_t id = 0;
        static constexpr auto fields = std::tuple{json::field("id", &ById::id, "Its number")};
    };
    struct RolloutAnswer {
        rollout::Rollout rollout;
        std::vector<experiment::Point> points;
        static constexpr auto fields =
            std::tuple{json::field("rollout", &RolloutAnswer::rollout, "The rollout"),
                       json::field("points", &RolloutAnswer::points, "Its evidence, tick by tick")};
    };
    struct StreamQuery {
        int64_t after = -1;
        static constexpr auto fields = std::tuple{
            json::field("after", &StreamQuery::after, "Events after this one; -1: from now on")};
    };

    Task<Result<PolicyAnswer>> put_policy(Named, rpc::Context);
    Task<Result<PolicyAnswer>> get_policy(Named, rpc::Context);
    Task<Result<CaseAnswer>> retrain(Named, rpc::Context);
    Task<Result<rollout::Rollout>> start_rollout(StartRollout, rpc::Context);
    Task<Result<rollout::Rollout>> abort_rollout(AbortRollout, rpc::Context);
    Task<Result<Rollouts>> list_rollouts(Named, rpc::Context);
    Task<Result<RolloutAnswer>> get_rollout(ById, rpc::Context);
    Task<Result<Timeline>> timeline(ListQuery, rpc::Context);
    Task<Result<Windows>> windows(WindowsQuery, rpc::Context);
    Task<Result<loop::Why>> why(ById, rpc::Context);
    Task<Result<net::Response>> stream(StreamQuery, rpc::Context);

  private:
    Task<void> others_follow(int64_t endpoint_id);
    Result<std::shared_ptr<serving::Endpoint>> find(const std::string& name) const;

    Parts parts_;
};

}  // namespace rondo::api
