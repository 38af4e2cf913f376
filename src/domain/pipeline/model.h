#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "platform/json/json.h"

namespace rondo::pipeline {

inline constexpr std::string_view kPipelineKind = "pipeline";  // of grants

// One step: a script of the pipeline's files.
struct TaskSpec {
    std::string name;
    std::string script;  // path in the pipeline's files
    std::vector<std::string> args;
    std::vector<std::string> needs;  // tasks that have to succeed first
    std::map<std::string, std::string> env;
    Micros time_limit = std::chrono::hours{1};
    int32_t retries = 1;
    static constexpr auto fields =
        std::tuple{json::field("name", &TaskSpec::name, "Name of the task", json::required),
                   json::field("script", &TaskSpec::script, "Python file to run", json::required),
                   json::field("args", &TaskSpec::args, "Arguments"),
                   json::field("needs", &TaskSpec::needs, "Tasks that have to succeed first"),
                   json::field("env", &TaskSpec::env, "Environment variables"),
                   json::field("time_limit", &TaskSpec::time_limit, "Ended after this long"),
                   json::field("retries", &TaskSpec::retries, "Further attempts after a failure")};
};

// The model that a run makes: named by a task in its outputs file.
struct RegisterSpec {
    std::string model;  // registered model that gets the new version
    std::string task;   // whose outputs name it
    static constexpr auto fields =
        std::tuple{json::field("model", &RegisterSpec::model, "Registered model", json::required),
                   json::field("task", &RegisterSpec::task,
                               "Task whose outputs name the logged model", json::required)};
};

struct PipelineSpec {
    std::string name;
    std::string environment = "default";
    std::vector<TaskSpec> tasks;
    std::optional<RegisterSpec> registers;
    std::map<std::string, std::string> files;  // path -> digest of the stored bytes
    static constexpr auto fields = std::tuple{
        json::field("name", &PipelineSpec::name, "Name of the pipeline", json::required),
        json::field("environment", &PipelineSpec::environment, "Named Python environment"),
        json::field("tasks", &PipelineSpec::tasks, "The steps", json::required),
        json::field("register", &PipelineSpec::registers, "The model that a run makes"),
        json::field("files", &PipelineSpec::files, "Scripts by path: digests of stored bytes")};
};

struct Pipeline {
    int64_t id = 0;
    int64_t workspace_id = 1;
    int64_t version = 1;
    PipelineSpec spec;
};

// What a run is started with.
struct RunRequest {
    std::string idempotency_key;
    std::string dataset;  // empty: no data
    int64_t data_version = 0;
    std::map<std::string, std::string> params;  // RONDO_PARAM_<NAME> in every task
    std::optional<int64_t> cause;               // event
    static constexpr auto fields =
        std::tuple{json::field("idempotency_key", &RunRequest::idempotency_key,
                               "The same key never starts a second run"),
                   json::field("dataset", &RunRequest::dataset, "Dataset that the tasks get"),
                   json::field("data_version", &RunRequest::data_version, "Number of its version"),
                   json::field("params", &RunRequest::params, "Parameters for the tasks"),
                   json::field("cause", &RunRequest::cause, "Event that led to the run")};
};

enum class State : uint8_t { queued, running, succeeded, failed, cancelled };
inline bool is_final(State state) { return state != State::queued && state != State::running; }

// What a successful run made.
struct Outcome {
    std::string model;
    int64_t version = 0;
    std::string run_id;  // tracking run of the model
    static constexpr auto fields =
        std::tuple{json::field("model", &Outcome::model, "Registered model"),
                   json::field("version", &Outcome::version, "Its new version"),
                   json::field("run_id", &Outcome::run_id, "Tracking run")};
};

struct Task {
    std::string name;
    State state = State::queued;
    int64_t ver = 0;
    int64_t attempt = 0;  // 0: none yet
    int64_t pid = 0, start_ticks = 0;
    std::string server;      // whose process the attempt is
    int64_t taken_over = 0;  // attempts that ended because their server did
    std::optional<Time> started, ended;
    std::optional<int64_t> exit_code;
    std::string problem;
    json::Raw outputs{"{}"};
    static constexpr auto fields = std::tuple{
        json::field("name", &Task::name, "Name of the task"),
        json::field("state", &Task::state, "queued, running, succeeded, failed or cancelled"),
        json::field("attempt", &Task::attempt, "Number of the attempt"),
        json::field("started", &Task::started, "When the attempt started"),
        json::field("ended", &Task::ended, "When it ended"),
        json::field("exit_code", &Task::exit_code, "Exit code of its script"),
        json::field("problem", &Task::problem, "What went wrong"),
        json::field("outputs", &Task::outputs, "What the script wrote to its outputs file")};
};

struct Run {
    int64_t id = 0;
    int64_t workspace_id = 1;
    int64_t pipeline_id = 0;
    int64_t pipeline_version = 0;
    PipelineSpec spec;  // as it was when the run started
    RunRequest request;
    State state = State::queued;
    int64_t ver = 0;
    std::string problem;
    std::optional<Outcome> outcome;
    Time created{};
    std::optional<Time> ended;
    std::vector<Task> tasks;
    static constexpr auto fields = std::tuple{
        json::field("id", &Run::id, "Number of the run"),
        json::field("pipeline_version", &Run::pipeline_version, "Version of the definition"),
        json::field("spec", &Run::spec, "The definition that runs"),
        json::field("request", &Run::request, "What it was started with"),
        json::field("state", &Run::state, "queued, running, succeeded, failed or cancelled"),
        json::field("problem", &Run::problem, "What went wrong"),
        json::field("outcome", &Run::outcome, "What it made"),
        json::field("created", &Run::created, "When it was asked for"),
        json::field("ended", &Run::ended, "When it ended"),
        json::field("tasks", &Run::tasks, "Its tasks")};
};

}  // namespace rondo::pipeline

template <>
inline constexpr auto rondo::json::enum_names<rondo::pipeline::State> =
    std::array{std::pair{rondo::pipeline::State::queued, std::string_view("queued")},
               std::pair{rondo::pipeline::State::running, std::string_view("running")},
               std::pair{rondo::pipeline::State::succeeded, std::string_view("succeeded")},
               std::pair{rondo::pipeline::State::failed, std::string_view("failed")},
               std::pair{rondo::pipeline::State::cancelled, std::string_view("cancelled")}};
