// The database: SQLite (default, one file in the data folder) or PostgreSQL. Thread-safe.
//
//   co_await db.write(Durability::full, [=](Tx& tx) -> Result<RunId> { ... });
//   co_await db.read([=](Tx& tx) -> Result<Run> { ... });
//
// Writes are grouped: a writer takes what is queued, runs one member after the other, commits once,
// and wakes the owners. A member that fails does so alone. What a function captures is owned by the
// queue, so a client that leaves does not disturb a write that is under way.
//
// Bounds: so many may be queued, for 5 s; a transaction takes 10 s at most. Beyond
// them the answer is unavailable (nothing was done; come again) or deadline_exceeded. A write whose
// COMMIT was sent to PostgreSQL, and whose fate nobody can tell any more, is deadline_exceeded too:
// its message says that it may have been done.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/env.h"
#include "base/result.h"
#include "platform/async/task.h"
#include "platform/store/tx.h"

namespace rondo::store {

// full: survives power loss (registry, status, decisions, labels). normal: survives kill -9 of
// the server; a power cut may take the last moments (metric points).
// load: full, and without a limit of time; for a database that nobody else uses yet.
enum class Durability { normal, full, load };

// A step of the schema, in order; never edited once it has landed (its checksum is recorded).
// Words in braces differ by engine: {id} {blob} {real} {text} {without_rowid}.
struct Migration {
    int number;
    std::string_view name;
    std::string_view sql;
};

class Database {
  public:
    virtual ~Database() = default;

    // url: "sqlite:PATH" or "postgresql://...". Opens, checks the schema's version, backs up and
    // migrates. A schema newer than `migrations` is refused.
    static Result<std::unique_ptr<Database>> open(Env& env, const std::string& url,
                                                  std::span<const Migration> migrations);

    template <class F>
    Task<std::invoke_result_t<F&, Tx&>> write(Durability durability, F fn) {
        using Out = std::invoke_result_t<F&, Tx&>;
        auto state = std::make_shared<State<F>>(std::move(fn));
        Status status = co_await submit_and_wait(Access::write, durability,
                                                 [state](Tx& tx) { return state->run(tx); });
        if (!status) co_return Out(std::unexpected(std::move(status).error()));
        co_return std::move(*state->result);
    }
    template <class F>
    Task<std::invoke_result_t<F&, Tx&>> read(F fn) {
        using Out = std::invoke_result_t<F&, Tx&>;
        auto state = std::make_shared<State<F>>(std::move(fn));
        Status status = co_await submit_and_wait(Access::read, Durability::normal,
                                                 [state](Tx& tx) { return state->run(tx); });
        if (!status) co_return Out(std::unexpected(std::move(status).error()));
        co_return std::move(*state->result);
    }

    // The blocking forms, for jobs and the command line; never on an I/O thread.
    template <class F>
    std::invoke_result_t<F&, Tx&> write_now(Durability durability, F fn) {
        State<F> state(std::move(fn));
        Status status =
            submit_and_block(Access::write, durability, [&state](Tx& tx) { return state.run(tx); });
        if (!status) return std::unexpected(std::move(status).error());
        return std::move(*state.result);
    }
    template <class F>
    std::invoke_result_t<F&, Tx&> read_now(F fn) {
        State<F> state(std::move(fn));
        Status status = submit_and_block(Access::read, Durability::normal,
                                         [&state](Tx& tx) { return state.run(tx); });
        if (!status) return std::unexpected(std::move(status).error());
        return std::move(*state.result);
    }

    // Finishes what is queued, then refuses everything. Idempotent.
    virtual void stop() = 0;

    struct Health {
        std::string engine;
        int schema_version = 0;
        uint64_t queued_writes = 0;
        uint64_t groups = 0;            // transactions committed
        uint64_t grouped_writes = 0;    // members in them
        std::string read_only_because;  // empty while writes work
        uint64_t queued_reads = 0;
        uint64_t reads = 0;       // read transactions
        uint64_t sessions = 0;    // connections to PostgreSQL that stand
        uint64_t retries = 0;     // transactions run again because others were in their way
        uint64_t reconnects = 0;  // connections that were lost
        uint64_t uncertain = 0;   // commits whose fate had to be asked for
        std::string unreachable_because = {};  // empty while PostgreSQL answers
    };
    virtual Health health() const = 0;

  protected:
    enum class Access { read, write };
    struct Job {
        Durability durability;
        std::move_only_function<Status(Tx&)> run;
        // Called once, from any thread, with the outcome of the commit.
        std::move_only_function<void(Status)> done;
    };
    // Queues a job, or calls done at once with the reason why not.
    virtual void submit(Access access, Job job) = 0;
    // For a database that stands before another one.
    static void submit_to(Database& other, Access access, Job job) {
        other.submit(access, std::move(job));
    }

  private:
    template <class F>
    struct State {
        explicit State(F f) : fn(std::move(f)) {}
        Status run(Tx& tx) {
            result.emplace(fn(tx));
            if (!*result) return std::unexpected(result->error());
            return ok();
        }
        F fn;
        std::optional<std::invoke_result_t<F&, Tx&>> result;
    };

    Task<Status> submit_and_wait(Access access, Durability durability,
                                 std::move_only_function<Status(Tx&)> run);
    Status submit_and_block(Access access, Durability durability,
                            std::move_only_function<Status(Tx&)> run);
};

}  // namespace rondo::store
