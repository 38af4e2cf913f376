#include "api/rondo/loop_api.h"

#include "api/rondo/definition.h"
#include "base/text.h"
#include "domain/loop/cases.h"
#include "domain/loop/rollouts.h"
#include "domain/loop/store.h"
#include "domain/monitor/service.h"
#include "domain/monitor/store.h"
#include "domain/rollout/store.h"
#include "domain/serving/store.h"
#include "platform/json/value.h"

namespace rondo::api {
namespace {

constexpr rpc::Permission kDefine{"define_policy", rpc::Reach::operate, "endpoint", "name"};
constexpr rpc::Permission kOperate{"operate_endpoint", rpc::Reach::operate, "endpoint", "name"};
constexpr rpc::Permission kRead{"read_endpoint", rpc::Reach::read, "endpoint", "name"};
constexpr rpc::Permission kReadRollout{"read_rollout", rpc::Reach::read, "rollout", "id"};
constexpr rpc::Permission kReadDecision{"read_decision", rpc::Reach::read, "decision", "id"};
constexpr rpc::Permission kReadEvents{"read_events", rpc::Reach::search, "", ""};

constexpr int kMaxList = 10'000;
constexpr int kStreamBatch = 500;

Status check_limit(int32_t limit) {
    if (limit >= 1 && limit <= kMaxList) return ok();
    return fail(Code::invalid, "limit has to be 1 to 10,000", "limit");
}

Status check_policy(const loop::PolicySpec& spec) {
    TRY(monitor::check(spec.monitor));
    TRY(gates::check(spec.gate, spec.data));
    TRY(rollout::check(spec.rollout));
    return ok();
}

// New events as they are committed (text/event-stream), with a comment when it is woken for
// nothing, so that a connection that is gone is noticed.
class EventStream final : public net::BodyProducer {
  public:
    EventStream(const LoopApi::Parts& parts, std::shared_ptr<const auth::Caller> caller,
                int64_t after)
        : parts_(parts), caller_(std::move(caller)), after_(after) {}

    Task<Result<std::string>> next() override {
        if (!greeted_) {
            greeted_ = true;
            co_return std::string("retry: 2000\n\n");
        }
        while (true) {
            const uint64_t seen = parts_.hub.count();
            auto batch = co_await parts_.db.read(
                [this](store::Tx& tx) { return readable_after(tx, after_); });
            if (!batch) co_return fail(batch.error());
            after_ = batch->last;
            if (!batch->events.empty()) {
                std::string out;
                for (const events::Event& event : batch->events) {
                    out += "id: " + std::to_string(event.id) +
                           "\ndata: {\"id\":" + std::to_string(event.id) + ",\"kind\":";
                    append_json_string(out, event.kind);
                    out += ",\"subject\":";
                    append_json_string(out, event.subject);
                    out += "}\n\n";
                }
                woken_for_nothing_ = false;
                co_return out;
            }
            if (batch->full) continue;
            if (parts_.hub.is_closed()) co_return std::string();
            if (woken_for_nothing_) {
                woken_for_nothing_ = false;
                co_return std::string(": still here\n\n");
            }
            co_await parts_.hub.wait(seen);
            woken_for_nothing_ = true;
        }
    }

  private:
    struct Batch {
        std::vector<events::Event> events;  // that the caller may read
        int64_t last = 0;                   // the newest that was looked at
        bool full = false;                  // there may be more
    };
    Result<Batch> readable_after(store::Tx& tx, int64_t after) const {
        TRY_ASSIGN(auto found,
                   events::Events::after(tx, parts_.workspace_id, "", after, kStreamBatch));
        Batch out{.last = found.empty() ? after : found.back().id,
                  .full = std::ssize(found) == kStreamBatch};
        for (events::Event& event : found) {
            TRY_ASSIGN(const bool open, parts_.may_read(tx, *caller_, event.subject));
            if (open) out.events.push_back(std::move(event));
        }
        return out;
    }

