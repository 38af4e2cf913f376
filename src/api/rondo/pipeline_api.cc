#include "api/rondo/pipeline_api.h"

#include "api/rondo/definition.h"
#include "base/text.h"
#include "domain/data/store.h"
#include "domain/pipeline/store.h"
#include "platform/auth/readable.h"

namespace rondo::api {
namespace {

constexpr rpc::ObjectField kDataset[]{{"dataset", "dataset", rpc::Reach::read}};
constexpr rpc::Permission kDefine{"define_pipeline", rpc::Reach::operate, "pipeline", "name"};
constexpr rpc::Permission kRun{"run_pipeline", rpc::Reach::operate, "pipeline", "name", kDataset};
constexpr rpc::Permission kRead{"read_pipeline", rpc::Reach::read, "pipeline", "name"};
constexpr rpc::Permission kList{"list_pipelines", rpc::Reach::search, "", ""};
constexpr rpc::Permission kReadRun{"read_run", rpc::Reach::read, "pipeline_run", "id"};
constexpr rpc::Permission kCancelRun{"cancel_run", rpc::Reach::operate, "pipeline_run", "id"};

constexpr size_t kLogBytes = 1 << 20;

PipelineApi::Defined to_answer(pipeline::Pipeline p) {
    return {p.spec.name, p.version, std::move(p.spec)};
}

// Scripts have to be stored bytes that this workspace may use.
Status check_files(store::Tx& tx, int64_t workspace_id, const pipeline::PipelineSpec& spec) {
    for (const auto& [path, digest] : spec.files) {
        TRY(data::check_path(path));
        TRY_ASSIGN(const auto size, data::sql::granted_size(tx, workspace_id, digest));
        if (!size)
            return fail(Code::not_found,
                        "the bytes of " + quoted(path) +
                            " are not stored; "
                            "upload them first",
                        "files");
    }
    return ok();
}

}  // namespace

std::vector<rpc::Row> PipelineApi::rows() {
    using rpc::get;
    using rpc::post;
    using rpc::put;
    return {
        put<&PipelineApi::put>("/api/rondo/v1/pipelines/{name}", kDefine,
                               "Define a pipeline (YAML or JSON)")
            .takes(rpc::BodyKind::raw, kDefinitionLimit),
        get<&PipelineApi::list>("/api/rondo/v1/pipelines", kList, "All pipelines"),
        get<&PipelineApi::get>("/api/rondo/v1/pipelines/{name}", kRead, "A pipeline"),
        post<&PipelineApi::start>("/api/rondo/v1/pipelines/{name}/runs", kRun, "Start a run"),
        get<&PipelineApi::list_runs>("/api/rondo/v1/runs", kList, "Runs, newest first"),
        get<&PipelineApi::get_run>("/api/rondo/v1/runs/{id}", kReadRun, "A run and its tasks"),
        post<&PipelineApi::cancel>("/api/rondo/v1/runs/{id}/cancel", kCancelRun, "End a run"),
        get<&PipelineApi::log>("/api/rondo/v1/runs/{id}/tasks/{task}/log", kReadRun,
                               "The end of a task's output"),
    };
}

Task<Result<PipelineApi::Defined>> PipelineApi::put(Named named, rpc::Context context) {
    CO_TRY_ASSIGN(auto spec, read_definition<pipeline::PipelineSpec>(*context.request));
    if (spec.name != named.name)
        co_return fail(
            Code::invalid,
            "the definition is of " + quoted(spec.name) + ", the path of " + quoted(named.name),
            "name");
    co_return co_await parts_.db.write(
        store::Durability::full, [this, spec = std::move(spec)](store::Tx& tx) -> Result<Defined> {
            TRY(check_files(tx, parts_.workspace_id, spec));
            TRY_ASSIGN(auto made, parts_.pipelines.put(tx, parts_.workspace_id, spec));
            return to_answer(std::move(made));
        });
}

Task<Result<PipelineApi::Defined>> PipelineApi::get(Named named, rpc::Context) {
    co_return co_await parts_.db.read([this, named](store::Tx& tx) -> Result<Defined> {
        TRY_ASSIGN(auto found, parts_.pipelines.get(tx, parts_.workspace_id, named.name));
        return to_answer(std::move(found));
    });
}

Task<Result<PipelineApi::DefinedList>> PipelineApi::list(rpc::None, rpc::Context context) {
    co_return co_await parts_.db.read([this,
                                       readable = auth::readable_by(context.request->caller.get())](
                                          store::Tx& tx) -> Result<DefinedList> {
        TRY_ASSIGN(auto found, pipeline::sql::list_pipelines(tx, parts_.workspace_id, readable));
        DefinedList out;
        for (auto& p : found) out.pipelines.push_back(to_answer(std::move(p)));
        return out;
    });
}

Task<Result<pipeline::Run>> PipelineApi::start(StartRun wanted, rpc::Context) {
    CO_TRY_ASSIGN(
        auto run,
        co_await parts_.db.write(
            store::Durability::full, [this, wanted](store::Tx& tx) -> Result<pipeline::Run> {
                TRY_ASSIGN(const auto found,
                           parts_.pipelines.get(tx, parts_.workspace_id, wanted.name));
                pipeline::RunRequest request;
                request.idempotency_key = wanted.idempotency_key;
                request.params = wanted.params;
                if (!wanted.dataset.empty()) {
                    TRY_ASSIGN(
                        const auto version,
                        wanted.data_version == 0
                            ? data::sql::latest_version(tx, parts_.workspace_id, wanted.dataset)
                            : data::sql::find_version(tx, parts_.workspace_id, wanted.dataset,
                                                      wanted.data_version));
                    if (!version)
                        return fail(Code::not_found,
                                    (wanted.data_version == 0
                                         ? "no dataset "
                                         : "no version " + std::to_string(wanted.data_version) +
                                               " of dataset ") +
                                        quoted(wanted.dataset) +
                                        "; `rondo data list` shows what there is",
                                    "dataset");
                    request.dataset = version->dataset;
                    request.data_version = version->number;
                }
                TRY_ASSIGN(const int64_t id, parts_.pipelines.start(tx, found, std::move(request)));
                return pipeline::sql::get_run(tx, id);
            }));
    parts_.executor.wake();
    co_return run;
}

Task<Result<PipelineApi::RunList>> PipelineApi::list_runs(RunsQuery query, rpc::Context context) {
    if (query.limit < 1 || query.limit > 1000)
        co_return fail(Code::invalid, "limit has to be 1 to 1,000", "limit");
    co_return co_await parts_.db.read(
        [this, query, readable = auth::readable_by(context.request->caller.get())](
            store::Tx& tx) -> Result<RunList> {
            TRY_ASSIGN(auto runs, pipeline::sql::list_runs(tx, parts_.workspace_id, query.pipeline,
                                                           query.limit, readable));
            return RunList{std::move(runs)};
        });
}

Task<Result<pipeline::Run>> PipelineApi::get_run(RunId id, rpc::Context) {
    co_return co_await parts_.db.read(
        [id](store::Tx& tx) { return pipeline::sql::get_run(tx, id.id); });
}

Task<Result<pipeline::Run>> PipelineApi::cancel(RunId id, rpc::Context) {
    CO_TRY_ASSIGN(auto run,
                  co_await parts_.db.write(store::Durability::full,
                                           [this, id](store::Tx& tx) -> Result<pipeline::Run> {
                                               TRY(parts_.pipelines.cancel(tx, id.id));
                                               return pipeline::sql::get_run(tx, id.id);
                                           }));
    const Status ended =
        co_await parts_.pool.run([this, id] { return parts_.executor.end_cancelled(id.id); });
    CO_TRY(ended);
    co_return run;
}

Task<Result<net::Response>> PipelineApi::log(LogQuery query, rpc::Context) {
    CO_TRY_ASSIGN(const auto run, co_await parts_.db.read([query](store::Tx& tx) {
        return pipeline::sql::get_run(tx, query.id);
    }));
    for (const pipeline::Task& task : run.tasks) {
        if (task.name != query.task) continue;
        const int64_t attempt = query.attempt == 0 ? task.attempt : query.attempt;
        auto text = co_await parts_.pool.run([this, query, task, attempt] {
            return parts_.executor.log(query.id, task, attempt, kLogBytes);
        });
        CO_TRY(text);
        net::Response response;
        response.content_type = "text/plain; charset=utf-8";
        response.header("x-content-type-options", "nosniff");
        response.body = std::move(*text);
        co_return response;
    }
    co_return fail(Code::not_found, "run " + std::to_string(query.id) + " has no task " +
                                        quoted(query.task) + "; `rondo run show " +
                                        std::to_string(query.id) + "` lists them");
}

}  // namespace rondo::api
