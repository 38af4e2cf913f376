// Drives the open runs on this machine: starts attempts as watched processes, takes their results,
// retries, and completes runs. One thread; everything it knows is in the database and in the
// attempts' folders, so that after a kill it goes on where it was.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "base/env.h"
#include "domain/data/service.h"
#include "domain/pipeline/model.h"
#include "domain/pipeline/service.h"
#include "platform/blob/blob.h"
#include "platform/process/child.h"
#include "platform/store/database.h"

namespace rondo::pipeline {

class Executor {
  public:
    struct Options {
        std::string folder;                               // for attempts
        std::map<std::string, std::string> environments;  // name -> interpreter
        std::string server_url;                           // what tasks reach the server by
        // What an interpreter needs to read (serving has the same need).
        std::function<std::vector<std::string>(const std::string&)> interpreter_paths;
        // Makes a run's model version from a task's outputs, in the transaction that completes the
        // run: exactly once, whatever is killed.
        std::function<Result<Outcome>(store::Tx&, const Run&, const std::string& outputs)> publish;
        // What an attempt shows the server to be let in; empty when nobody has to.
        std::function<Result<std::string>(const Run&, const TaskSpec&, int64_t attempt)> credential;
        // Called after a run has reached a final state.
        std::function<void(int64_t run_id)> ended;
    };
    Executor(Env& env, store::Database& db, blob::Store& blobs, const data::Service& data,
             const events::Events& events, process::Watcher& watcher, Options options);
    ~Executor();
    Executor(const Executor&) = delete;
    Executor& operator=(const Executor&) = delete;

    void start();
    // Something may be ready: a run was queued or cancelled, a process ended. Thread-safe.
    void wake();
    // Ends the processes of a run that was cancelled. Thread-safe.
    Status end_cancelled(int64_t run_id);
    // Attempts go on without us; their results are taken at the next start.
    void stop();

    // The last `limit` bytes of an attempt's output.
    Result<std::string> log(int64_t run_id, const std::string& task, int64_t attempt,
                            size_t limit) const;

  private:
    void run();
    Status step(int64_t run_id);
    // Looks at a running task; true when its state changed.
    Result<bool> look_at(const Run& run, const Task& task);
    Status take_result(const Run& run, Task task);
    Status start_attempt(const Run& run, const TaskSpec& spec, const Task& task);
    Result<process::Spec> prepare(const Run& run, const TaskSpec& spec, int64_t attempt);
    Status materialise(const Run& run, const std::string& folder);
    Status copy_blob(const std::string& digest, const std::string& path);
    Status complete(const Run& run);
    Status fail_run(const Run& run, const std::string& problem);
    Status end_run(const Run& run, State to, const std::string& problem);
    static void end_processes(const Run& run);
    std::string folder_of(int64_t run_id, const std::string& task, int64_t attempt) const;

    Env& env_;
    store::Database& db_;
    blob::Store& blobs_;
    const data::Service& data_;
    const events::Events& events_;
    process::Watcher& watcher_;
    const Options options_;

    std::mutex mutex_;
    std::condition_variable wake_;
    bool woken_ = true, stopping_ = false;
    std::set<std::pair<int64_t, int64_t>> watched_;  // (pid, start ticks); the thread's own
    std::thread thread_;
};

}  // namespace rondo::pipeline