    const LoopApi::Parts& parts_;
    const std::shared_ptr<const auth::Caller> caller_;
    int64_t after_;
    bool greeted_ = false;
    bool woken_for_nothing_ = false;
};

}  // namespace

std::vector<rpc::Row> LoopApi::rows() {
    using rpc::get;
    using rpc::post;
    using rpc::put;
    const std::string endpoint = "/api/rondo/v1/endpoints/{name}";
    return {
        put<&LoopApi::put_policy>(endpoint + "/policy", kDefine,
                                  "Apply what runs by itself on an endpoint (YAML or JSON)")
            .takes(rpc::BodyKind::raw, kDefinitionLimit),
        get<&LoopApi::get_policy>(endpoint + "/policy", kRead, "The policy in force"),
        post<&LoopApi::retrain>(endpoint + "/retrain", kOperate, "Train, gate and roll out now"),
        post<&LoopApi::start_rollout>(endpoint + "/rollouts", kOperate,
                                      "Try a model version, without a gate"),
        post<&LoopApi::abort_rollout>(endpoint + "/rollouts/abort", kOperate,
                                      "End the rollout under way"),
        get<&LoopApi::list_rollouts>(endpoint + "/rollouts", kRead, "Rollouts, newest first"),
        get<&LoopApi::get_rollout>("/api/rondo/v1/rollouts/{id}", kReadRollout,
                                   "A rollout and the course of its evidence"),
        get<&LoopApi::timeline>(endpoint + "/timeline", kRead, "Cause and effect, oldest first"),
        get<&LoopApi::windows>(endpoint + "/windows", kRead, "What each tick saw"),
        get<&LoopApi::why>("/api/rondo/v1/decisions/{id}/why", kReadDecision,
                           "Compute a decision again from the log"),
        get<&LoopApi::stream>("/api/rondo/v1/events", kReadEvents,
                              "New events as they happen (server-sent events)"),
    };
}

// Longer than a server may be silent; then it counts no more.
constexpr Micros kFollowPatience{10'000'000};

Result<std::shared_ptr<serving::Endpoint>> LoopApi::find(const std::string& name) const {
    auto found = parts_.endpoints.find(name);
    if (!found)
        return fail(Code::not_found,
                    "no endpoint " + quoted(name) + "; create it with `rondo endpoint apply`");
    return found;
}

Task<Result<LoopApi::PolicyAnswer>> LoopApi::put_policy(Named named, rpc::Context context) {
    CO_TRY_ASSIGN(const auto spec, read_definition<loop::PolicySpec>(*context.request));
    if (spec.endpoint != named.name)
        co_return fail(Code::invalid,
                       "the policy is of endpoint " + quoted(spec.endpoint) + ", the path of " +
                           quoted(named.name),
                       "endpoint");
    CO_TRY(check_policy(spec));
    CO_TRY_ASSIGN(const auto endpoint, find(named.name));
    CO_TRY_ASSIGN(
        const auto applied,
        co_await parts_.db.write(
            store::Durability::full, [=, this](store::Tx& tx) -> Result<loop::Policy> {
                TRY_ASSIGN(auto policy,
                           loop::sql::put_policy(tx, endpoint->row().id, spec, parts_.env.now()));
                TRY(loop::announce(
                    parts_.engine.parts(), tx, endpoint->row(), "policy.applied", parts_.env.now(),
                    std::nullopt,
                    json::Value(json::Value::Object{{"version", policy.version}}).dump()));
                return policy;
            }));
    parts_.engine.wake();
    co_return PolicyAnswer{applied.version, applied.spec};
}

Task<Result<LoopApi::PolicyAnswer>> LoopApi::get_policy(Named named, rpc::Context) {
    CO_TRY_ASSIGN(const auto endpoint, find(named.name));
    CO_TRY_ASSIGN(const auto policy,
                  co_await parts_.db.read([id = endpoint->row().id](store::Tx& tx) {
                      return loop::sql::find_policy(tx, id);
                  }));
    if (!policy)
        co_return fail(Code::not_found, "endpoint " + quoted(named.name) +
                                            " has no policy; apply one with `rondo endpoint "
                                            "policy`");
    co_return PolicyAnswer{policy->version, policy->spec};
}

Task<Result<LoopApi::CaseAnswer>> LoopApi::retrain(Named named, rpc::Context) {
    CO_TRY_ASSIGN(const auto endpoint, find(named.name));
    auto opened = co_await parts_.db.write(
        store::Durability::full, [=, this](store::Tx& tx) -> Result<int64_t> {
            TRY_ASSIGN(const auto settled, serving::sql::settled(tx, endpoint->row().id));
            const Time at = loop::effective_now(parts_.engine.parts(), endpoint->row(), settled);
            return loop::open_by_hand(parts_.engine.parts(), tx, endpoint->row(), at);
        });
    CO_TRY(opened);
    parts_.engine.wake();
    co_return CaseAnswer{*opened};
}

// Whoever is told that a route is in force may send the next request to any server.
Task<void> LoopApi::others_follow(int64_t endpoint_id) {
    parts_.engine.parts().tell();
    (void)co_await parts_.engine.settled(endpoint_id, std::nullopt, kFollowPatience);
}

Task<Result<rollout::Rollout>> LoopApi::start_rollout(StartRollout wanted, rpc::Context) {
    CO_TRY_ASSIGN(const auto endpoint, find(wanted.name));
    if (wanted.version < 1 || wanted.version > INT32_MAX)
        co_return fail(Code::invalid, "version has to be a number from 1", "version");
    CO_TRY_ASSIGN(const auto model, serving::parse_model(endpoint->row().spec.model));
    // A route never leads to a version that is not loaded.
    auto loaded = co_await parts_.pool.run([=, this] {
        return parts_.endpoints.engine(endpoint->row().workspace_id, model.name, wanted.version);
    });
    CO_TRY(loaded);
    auto started = co_await parts_.db.write(
        store::Durability::full, [=, this](store::Tx& tx) -> Result<rollout::Rollout> {
            const int64_t id = endpoint->row().id;
            TRY_ASSIGN(const auto route, serving::sql::latest_route(tx, id));
            if (!route)
                return fail(Code::conflict,
                            "endpoint " + quoted(wanted.name) + " has no champion to compare with");
            TRY_ASSIGN(const auto open_case, loop::sql::find_open_case(tx, id));
            if (open_case) return fail(Code::conflict, "the loop is retraining; wait for its end");
            std::optional<rollout::RolloutSpec> spec = wanted.spec;
            if (!spec) {
                TRY_ASSIGN(const auto policy, loop::sql::find_policy(tx, id));
                if (!policy)
                    return fail(Code::invalid,
                                "endpoint " + quoted(wanted.name) + " has no policy; send a spec",
                                "spec");
                spec = policy->spec.rollout;
            }
            TRY_ASSIGN(const auto settled, serving::sql::settled(tx, id));
            return loop::start_rollout(
                parts_.engine.parts(), tx, endpoint->row(),
                {*spec, route->champion, static_cast<int32_t>(wanted.version),
                 loop::effective_now(parts_.engine.parts(), endpoint->row(), settled), std::nullopt,
                 "by hand, without a gate"});
        });
    CO_TRY(started);
    const Status refreshed = co_await parts_.pool.run([=, this]() -> Status {
        TRY(parts_.endpoints.refresh(endpoint->row().id));
        return loop::arm_trips(parts_.engine.parts(), *endpoint);
    });
    CO_TRY(refreshed);
    co_await others_follow(endpoint->row().id);
    co_return started;
}

Task<Result<rollout::Rollout>> LoopApi::abort_rollout(AbortRollout wanted, rpc::Context) {
    CO_TRY_ASSIGN(const auto endpoint, find(wanted.name));
    auto ended = co_await parts_.db.write(
        store::Durability::full, [=, this](store::Tx& tx) -> Result<rollout::Rollout> {
            TRY_ASSIGN(const auto settled, serving::sql::settled(tx, endpoint->row().id));
            return loop::end_rollout(
                parts_.engine.parts(), tx, endpoint->row(), rollout::Ending::aborted,
                loop::effective_now(parts_.engine.parts(), endpoint->row(), settled),
                wanted.reason);
        });
    CO_TRY(ended);
    const Status refreshed = co_await parts_.pool.run(
        [=, this] { return parts_.endpoints.refresh(endpoint->row().id); });
    CO_TRY(refreshed);
    co_await others_follow(endpoint->row().id);
    co_return ended;
}

Task<Result<LoopApi::Rollouts>> LoopApi::list_rollouts(Named named, rpc::Context) {
    CO_TRY_ASSIGN(const auto endpoint, find(named.name));
    co_return co_await parts_.db.read([id = endpoint->row().id](store::Tx& tx) -> Result<Rollouts> {
        TRY_ASSIGN(auto found, rollout::sql::list(tx, id, 1000));
        return Rollouts{std::move(found)};
    });
}

Task<Result<LoopApi::RolloutAnswer>> LoopApi::get_rollout(ById id, rpc::Context) {
    co_return co_await parts_.db.read([id](store::Tx& tx) -> Result<RolloutAnswer> {
        TRY_ASSIGN(auto found, rollout::sql::find(tx, id.id));
        if (!found)
            return fail(Code::not_found, "no rollout " + std::to_string(id.id) +
                                             "; `rondo timeline` shows those of an endpoint");
        TRY_ASSIGN(auto points, rollout::sql::points(tx, id.id));
        return RolloutAnswer{std::move(*found), std::move(points)};
    });
}

Task<Result<LoopApi::Timeline>> LoopApi::timeline(ListQuery query, rpc::Context) {
    CO_TRY(check_limit(query.limit));
    CO_TRY_ASSIGN(const auto endpoint, find(query.name));
    co_return co_await parts_.db.read([=, this](store::Tx& tx) -> Result<Timeline> {
        TRY_ASSIGN(const auto entries,
                   loop::sql::timeline(tx, parts_.workspace_id, endpoint->row().subject(),
                                       query.after, query.limit));
        Timeline out;
        for (const auto& entry : entries) out.entries.push_back(loop::describe(entry));
        return out;
    });
}

Task<Result<LoopApi::Windows>> LoopApi::windows(WindowsQuery query, rpc::Context) {
    CO_TRY(check_limit(query.limit));
    CO_TRY_ASSIGN(const auto endpoint, find(query.name));
    co_return co_await parts_.db.read([=](store::Tx& tx) -> Result<Windows> {
        TRY_ASSIGN(auto windows, monitor::sql::windows_after(
                                     tx, endpoint->row().id,
                                     query.after.value_or(from_micros(INT64_MIN)), query.limit));
        return Windows{std::move(windows)};
    });
}

Task<Result<loop::Why>> LoopApi::why(ById id, rpc::Context) {
    co_return co_await parts_.pool.run(
        [=, this] { return loop::why(parts_.engine.parts(), parts_.workspace_id, id.id); });
}

Task<Result<net::Response>> LoopApi::stream(StreamQuery query, rpc::Context context) {
    int64_t after = query.after;
    // A browser that reconnects says what it saw last.
    if (const auto last = parse_int(context.request->headers.get("last-event-id"))) after = *last;
    if (after < 0) {
        CO_TRY_ASSIGN(const auto newest, co_await parts_.db.read([](store::Tx& tx) {
            return tx.one<std::optional<int64_t>>("SELECT max(id) FROM events");
        }));
        after = newest ? newest->value_or(0) : 0;
    }
    net::Response response;
    response.content_type = "text/event-stream";
    response.header("cache-control", "no-store");
    response.stream = std::make_unique<EventStream>(parts_, context.request->caller, after);
    co_return response;
}

}  // namespace rondo::api
