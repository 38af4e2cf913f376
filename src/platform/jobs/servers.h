// The servers on one database: each has a row, and its heart beats there. Who watches a row that
// does not change for `patience` on his own steady clock takes that server for dead; no clock is
// compared with another machine's, and none that can jump is asked at all (trust case T53). A
// watcher that was itself held up (frozen, or its database was) starts watching anew before it
// judges.
//
// A server has the id of its data folder. It stands for itself only: whoever starts with the same
// folder has proved, by the folder's lock, that the one before is gone. Its incarnation grows with
// each start and when it learns that it was taken for dead; what an older incarnation owned it owns
// no more.
//
// The session is the name of a time in which no answered prediction can have been lost: it changes
// in the transaction that takes a server for dead, that brings one back which was, and that starts
// one after an end without good-bye.
//
// Alone (SQLite) there is nobody to watch and no heartbeat is written; each start is a new session.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/env.h"
#include "platform/events/events.h"
#include "platform/store/database.h"

namespace rondo::jobs {

enum class Company : uint8_t { alone, several };

// Who a row of the database belongs to: a server since one of its starts.
struct Self {
    std::string id;
    int64_t incarnation = 0;
    // As leases name their owner.
    std::string owner() const { return id + "/" + std::to_string(incarnation); }
};

struct ServerRow {
    std::string id;
    int64_t incarnation = 0;
    std::string state;  // running, stopped, dead
    int64_t heartbeats = 0;
    std::string address, machine, session_seen;
    Time started{}, heartbeat{};
};

// Reads of the rows, for whoever has a transaction.
Result<std::vector<ServerRow>> all_servers(store::Tx& tx);
Result<std::optional<ServerRow>> find_server(store::Tx& tx, const std::string& id);
Result<std::string> session(store::Tx& tx);
// True while that incarnation has not ended, as far as anybody knows.
Result<bool> is_running(store::Tx& tx, const std::string& id, int64_t incarnation);

class Servers {
  public:
    struct Options {
        std::string id;       // of the data folder
        std::string address;  // "http://127.0.0.1:5000"
        std::string machine;  // processes of one machine can be ended from any server on it
        Company company = Company::several;
        Micros patience{6'000'000};
    };
    Servers(Env& env, store::Database& db, const events::Events& events, Options options);

    // Writes this start down. Before anything is served.
    Status join();
    // Beats, and looks after the others: call it about every sixth of the patience, on one thread.
    Status tick();
    // Says good-bye: everything this server logged is handed over. Idempotent.
    Status leave();

    // Thread-safe.
    Self self() const;
    // True while nobody can have taken this server for dead: less than the patience has passed
    // since a heartbeat that reached the database was begun.
    bool is_alive() const;
    Company company() const { return options_.company; }
    const std::string& machine() const { return options_.machine; }
    Micros patience() const { return options_.patience; }
    // The server has applied this session everywhere: its watermarks are those of the session.
    Status saw_session(const std::string& session);
    void write_metrics(std::string& out) const;

  private:
    Status beat(Micros begun);
    Status come_back();
    Status watch(Micros now);
    Status take_for_dead(const ServerRow& row);

    Env& env_;
    store::Database& db_;
    const events::Events& events_;
    const Options options_;

    mutable std::mutex mutex_;  // guards what follows
    int64_t incarnation_ = 0;
    Micros beat_at_{0};
    uint64_t deaths_seen_ = 0, returns_ = 0;
    int64_t running_ = 0;

    struct Sight {
        int64_t incarnation = 0, heartbeats = 0;
        Micros since{0};
    };
    std::map<std::string, Sight> sights_;  // the ticking thread's own
    Micros last_tick_{-1};
};

}  // namespace rondo::jobs
