// Use cases of rollouts: what a verdict does to routes and to the champion's alias.
#pragma once

#include <functional>
#include <set>

#include "domain/rollout/course.h"
#include "platform/store/tx.h"

namespace rondo::rollout {

// Points the endpoint's alias to a version, in the same transaction. Wired in by app.
using SetChampion =
    std::function<Status(store::Tx& tx, const serving::EndpointRow& endpoint, int32_t version)>;

class Service {
  public:
    explicit Service(SetChampion set_champion) : set_champion_(std::move(set_champion)) {}

    // Opens a rollout and makes its first route, in force from `from` on.
    Result<Rollout> start(store::Tx& tx, const serving::EndpointRow& endpoint, RolloutSpec spec,
                          int32_t champion, int32_t candidate, Time from,
                          std::optional<int64_t> cause, const std::string& origin) const;

    // Numbers of the routes whose rows are the evidence of the present stage.
    Result<std::set<int64_t>> evidence_routes(store::Tx& tx, const Rollout& rollout) const;

    // Carries a verdict out at a tick: next stage, promotion, watch passed, roll back, or the end.
    // Returns the rollout as it is now. go_on only stores the evidence.
    Result<Rollout> act(store::Tx& tx, const serving::EndpointRow& endpoint, Rollout rollout,
                        const experiment::Verdict& verdict, Time tick) const;

    // Ends it at once: by a person, or a hard trip. The champion answers from `from` on.
    Result<Rollout> end(store::Tx& tx, const serving::EndpointRow& endpoint, Rollout rollout,
                        Ending ending, Time from) const;

  private:
    Status add_route(store::Tx& tx, const Rollout& rollout, serving::RouteMode mode,
                     Time from) const;
    Result<Rollout> store(store::Tx& tx, Rollout rollout) const;

    SetChampion set_champion_;
};

}  // namespace rondo::rollout
