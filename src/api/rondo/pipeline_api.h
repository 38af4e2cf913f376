// Pipelines and their runs over HTTP. Whatever leads to code being run needs Reach::operate.
#pragma once

#include <vector>

#include "domain/pipeline/executor.h"
#include "platform/async/pool.h"
#include "platform/rpc/endpoint.h"

namespace rondo::api {

class PipelineApi {
  public:
    struct Parts {
        store::Database& db;
        const pipeline::Service& pipelines;
        pipeline::Executor& executor;
        WorkerPool& pool;
        int64_t workspace_id = 1;
    };
    explicit PipelineApi(Parts parts) : parts_(parts) {}
    std::vector<rpc::Row> rows();

    struct Named {
        std::string name;
        static constexpr auto fields =
            std::tuple{json::field("name", &Named::name, "Name of the pipeline")};
    };
    struct Defined {
        std::string name;
        int64_t version = 0;
        pipeline::PipelineSpec spec;
        static constexpr auto fields =
            std::tuple{json::field("name", &Defined::name, "Name of the pipeline"),
                       json::field("version", &Defined::version, "Version of the definition"),
                       json::field("spec", &Defined::spec, "The definition")};
    };
    struct DefinedList {
        std::vector<Defined> pipelines;
        static constexpr auto fields =
            std::tuple{json::field("pipelines", &DefinedList::pipelines, "By name")};
    };
    struct StartRun {
        std::string name;
        std::string idempotency_key;
        std::string dataset;
        int64_t data_version = 0;
        std::map<std::string, std::string> params;
        static constexpr auto fields = std::tuple{
            json::field("name", &StartRun::name, "Name of the pipeline"),
            json::field("idempotency_key", &StartRun::idempotency_key,
                        "The same key never starts a second run"),
            json::field("dataset", &StartRun::dataset, "Dataset for the tasks"),
            json::field("data_version", &StartRun::data_version, "Its version; 0: the latest"),
            json::field("params", &StartRun::params, "Parameters for the tasks")};
    };
    struct RunsQuery {
        std::string pipeline;
        int32_t limit = 50;
        static constexpr auto fields =
            std::tuple{json::field("pipeline", &RunsQuery::pipeline, "Only runs of this one"),
                       json::field("limit", &RunsQuery::limit, "At most this many, up to 1,000")};
    };
    struct RunList {
        std::vector<pipeline::Run> runs;
        static constexpr auto fields =
            std::tuple{json::field("runs", &RunList::runs, "Newest first")};
    };
    struct RunId {
        int64_t id = 0;
        static constexpr auto fields =
            std::tuple{json::field("id", &RunId::id, "Number of the run")};
    };
    struct LogQuery {
        int64_t id = 0;
        std::string task;
        int64_t attempt = 0;
        static constexpr auto fields =
            std::tuple{json::field("id", &LogQuery::id, "Number of the run"),
                       json::field("task", &LogQuery::task, "Name of the task"),
                       json::field("attempt", &LogQuery::attempt, "0: the latest")};
    };

    Task<Result<Defined>> put(Named, rpc::Context);
    Task<Result<Defined>> get(Named, rpc::Context);
    Task<Result<DefinedList>> list(rpc::None, rpc::Context);
    Task<Result<pipeline::Run>> start(StartRun, rpc::Context);
    Task<Result<RunList>> list_runs(RunsQuery, rpc::Context);
    Task<Result<pipeline::Run>> get_run(RunId, rpc::Context);
    Task<Result<pipeline::Run>> cancel(RunId, rpc::Context);
    Task<Result<net::Response>> log(LogQuery, rpc::Context);

  private:
    Parts parts_;
};

}  // namespace rondo::api
