// Drives the open runs on this machine: starts attempts as watched processes, takes their results,
// retries, and completes runs. One thread; everything it knows is in the database and in the
// attempts' folders, so that after a kill it goes on where it was.
//
// Of several servers the one with the lease does this. An attempt belongs to the server that
// started it; a new owner fences attempts of others (the next has a larger number, results of the
// old one are ignored), ends their processes when they run on its machine, and starts them again. A
// server ends processes of its own that lost their attempt, or whose run was cancelled on another
// one.
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
#include "platform/jobs/leases.h"
#include "platform/process/child.h"
#include "platform/store/database.h"

namespace rondo::pipeline {

inline constexpr const char* kExecutorLease = "executor";

class Executor {
  public:
    struct Options {
        std::string folder;                               // for attempts
        std::map<std::string, std::string> environments;  // name -> interpreter
        std::string server_url;                           // what tasks reach the server by
        const jobs::Servers& servers;
        const jobs::Leases& leases;
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

    // The last `limit` bytes of an attempt's output. Code::not_found says which server has it, when
    // that is another one.
    Result<std::string> log(int64_t run_id, const Task& task, int64_t attempt, size_t limit) const;

  private:
    void run();
    Status step(int64_t run_id);
    // Looks at a running task; true when its state changed.
    Result<bool> look_at(const Run& run, const Task& task);
    // A transaction that happens only while this server owns the runs.
    template <class F>
    std::invoke_result_t<F&, store::Tx&> write(F fn);
    bool is_mine(const Task& task) const;
    Status take_over(const Run& run, const Task& task);
    void watch(const Run& run, const Task& task, const process::Identity& identity);
    void end_unwanted();
    Status take_result(const Run& run, Task task);
    Status start_attempt(const Run& run, const TaskSpec& spec, const Task& task);
    Result<process::Spec> prepare(const Run& run, const TaskSpec& spec, int64_t attempt);
    Status materialise(const Run& run, const std::string& folder);
    Status copy_blob(const std::string& digest, const std::string& path);
    Status complete(const Run& run);
    Status fail_run(const Run& run, const std::string& problem);
    Status end_run(const Run& run, State to, const std::string& problem);
    void end_processes(const Run& run) const;
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
    // What follows is the thread's own.
    std::optional<jobs::Fence> fence_;
    struct Attempt {
        int64_t run_id = 0;
        std::string task;
        int64_t attempt = 0;
    };
    std::map<std::pair<int64_t, int64_t>, Attempt> watched_;  // by (pid, start ticks)
    std::thread thread_;
};

}  // namespace rondo::pipeline
