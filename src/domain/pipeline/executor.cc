#include "domain/pipeline/executor.h"

#include <signal.h>

#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "domain/pipeline/store.h"

namespace rondo::pipeline {
namespace {

constexpr size_t kMaxResultBytes = 64 << 10;
constexpr size_t kMaxOutputsBytes = 1 << 20;
// Attempts at a time; a small machine trains one model well and two badly.
constexpr int kMaxParallel = 2;
// A shim announces itself within milliseconds; one that has not after this never started.
constexpr Micros kAnnouncePatience{10'000'000};
constexpr auto kLookEvery = std::chrono::seconds{1};

Task* find_task(Run& run, const std::string& name) {
    for (Task& task : run.tasks) {
        if (task.name == name) return &task;
    }
    return nullptr;
}

bool needs_met(Run& run, const TaskSpec& spec) {
    return std::all_of(spec.needs.begin(), spec.needs.end(), [&](const std::string& name) {
        const Task* needed = find_task(run, name);
        return needed != nullptr && needed->state == State::succeeded;
    });
}

const TaskSpec* spec_of(const Run& run, const std::string& name) {
    for (const TaskSpec& spec : run.spec.tasks) {
        if (spec.name == name) return &spec;
    }
    return nullptr;
}

std::string upper(std::string text) {
    for (char& c : text) {
        if (c >= 'a' && c <= 'z')
            c = static_cast<char>(c - 'a' + 'A');
        else if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')))
            c = '_';
    }
    return text;
}

// What a person needs to find the cause.
std::string why_failed(const process::Outcome& outcome, const TaskSpec& spec) {
    if (!outcome.problem.empty()) return outcome.problem;
    if (outcome.timed_out)
        return "ended after its time limit of " + format_duration(spec.time_limit);
    if (outcome.exit_code > 128)
        return "ended by signal " + std::to_string(outcome.exit_code - 128) +
               (outcome.exit_code == 137 ? " (out of memory, most often)" : "");
    return spec.script + " exited with " + std::to_string(outcome.exit_code) + "; see its log";
}

}  // namespace

Executor::Executor(Env& env, store::Database& db, blob::Store& blobs, const data::Service& data,
                   const events::Events& events, process::Watcher& watcher, Options options)
    : env_(env),
      db_(db),
      blobs_(blobs),
      data_(data),
      events_(events),
      watcher_(watcher),
      options_(std::move(options)) {}

Executor::~Executor() { stop(); }

void Executor::start() {
    thread_ = std::thread([this] { run(); });
}

void Executor::wake() {
    {
        const std::lock_guard lock(mutex_);
        woken_ = true;
    }
    wake_.notify_one();
}

void Executor::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void Executor::run() {
    bool busy = false;
    while (true) {
        {
            std::unique_lock lock(mutex_);
            const auto woken = [&] { return stopping_ || woken_; };
            // With runs under way look again even without a wake-up: a shim may have announced
            // itself, a file may have come.
            if (busy)
                wake_.wait_for(lock, kLookEvery, woken);
            else
                wake_.wait(lock, woken);
            if (stopping_) return;
            woken_ = false;
        }
        end_unwanted();
        fence_ = options_.leases.held(kExecutorLease);
        if (!fence_) {
            busy = true;  // the lease may come
            continue;
        }
        auto open = db_.read_now([](store::Tx& tx) { return sql::open_runs(tx); });
        if (!open) {
            log::error("open pipeline runs", {{"error", open.error().message}});
            busy = true;
            continue;
        }
        busy = !open->empty();
        for (const int64_t id : *open) {
            if (Status stepped = step(id); !stepped)
                log::error("pipeline run", {{"run", id}, {"error", stepped.error().message}});
        }
    }
}

Status Executor::step(int64_t run_id) {
    TRY_ASSIGN(Run run, db_.read_now([&](store::Tx& tx) { return sql::get_run(tx, run_id); }));
    if (is_final(run.state)) return ok();
    if (run.state == State::queued) {
        TRY(write([&](store::Tx& tx) -> Status {
            TRY(sql::move_run(tx, run, State::running, "", std::nullopt, env_.now()));
            return ok();
        }));
        TRY_ASSIGN(run, db_.read_now([&](store::Tx& tx) { return sql::get_run(tx, run_id); }));
    }
    bool changed = false;
    for (const Task& task : run.tasks) {
        if (task.state != State::running) continue;
        TRY_ASSIGN(const bool moved, look_at(run, task));
        changed = changed || moved;
    }
    if (changed) {
        TRY_ASSIGN(run, db_.read_now([&](store::Tx& tx) { return sql::get_run(tx, run_id); }));
    }
    int running = 0;
    bool all_done = true;
    for (const Task& task : run.tasks) {
        if (task.state == State::failed)
            return fail_run(run, "task '" + task.name + "': " + task.problem);
        running += task.state == State::running ? 1 : 0;
        all_done = all_done && task.state == State::succeeded;
    }
    if (all_done) return complete(run);
    for (const TaskSpec& spec : run.spec.tasks) {
        const Task* task = find_task(run, spec.name);
        if (task->state != State::queued || !needs_met(run, spec) || running >= kMaxParallel)
            continue;
        TRY(start_attempt(run, spec, *task));
        ++running;
    }
    return ok();
}

std::string Executor::folder_of(int64_t run_id, const std::string& task, int64_t attempt) const {
    return options_.folder + "/" + std::to_string(run_id) + "/" + task + "-" +
           std::to_string(attempt);
}

template <class F>
std::invoke_result_t<F&, store::Tx&> Executor::write(F fn) {
    return db_.write_now(store::Durability::full,
                         [&](store::Tx& tx) -> std::invoke_result_t<F&, store::Tx&> {
                             TRY(fence_->check(tx));
                             return fn(tx);
                         });
}

bool Executor::is_mine(const Task& task) const {
    return options_.servers.company() == jobs::Company::alone || task.server.empty() ||
           task.server == options_.servers.self().id;
}

void Executor::watch(const Run& run, const Task& task, const process::Identity& identity) {
    const bool is_new = watched_
                            .emplace(std::pair{identity.pid, identity.start_ticks},
                                     Attempt{run.id, task.name, task.attempt})
                            .second;
    if (is_new) watcher_.watch(identity, [this] { wake(); });
}

// Processes that this server started, and that nobody waits for any more.
void Executor::end_unwanted() {
    for (auto it = watched_.begin(); it != watched_.end();) {
        const process::Identity identity{it->first.first, it->first.second};
        const Attempt& of = it->second;
        const auto run = db_.read_now([&](store::Tx& tx) { return sql::get_run(tx, of.run_id); });
        if (!run) return;  // the database is away: not now
        bool wanted = false;
        for (const Task& task : run->tasks)
            wanted = wanted || (task.name == of.task && task.attempt == of.attempt &&
                                task.state == State::running && is_mine(task));
        wanted = wanted && !is_final(run->state);
        if (!wanted) process::send_signal(identity, SIGTERM);
        if (wanted && process::is_alive(identity))
            ++it;
        else
            it = watched_.erase(it);
    }
}

Status Executor::take_over(const Run& run, const Task& task) {
    struct Found {
        std::optional<jobs::ServerRow> server;
        bool moved = false;
    };
    TRY_ASSIGN(const Found found, write([&](store::Tx& tx) -> Result<Found> {
                   Found f;
                   TRY_ASSIGN(f.server, jobs::find_server(tx, task.server));
                   TRY_ASSIGN(f.moved, sql::take_over(tx, run.id, task, env_.now()));
                   return f;
               }));
    if (!found.moved) return ok();
    log::info("an attempt is taken over",
              {{"run", run.id}, {"task", task.name}, {"from", task.server}});
    if (task.pid != 0 && found.server && found.server->machine == options_.servers.machine())
        process::send_signal({task.pid, task.start_ticks}, SIGTERM);
    return ok();
}

Result<bool> Executor::look_at(const Run& run, const Task& task) {
    if (!is_mine(task)) {
        TRY(take_over(run, task));
        return true;
    }
    const std::string folder = folder_of(run.id, task.name, task.attempt);
    if (env_.files().exists(folder + "/result.json")) {
        TRY(take_result(run, task));
        return true;
    }
    process::Identity identity{task.pid, task.start_ticks};
    if (identity.pid == 0) {
        // Killed between starting the shim and writing down its pid: the shim says who it is.
        if (auto text = read_file(env_.files(), folder + "/result.json.pid", 100)) {
            const auto parts = split(trim(*text), ' ');
            if (parts.size() == 2)
                identity = {parse_int(parts[0]).value_or(0), parse_int(parts[1]).value_or(0)};
        }
    }
    if (identity.pid != 0 && process::is_alive(identity)) {
        watch(run, task, identity);
        return false;
    }
    // The result is renamed into place before its writer ends: look once more.
    if (env_.files().exists(folder + "/result.json")) {
        TRY(take_result(run, task));
        return true;
    }
    // Either way: a wall clock that was set back must not hold the task until it has caught up.
    if (identity.pid == 0 && task.started &&
        std::chrono::abs(env_.now() - *task.started) < kAnnouncePatience)
        return false;
    Task lost = task;
    lost.problem = "its process disappeared (killed, or the machine restarted)";
    const TaskSpec* spec = spec_of(run, task.name);
    TRY(write([&](store::Tx& tx) -> Status {
        const bool again = task.attempt - task.taken_over <= spec->retries;
        TRY(sql::end_attempt(tx, run.id, lost, again ? State::queued : State::failed, env_.now()));
        return ok();
    }));
    return true;
}

Status Executor::take_result(const Run& run, Task task) {
    const std::string folder = folder_of(run.id, task.name, task.attempt);
    TRY_ASSIGN(const std::string text,
               read_file(env_.files(), folder + "/result.json", kMaxResultBytes));
    TRY_ASSIGN(const auto outcome, json::read<process::Outcome>(text, json::Dialect::lenient));
    const TaskSpec* spec = spec_of(run, task.name);
    task.exit_code = outcome.exit_code;
    State to = State::succeeded;
    if (outcome.attempt != task.attempt) return ok();  // a late report of another attempt
    if (outcome.exit_code != 0) {
        task.problem = why_failed(outcome, *spec);
        to = task.attempt - task.taken_over <= spec->retries ? State::queued : State::failed;
    } else if (env_.files().exists(folder + "/outputs.json")) {
        auto outputs = read_file(env_.files(), folder + "/outputs.json", kMaxOutputsBytes);
        // A script's outputs are foreign input: they have to be one JSON object.
        auto checked = outputs ? json::read<std::map<std::string, json::Raw>>(*outputs)
                               : std::unexpected(outputs.error());
        if (!checked) {
            task.problem = "outputs.json: " + checked.error().message;
            to = State::failed;
        } else {
            task.outputs.text = *outputs;
        }
    }
    TRY(write([&](store::Tx& tx) -> Status {
        TRY(sql::end_attempt(tx, run.id, task, to, env_.now()));
        return ok();
    }));
    return ok();
}

Status Executor::start_attempt(const Run& run, const TaskSpec& spec, const Task& task) {
    const int64_t attempt = task.attempt + 1;
    const std::string server = options_.servers.self().id;
    TRY_ASSIGN(const bool begun, write([&](store::Tx& tx) {
                   return sql::begin_attempt(tx, run.id, task, attempt, server, env_.now());
               }));
    if (!begun) return ok();  // someone else moved it
    auto prepared = prepare(run, spec, attempt);
    auto started = prepared ? process::start(*prepared)
                            : Result<process::Identity>(std::unexpected(prepared.error()));
    Task now = task;
    now.attempt = attempt;
    // Watched even when writing it down fails, so that it is ended when it turns out to be
    // unwanted.
    if (started) watch(run, now, *started);
    return write([&](store::Tx& tx) -> Status {
        if (!started) {
            now.problem = started.error().message;
            const bool again =
                started.error().code != Code::invalid && attempt - task.taken_over <= spec.retries;
            TRY(sql::end_attempt(tx, run.id, now, again ? State::queued : State::failed,
                                 env_.now()));
            return ok();
        }
        TRY(sql::set_process(tx, run.id, task.name, attempt, started->pid, started->start_ticks));
        return ok();
    });
}

Result<process::Spec> Executor::prepare(const Run& run, const TaskSpec& spec, int64_t attempt) {
    const auto interpreter = options_.environments.find(run.spec.environment);
    if (interpreter == options_.environments.end())
        return fail(Code::invalid, "no environment " + quoted(run.spec.environment) +
                                       "; start the server with --environment " +
                                       run.spec.environment + "=/path/to/python");
    const std::string folder = folder_of(run.id, spec.name, attempt);
    TRY(env_.files().make_directories(folder + "/tmp"));
    TRY(materialise(run, folder));
    std::string inputs = "{";
    for (const Task& task : run.tasks) {
        if (task.state != State::succeeded) continue;
        if (inputs.size() > 1) inputs += ',';
        append_json_string(inputs, task.name);
        inputs += ':' + task.outputs.text;
    }
    TRY(write_file_atomically(env_, folder + "/inputs.json", inputs + "}"));

    process::Spec out;
    out.argv = {interpreter->second, "-u", folder + "/code/" + spec.script};
    out.argv.insert(out.argv.end(), spec.args.begin(), spec.args.end());
    out.env = spec.env;
    const auto set = [&](const std::string& name, const std::string& value) {
        out.env[name] = value;
    };
    set("HOME", folder);
    set("TMPDIR", folder + "/tmp");
    set("PATH", "/usr/bin:/bin");
    set("LANG", "C.UTF-8");
    set("PYTHONDONTWRITEBYTECODE", "1");
    set("GIT_PYTHON_REFRESH", "quiet");
    set("MLFLOW_DISABLE_TELEMETRY", "true");
    set("MLFLOW_TRACKING_URI", options_.server_url);
    TRY_ASSIGN(const std::string credential, options_.credential(run, spec, attempt));
    if (!credential.empty()) {
        set("MLFLOW_TRACKING_TOKEN", credential);
        set("RONDO_TOKEN", credential);
    }
    set("MLFLOW_EXPERIMENT_NAME", run.spec.name);
    set("RONDO_URL", options_.server_url);
    set("RONDO_RUN", std::to_string(run.id));
    set("RONDO_TASK", spec.name);
    set("RONDO_ATTEMPT", std::to_string(attempt));
    set("RONDO_INPUTS", folder + "/inputs.json");
    set("RONDO_OUTPUTS", folder + "/outputs.json");
    if (!run.request.dataset.empty()) {
        set("RONDO_DATA", folder + "/data");
        set("RONDO_DATASET", run.request.dataset);
        set("RONDO_DATA_VERSION", std::to_string(run.request.data_version));
    }
    for (const auto& [name, value] : run.request.params) set("RONDO_PARAM_" + upper(name), value);
    out.folder = folder;
    out.readable = options_.interpreter_paths(interpreter->second);
    out.output_file = folder + "/log.txt";
    out.result_file = folder + "/result.json";
    out.time_limit = spec.time_limit;
    out.attempt = attempt;
    return out;
}

Status Executor::copy_blob(const std::string& digest_text, const std::string& path) {
    FileSystem& files = env_.files();
    TRY_ASSIGN(const auto digest, blob::Digest::parse(digest_text));
    TRY(files.make_directories(path.substr(0, path.rfind('/'))));
    TRY_ASSIGN(auto file, files.open(path, FileSystem::Mode::create_new));
    return blobs_.get(digest, [&](std::string_view piece) { return file->append(piece); });
}

// Copies, not links: a script may write to what it is given, and stored bytes must not change.
Status Executor::materialise(const Run& run, const std::string& folder) {
    for (const auto& [path, digest] : run.spec.files)
        TRY(copy_blob(digest, folder + "/code/" + path));
    if (run.request.dataset.empty()) return ok();
    TRY_ASSIGN(const data::Version version, db_.read_now([&](store::Tx& tx) {
        return data_.get_version(tx, run.workspace_id, run.request.dataset,
                                 run.request.data_version);
    }));
    TRY_ASSIGN(const auto entries, data_.entries(version));
    for (const data::Entry& entry : entries)
        TRY(copy_blob(entry.digest, folder + "/data/" + entry.path));
    return ok();
}

Status Executor::complete(const Run& run) {
    Status done = write([&](store::Tx& tx) -> Status {
        std::optional<Outcome> outcome;
        if (run.spec.registers) {
            std::string outputs = "{}";
            for (const Task& task : run.tasks) {
                if (task.name == run.spec.registers->task) outputs = task.outputs.text;
            }
            TRY_ASSIGN(outcome, options_.publish(tx, run, outputs));
        }
        TRY_ASSIGN(const bool moved,
                   sql::move_run(tx, run, State::succeeded, "", outcome, env_.now()));
        // Someone cancelled it meanwhile: nothing of this transaction may stay.
        if (!moved) return fail(Code::conflict, "the run was moved by someone else");
        TRY(events_.publish(
            tx, {.kind = "pipeline.run_ended",
                 .subject = "pipeline/" + run.spec.name,
                 .cause = run.request.cause,
                 .data = "{\"run\":" + std::to_string(run.id) + ",\"state\":\"succeeded\"}",
                 .workspace_id = run.workspace_id}));
        return ok();
    });
    if (!done && done.error().code == Code::conflict) return ok();
    // A model that cannot be registered (a wrong uri in the outputs) is the script's mistake.
    if (!done && (done.error().code == Code::invalid || done.error().code == Code::not_found))
        return fail_run(run, done.error().message);
    TRY(done);
    options_.ended(run.id);
    return ok();
}

Status Executor::fail_run(const Run& run, const std::string& problem) {
    end_processes(run);
    TRY(end_run(run, State::failed, problem));
    options_.ended(run.id);
    return ok();
}

Status Executor::end_run(const Run& run, State to, const std::string& problem) {
    return write([&](store::Tx& tx) -> Status {
        TRY_ASSIGN(const bool moved, sql::move_run(tx, run, to, problem, std::nullopt, env_.now()));
        if (!moved) return ok();
        std::string data =
            "{\"run\":" + std::to_string(run.id) + ",\"state\":\"failed\",\"problem\":";
        append_json_string(data, problem);
        TRY(events_.publish(tx, {.kind = "pipeline.run_ended",
                                 .subject = "pipeline/" + run.spec.name,
                                 .cause = run.request.cause,
                                 .data = data + "}",
                                 .workspace_id = run.workspace_id}));
        return ok();
    });
}

// Only those that this server may know by their pid: others end them when they learn of it.
void Executor::end_processes(const Run& run) const {
    for (const Task& task : run.tasks) {
        if (task.state == State::running && task.pid != 0 && is_mine(task))
            process::send_signal({task.pid, task.start_ticks}, SIGTERM);
    }
}

Status Executor::end_cancelled(int64_t run_id) {
    TRY_ASSIGN(const Run run,
               db_.read_now([&](store::Tx& tx) { return sql::get_run(tx, run_id); }));
    end_processes(run);
    options_.ended(run_id);
    return ok();
}

Result<std::string> Executor::log(int64_t run_id, const Task& task, int64_t attempt,
                                  size_t limit) const {
    auto file = env_.files().open(folder_of(run_id, task.name, attempt) + "/log.txt",
                                  FileSystem::Mode::read);
    if (!file) {
        const std::string which =
            "no log of task " + quoted(task.name) + " attempt " + std::to_string(attempt);
        if (is_mine(task)) return fail(Code::not_found, which);
        const auto server =
            db_.read_now([&](store::Tx& tx) { return jobs::find_server(tx, task.server); });
        const std::string address = server && *server ? (*server)->address : task.server;
        return fail(Code::not_found,
                    which + " on this server; it ran on " + address + ", ask there");
    }
    TRY_ASSIGN(const uint64_t size, (*file)->size());
    return (*file)->read_at(size > limit ? size - limit : 0, limit);
}

}  // namespace rondo::pipeline
