// What the loop stands on: handed to it once, by app.
#pragma once

#include "domain/data/service.h"
#include "domain/gates/service.h"
#include "domain/loop/model.h"
#include "domain/pipeline/service.h"
#include "domain/predictions/service.h"
#include "domain/registry/service.h"
#include "domain/rollout/service.h"
#include "domain/serving/endpoints.h"
#include "domain/tracking/service.h"
#include "platform/events/events.h"
#include "platform/jobs/leases.h"
#include "platform/store/database.h"

namespace rondo::loop {

struct Parts {
    Env& env;
    store::Database& db;
    blob::Store& blobs;
    const events::Events& events;
    const predictions::Service& predictions;
    const data::Service& data;
    const pipeline::Service& pipelines;
    const registry::Service& registry;
    const tracking::Service& tracking;
    const rollout::Service& rollouts;
    serving::Endpoints& endpoints;
    std::function<void()> wake_executor;
    const jobs::Servers& servers;
    const jobs::Leases& leases;
    // Routes, watermarks or what is settled changed: other servers and the follower should look.
    std::function<void()> tell;
    // Under which the engine's thread decides at the moment; that thread's own.
    std::optional<jobs::Fence> fence = std::nullopt;

    bool among_several() const { return servers.company() == jobs::Company::several; }
};

// The lease of whoever decides.
inline constexpr const char* kLoopLease = "loop";

// A transaction of the engine's thread: it happens only while this server is the one that decides.
template <class F>
std::invoke_result_t<F&, store::Tx&> decide(const Parts& parts, F fn) {
    return parts.db.write_now(store::Durability::full,
                              [&](store::Tx& tx) -> std::invoke_result_t<F&, store::Tx&> {
                                  if (parts.fence) TRY(parts.fence->check(tx));
                                  return fn(tx);
                              });
}

// An event of an endpoint and the decision it announces, in one transaction. Returns the event's
// id: the cause of what follows.
struct Record {
    std::string event;     // kind of the event
    std::string decision;  // kind of the decision
    Time tick{};
    std::optional<int64_t> cause;
    std::string data;  // of the event, JSON
    DecisionInputs inputs;
    std::string evidence;  // of the decision, JSON
};
Result<int64_t> record(const Parts& parts, store::Tx& tx, const serving::EndpointRow& endpoint,
                       Record record);
// An event without a decision.
Result<int64_t> announce(const Parts& parts, store::Tx& tx, const serving::EndpointRow& endpoint,
                         const std::string& kind, Time happened, std::optional<int64_t> cause,
                         std::string data);

// Digests of the sealed days in [first, last].
Result<std::vector<std::string>> digests_between(store::Tx& tx, int64_t endpoint_id, Day first,
                                                 Day last);

}  // namespace rondo::loop
