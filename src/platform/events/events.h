// The outbox: every change that another part may care about is an event row, written in the same
// transaction as the change. The loop, the live page, webhooks and the audit trail read the same
// rows. Delivery is at least once; consumers are idempotent.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/env.h"
#include "platform/async/task.h"
#include "platform/store/tx.h"

namespace rondo::events {

struct NewEvent {
    std::string kind;                             // "rollout.promoted"
    std::string subject;                          // what it is about: "endpoint/flights"
    std::optional<int64_t> cause = std::nullopt;  // the event that led to this one
    std::string data = "{}";                      // JSON
    // The moment it is about, on the subject's own clock (event time); now by default.
    std::optional<Time> happened = std::nullopt;
    int64_t workspace_id = 1;
};

struct Event {
    int64_t id = 0;
    Time recorded{};
    Time happened{};
    std::string kind, subject, data;
    std::optional<int64_t> cause;
    int64_t workspace_id = 1;
};

// Wakes who waits for something new. Thread-safe. To miss nothing, read the count, look whether
// there is something new, and wait with that count.
class Hub {
  public:
    uint64_t count() const;
    // Continues once notify() or close() has been called after the count was read.
    Task<void> wait(uint64_t seen);
    void notify();
    // The same for what happened elsewhere: the echo is not called.
    void wake();
    // Called with each notify(): tells the other servers. Before anything notifies; must not block.
    void set_echo(std::function<void()> echo) { echo_ = std::move(echo); }
    // Called with each notify() and wake(); must not block, nor speak to the hub. Nobody: {}.
    void set_listener(std::function<void()> listener);
    // The server stops: nobody waits any more.
    void close();
    bool is_closed() const;

  private:
    mutable std::mutex mutex_;
    uint64_t count_ = 0;
    bool closed_ = false;
    std::vector<Resume> waiting_;
    std::function<void()> echo_, listener_;
};

// Writes and reads events. One object for the process.
class Events {
  public:
    Events(Env& env, Hub& hub) : env_(env), hub_(hub) {}

    Result<int64_t> publish(store::Tx& tx, const NewEvent& event) const;
    // Events of a subject (or all, when empty) after an id, oldest first, at most `limit`.
    static Result<std::vector<Event>> after(store::Tx& tx, int64_t workspace_id,
                                            const std::string& subject, int64_t id, int limit);

  private:
    Env& env_;
    Hub& hub_;
};

}  // namespace rondo::events
