// One connection to PostgreSQL, in pipeline mode: BEGIN travels with the first statement, a
// statement whose result nobody waits for with the next one, and COMMIT with the last, so that a
// transaction costs as many round trips as it asks questions, and one.
//
// Used by one thread at a time. A transaction has a limit of time: a server that does not answer
// within it is taken for gone, and its connection is given up.
#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "platform/store/engines.h"
#include "platform/store/libpq.h"

namespace rondo::store {

class PgSession final : public Tx {
  public:
    // The limit of one transaction on the server and, a little later, here.
    static constexpr std::chrono::seconds kLimit{10};

    PgSession(const Libpq& pq, std::string url) : pq_(pq), url_(std::move(url)) {}
    ~PgSession() override { disconnect(); }
    PgSession(const PgSession&) = delete;
    PgSession& operator=(const PgSession&) = delete;

    // Connects when there is no connection; a few seconds at most.
    Status connect();
    void disconnect();
    bool connected() const;

    // Migrations have no limit of time, and see what others have committed meanwhile. A snapshot
    // has none either; it waits for a moment that is one of a serial order, and never fails later.
    enum class Kind { read, write, migrate, snapshot };
    // Nothing is sent yet: it travels with the first statement.
    void begin(Kind kind, Durability durability);

    enum class Commit {
        done,
        failed,   // surely not done; failure() says why
        unknown,  // the connection was lost before the answer came: ask outcome()
    };
    Commit commit();
    // Ends a transaction that only read; nobody waits for it.
    void end_read();
    // After a failure, or instead of a commit. Gives the connection up when that does not work.
    void rollback();

    struct Failure {
        Error error;
        bool conflict = false;  // the same transaction may succeed if it runs again
        bool lost = false;      // the connection is gone
        bool late = false;      // the server did not answer in time
        int member = -1;        // whose statement it was
    };
    // The first thing that went wrong since begin(); all that follows fails with it.
    const std::optional<Failure>& failure() const { return failure_; }

    // A member failed after it had written: the whole transaction goes.
    void spoil(const Error& error) { failure_ = Failure{.error = error, .member = member_}; }

    // Members of a group: statements are theirs from here on.
    void enter_member(int index);
    // A member that has only read can fail without the others.
    bool member_wrote() const { return member_wrote_; }

    // What a transaction left behind, to ask about it when COMMIT was sent and no answer came.
    struct Trace {
        std::string transaction;  // its number; empty when it was never begun on the server
        std::string era;          // changes when the server crashes: numbers start again then
        int backend = 0;
    };
    const Trace& trace() const { return trace_; }
    enum class Fate { done, not_done, unknown };
    // Asks the server (over this session, connected anew) what became of the transaction; ends
    // its backend when that still waits for a COMMIT that will never come. False: ask again.
    Result<std::optional<Fate>> fate_of(const Trace& trace);

    Result<int64_t> run(std::string_view sql, std::span<const Arg> args,
                        const RowVisitor* visit) override;
    Status run_all(std::span<const Question> questions) override;
    Status send(std::string_view sql, std::span<const Arg> args) override;
    Result<int64_t> insert(std::string_view head, const Rows& rows, std::string_view tail) override;
    Status send_rows(std::string_view head, const Rows& rows, std::string_view tail) override;

    void after_commit(std::move_only_function<void()> call) override {
        calls_.push_back(std::move(call));
    }
    std::vector<std::move_only_function<void()>>& calls() { return calls_; }

  private:
    struct Clear {
        const Libpq* pq;
        void operator()(PGresult* result) const { pq->clear(result); }
    };
    using Answer = std::unique_ptr<PGresult, Clear>;
    struct Prepared {
        std::string name;
        bool confirmed = false;
    };
    // Sent, and not answered yet.
    struct Sent {
        enum class What { prepare, statement, trace, sync, ignored } what;
        int member = -1;
        const std::string* sql = nullptr;  // a key of names_
        Prepared* prepared = nullptr;
        const RowVisitor* visit = nullptr;  // who is shown the rows when they come
    };

    Status script(const char* sql);
    Status push(std::string_view sql, std::span<const Arg> args, Sent::What what);
    void push_sync();
    // Takes answers until nothing is left; the last statement's is returned.
    Answer drain();
    // Asks for the answers to all that was sent, and takes them.
    Answer ask();
    void show(const PGresult* result, const RowVisitor& visit) const;
    // The next result; null at the end of a command, nothing when the connection is of no use.
    std::optional<Answer> next_result();
    void take(const Sent& sent, const PGresult* result);
    std::unexpected<Error> failed() const { return std::unexpected(failure_->error); }
    void lose(std::string why);
    Failure to_failure(const PGresult* result, const Sent& sent) const;

    const Libpq& pq_;
    std::string url_;
    PGconn* db_ = nullptr;
    std::deque<Sent> sent_;
    std::optional<Failure> failure_;
    std::chrono::steady_clock::time_point deadline_{};
    bool unbounded_ = false;
    bool forget_names_ = false;
    int member_ = -1;
    bool member_wrote_ = false;
    Trace trace_;
    uint64_t prepared_ = 0;
    std::unordered_map<std::string, Prepared, TextHash, std::equal_to<>> names_;
    std::vector<std::move_only_function<void()>> calls_;
};

}  // namespace rondo::store
