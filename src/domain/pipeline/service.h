// Use cases of pipelines: definitions are checked before they are kept, runs are asked for.
#pragma once

#include <string>

#include "base/env.h"
#include "domain/holds/holds.h"
#include "domain/pipeline/model.h"
#include "platform/events/events.h"

namespace rondo::pipeline {

inline constexpr size_t kMaxTasks = 1000;

// Names, files, needs: every problem is named, a cycle by the tasks on it.
Status check(const PipelineSpec& spec);

class Service {
  public:
    Service(Env& env, const events::Events& events, holds::Terms terms = {})
        : env_(env), events_(events), terms_(terms) {}

    Result<Pipeline> put(store::Tx& tx, int64_t workspace_id, const PipelineSpec& spec) const;
    Result<Pipeline> get(store::Tx& tx, int64_t workspace_id, const std::string& name) const;
    // The run's id; the same idempotency key gives the same run.
    Result<int64_t> start(store::Tx& tx, const Pipeline& pipeline, RunRequest request) const;
    // Asks a run to end; its tasks are signalled by the executor.
    Status cancel(store::Tx& tx, int64_t run_id) const;

  private:
    // Runs keep the files of their pipeline; collection of garbage may have read either already.
    Status hold_files(store::Tx& tx, const PipelineSpec& spec) const;

    Env& env_;
    const events::Events& events_;
    holds::Terms terms_;
};

}  // namespace rondo::pipeline
