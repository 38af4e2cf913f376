#include "domain/pipeline/service.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "domain/pipeline/store.h"

namespace rondo::pipeline {
namespace {

bool is_name(std::string_view text) {
    bool good = !text.empty() && text.size() <= 100 && text[0] != '.' && text[0] != '-';
    for (const char c : text) {
        good = good && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.');
    }
    return good;
}

// Variables that would let a definition run other code than its pinned scripts (trust case T40).
bool is_reserved_variable(std::string_view name) {
    return name.starts_with("LD_") || name.starts_with("PYTHON") || name.starts_with("RONDO_") ||
           name == "PATH" || name == "HOME" || name == "TMPDIR" || name == "BASH_ENV" ||
           name == "ENV" || name == "IFS" || name.find('=') != std::string_view::npos ||
           name.empty();
}

Status check_task(const PipelineSpec& spec, const TaskSpec& task) {
    const std::string where = "task " + quoted(task.name);
    if (!is_name(task.name))
        return fail(Code::invalid, where + ": use letters, digits, '_', '-' and '.'", "tasks");
    if (!spec.files.contains(task.script))
        return fail(
            Code::invalid,
            where + ": the script " + quoted(task.script) + " is not among the pipeline's files",
            "tasks");
    if (task.retries < 0 || task.retries > 10)
        return fail(Code::invalid, where + ": retries has to be 0 to 10", "tasks");
    for (const auto& [name, value] : task.env) {
        if (is_reserved_variable(name))
            return fail(Code::invalid, where + ": the variable " + quoted(name) + " is reserved",
                        "tasks");
    }
    for (const std::string& needed : task.needs) {
        const bool known = std::any_of(spec.tasks.begin(), spec.tasks.end(),
                                       [&](const TaskSpec& t) { return t.name == needed; });
        if (!known)
            return fail(Code::invalid, where + " needs " + quoted(needed) + ", which is no task",
                        "tasks");
    }
    return ok();
}

// Takes away tasks whose needs are met until none is left; what stays is on or behind a cycle.
Status check_cycles(const PipelineSpec& spec) {
    std::set<std::string> done;
    std::vector<const TaskSpec*> left;
    for (const TaskSpec& task : spec.tasks) left.push_back(&task);
    while (!left.empty()) {
        const size_t before = left.size();
        std::erase_if(left, [&](const TaskSpec* task) {
            const bool ready = std::all_of(task->needs.begin(), task->needs.end(),
                                           [&](const std::string& n) { return done.contains(n); });
            if (ready) done.insert(task->name);
            return ready;
        });
        if (left.size() == before) {
            std::string names;
            for (const TaskSpec* task : left) names += (names.empty() ? "" : ", ") + task->name;
            return fail(Code::invalid,
                        "the tasks " + names + " need each other in a circle; take one `needs` out",
                        "tasks");
        }
    }
    return ok();
}

}  // namespace

Status check(const PipelineSpec& spec) {
    if (!is_name(spec.name))
        return fail(Code::invalid,
                    quoted(spec.name) +
                        " is no pipeline name: use letters, digits, "
                        "'_', '-' and '.', at most 100",
                    "name");
    if (spec.tasks.empty()) return fail(Code::invalid, "a pipeline needs a task", "tasks");
    if (spec.tasks.size() > kMaxTasks)
        return fail(Code::too_large, "a pipeline has at most 1,000 tasks", "tasks");
    std::set<std::string> names;
    for (const TaskSpec& task : spec.tasks) {
        TRY(check_task(spec, task));
        if (!names.insert(task.name).second)
            return fail(Code::invalid, "two tasks are called " + quoted(task.name), "tasks");
    }
    if (spec.registers && !names.contains(spec.registers->task))
        return fail(Code::invalid, "register: " + quoted(spec.registers->task) + " is no task",
                    "register");
    return check_cycles(spec);
}

Status Service::hold_files(store::Tx& tx, const PipelineSpec& spec) const {
    std::vector<holds::Bytes> bytes;
    for (const auto& [path, digest] : spec.files) bytes.push_back({digest});
    return holds::hold(tx, bytes, env_.now(), terms_);
}

Result<Pipeline> Service::put(store::Tx& tx, int64_t workspace_id, const PipelineSpec& spec) const {
    TRY(check(spec));
    TRY(hold_files(tx, spec));
    TRY_ASSIGN(Pipeline made, sql::put_pipeline(tx, workspace_id, spec, env_.now()));
    TRY(events_.publish(tx, {.kind = "pipeline.defined",
                             .subject = "pipeline/" + spec.name,
                             .data = "{\"version\":" + std::to_string(made.version) + "}",
                             .workspace_id = workspace_id}));
    return made;
}

Result<Pipeline> Service::get(store::Tx& tx, int64_t workspace_id, const std::string& name) const {
    TRY_ASSIGN(auto found, sql::find_pipeline(tx, workspace_id, name));
    if (!found)
        return fail(Code::not_found,
                    "no pipeline " + quoted(name) + "; define it with `rondo pipeline apply`");
    return std::move(*found);
}

Result<int64_t> Service::start(store::Tx& tx, const Pipeline& pipeline, RunRequest request) const {
    if (request.idempotency_key.empty()) request.idempotency_key = random_hex(env_, 16);
    TRY_ASSIGN(const auto run, sql::insert_run(tx, pipeline, request, env_.now()));
    if (!run.is_new) return run.id;
    TRY(hold_files(tx, pipeline.spec));
    TRY(events_.publish(tx, {.kind = "pipeline.run_queued",
                             .subject = "pipeline/" + pipeline.spec.name,
                             .cause = request.cause,
                             .data = "{\"run\":" + std::to_string(run.id) + "}",
                             .workspace_id = pipeline.workspace_id}));
    return run.id;
}

Status Service::cancel(store::Tx& tx, int64_t run_id) const {
    TRY_ASSIGN(const Run run, sql::get_run(tx, run_id));
    if (is_final(run.state))
        return fail(Code::conflict, "run " + std::to_string(run_id) + " has ended already");
    TRY(sql::move_run(tx, run, State::cancelled, "cancelled by a caller", std::nullopt,
                      env_.now()));
    TRY(events_.publish(tx,
                        {.kind = "pipeline.run_ended",
                         .subject = "pipeline/" + run.spec.name,
                         .cause = run.request.cause,
                         .data = "{\"run\":" + std::to_string(run_id) + ",\"state\":\"cancelled\"}",
                         .workspace_id = run.workspace_id}));
    return ok();
}

}  // namespace rondo::pipeline
