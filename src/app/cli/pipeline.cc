#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "app/cli/commands.h"
#include "base/text.h"
#include "platform/crypto/crypto.h"

namespace rondo::app::cli {
namespace {

struct RunOptions {
    std::string dataset;
    int64_t data_version = 0;
    std::map<std::string, std::string> params;
    std::string idempotency_key;
    bool wait = false;
};

using json::Value;

constexpr uint64_t kLogLimit = 16 << 20;
constexpr useconds_t kLookEvery = 300'000;

std::string folder_of(const std::string& file) {
    const size_t slash = file.rfind('/');
    return slash == std::string::npos ? "." : file.substr(0, slash);
}

void print_tasks(const Value& run) {
    TablePrinter table({"TASK", "STATE", "ATTEMPT", "STARTED", "ENDED", "PROBLEM"});
    for (const auto& task : run["tasks"].list())
        table.add({std::string(task["name"].text()), std::string(task["state"].text()),
                   std::to_string(task["attempt"].integer()), std::string(task["started"].text()),
                   std::string(task["ended"].text()), std::string(task["problem"].text())});
    table.print();
}

bool is_final(const Value& run) {
    const auto state = run["state"].text();
    return state == "succeeded" || state == "failed" || state == "cancelled";
}

// The scripts that tasks name are read beside the definition, stored, and pinned by digest; further
// files can be listed under `include`.
Status pipeline_apply(const Common& common, const std::string& file) {
    TRY_ASSIGN(auto session, Session::open(common));
    TRY_ASSIGN(const std::string text, read_local_file(file));
    TRY_ASSIGN(Value spec, json::parse_yaml(text));
    std::vector<std::string> wanted;
    for (const auto& task : spec["tasks"].list()) wanted.emplace_back(task["script"].text());
    for (const auto& more : spec["include"].list()) wanted.emplace_back(more.text());
    Value files = spec["files"];
    for (const std::string& path : wanted) {
        if (path.empty() || !files[path].is_null()) continue;
        TRY_ASSIGN(std::string bytes, read_local_file(folder_of(file) + "/" + path));
        TRY_ASSIGN(const auto stored,
                   session.send_raw("POST", "/api/rondo/v1/blobs", std::move(bytes),
                                    "application/octet-stream"));
        // A file from elsewhere ("../common/x.py") lies beside the others in the run.
        files.set(path.substr(path.rfind('/') == std::string::npos || !path.starts_with("..")
                                  ? 0
                                  : path.rfind('/') + 1),
                  std::string(stored["digest"].text()));
    }
    Value::Object sent;
    for (const auto& [name, value] : spec.object()) {
        if (name != "include" && name != "files") sent.emplace_back(name, value);
    }
    sent.emplace_back("files", std::move(files));
    const std::string name(spec["name"].text());
    TRY_ASSIGN(const auto answer,
               session.send("PUT", "/api/rondo/v1/pipelines/" + segment(name), Value(sent)));
    if (session.json())
        print_json(answer);
    else
        print_line("pipeline " + name + " version " + std::to_string(answer["version"].integer()));
    return ok();
}

Status pipeline_list(const Common& common) {
    TRY_ASSIGN(auto session, Session::open(common));
    TRY_ASSIGN(const auto answer, session.get("/api/rondo/v1/pipelines"));
    if (session.json()) {
        print_json(answer);
        return ok();
    }
    TablePrinter table({"NAME", "VERSION", "TASKS", "REGISTERS"});
    for (const auto& p : answer["pipelines"].list())
        table.add({std::string(p["name"].text()), std::to_string(p["version"].integer()),
                   std::to_string(p["spec"]["tasks"].list().size()),
                   std::string(p["spec"]["register"]["model"].text())});
    table.print();
    return ok();
}

Status pipeline_run(const Common& common, const std::string& name, const RunOptions& options) {
    TRY_ASSIGN(auto session, Session::open(common));
    Value::Object params;
    for (const auto& [key, value] : options.params) params.emplace_back(key, value);
    TRY_ASSIGN(auto run, session.send("POST", "/api/rondo/v1/pipelines/" + segment(name) + "/runs",
                                      Value::Object{{"dataset", options.dataset},
                                                    {"data_version", options.data_version},
                                                    {"params", params},
                                                    {"idempotency_key", options.idempotency_key}}));
    const std::string path = "/api/rondo/v1/runs/" + std::to_string(run["id"].integer());
    while (options.wait && !is_final(run)) {
        ::usleep(kLookEvery);
        TRY_ASSIGN(run, session.get(path));
    }
    if (session.json())
        print_json(run);
    else
        print_line(
            "run " + std::to_string(run["id"].integer()) + " " + std::string(run["state"].text()) +
            (run["problem"].text().empty() ? "" : ": " + std::string(run["problem"].text())));
    if (options.wait && run["state"].text() != "succeeded")
        return fail(Code::conflict, "the run did not succeed");
    return ok();
}

Status run_list(const Common& common, const std::string& pipeline) {
    TRY_ASSIGN(auto session, Session::open(common));
    TRY_ASSIGN(const auto answer,
               session.get("/api/rondo/v1/runs?limit=1000&pipeline=" + segment(pipeline)));
    if (session.json()) {
        print_json(answer);
        return ok();
    }
    TablePrinter table({"RUN", "PIPELINE", "STATE", "CREATED", "MADE", "PROBLEM"});
    for (const auto& run : answer["runs"].list()) {
        const Value& made = run["outcome"];
        table.add({std::to_string(run["id"].integer()), std::string(run["spec"]["name"].text()),
                   std::string(run["state"].text()), std::string(run["created"].text()),
                   made.is_null() ? ""
                                  : std::string(made["model"].text()) + " " +
                                        std::to_string(made["version"].integer()),
                   std::string(run["problem"].text())});
    }
    table.print();
    return ok();
}

Status run_show(const Common& common, int64_t id) {
    TRY_ASSIGN(auto session, Session::open(common));
    TRY_ASSIGN(const auto run, session.get("/api/rondo/v1/runs/" + std::to_string(id)));
    if (session.json()) {
        print_json(run);
        return ok();
    }
    print_line("run " + std::to_string(id) + " of " + std::string(run["spec"]["name"].text()) +
               ": " + std::string(run["state"].text()) +
               (run["problem"].text().empty() ? "" : ", " + std::string(run["problem"].text())));
    print_tasks(run);
    return ok();
}

Status run_log(const Common& common, int64_t id, const std::string& task) {
    TRY_ASSIGN(auto session, Session::open(common));
    std::string name = task;
    if (name.empty()) {
        TRY_ASSIGN(const auto run, session.get("/api/rondo/v1/runs/" + std::to_string(id)));
        const auto& tasks = run["tasks"].list();
        if (tasks.empty()) return fail(Code::not_found, "the run has no tasks");
        name = tasks.front()["name"].text();
    }
    TRY_ASSIGN(const std::string text, session.fetch("/api/rondo/v1/runs/" + std::to_string(id) +
                                                         "/tasks/" + segment(name) + "/log",
                                                     kLogLimit));
    if (session.json())
        print_json(Value::Object{{"task", name}, {"log", text}});
    else
        std::fwrite(text.data(), 1, text.size(), stdout);
    return ok();
}

Status run_cancel(const Common& common, int64_t id) {
    TRY_ASSIGN(auto session, Session::open(common));
    TRY_ASSIGN(const auto run,
               session.send("POST", "/api/rondo/v1/runs/" + std::to_string(id) + "/cancel",
                            Value::Object{}));
    if (session.json())
        print_json(run);
    else
        print_line("run " + std::to_string(id) + " cancelled");
    return ok();
}

}  // namespace

void add_pipeline(Noun& root) {
    struct Flags {
        std::string file, name;
        std::vector<std::string> params;
        RunOptions run;
    };
    const auto flags = std::make_shared<Flags>();
    Noun pipeline = root.noun("pipeline", "Pipelines");
    pipeline
        .verb("apply", "Define a pipeline, with the scripts beside its file",
              [flags](const Common& common) { return pipeline_apply(common, flags->file); })
        .positional("file", flags->file, "Definition (YAML)")
        .required();
    pipeline.verb("list", "All pipelines", pipeline_list);
    Verb start = pipeline.verb("run", "Start a run", [flags](const Common& common) {
        for (const std::string& param : flags->params) {
            const size_t equals = param.find('=');
            flags->run.params[param.substr(0, equals)] = param.substr(equals + 1);
        }
        return pipeline_run(common, flags->name, flags->run);
    });
    start.positional("name", flags->name, "Name of the pipeline").required();
    start.option("--dataset", flags->run.dataset, "Dataset for its tasks");
    start.option("--data-version", flags->run.data_version, "Its version; 0 takes the latest");
    start.option("--param", flags->params, "NAME=VALUE for its tasks")
        .check([](const std::string& param) {
            return param.find('=') != std::string::npos ? std::string()
                                                        : "it needs NAME=VALUE, not " + param;
        });
    start.option("--idempotency-key", flags->run.idempotency_key,
                 "The same key never starts a second run");
    start.option("--wait", flags->run.wait, "Wait for its end");
}

void add_run(Noun& root) {
    struct Flags {
        std::string pipeline, task;
        int64_t id = 0;
    };
    const auto flags = std::make_shared<Flags>();
    Noun run = root.noun("run", "Runs of pipelines");
    run.verb("list", "Runs, newest first",
             [flags](const Common& common) { return run_list(common, flags->pipeline); })
        .positional("pipeline", flags->pipeline, "Only runs of this pipeline");
    run.verb("show", "A run and its tasks",
             [flags](const Common& common) { return run_show(common, flags->id); })
        .positional("id", flags->id, "Number of the run")
        .required();
    Verb log = run.verb("log", "What a task printed", [flags](const Common& common) {
        return run_log(common, flags->id, flags->task);
    });
    log.positional("id", flags->id, "Number of the run").required();
    log.positional("task", flags->task, "Name of the task; the first by default");
    run.verb("cancel", "End a run",
             [flags](const Common& common) { return run_cancel(common, flags->id); })
        .positional("id", flags->id, "Number of the run")
        .required();
}

}  // namespace rondo::app::cli
