// The outbox: every change that another part may care about is an event row, written in the same
// transaction as the change. The loop, the live page, webhooks and the audit trail read the same
// rows. Delivery is at least once; consumers are idempotent.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/env.h"
#include "platform/async/task.h"
#include "platform/store/tx.h"

namespace rondo::events {

struct NewEvent {
    std::string kind;     // "rollout.promoted"
    std::string subject;  // what it is about: "endpoint/flights"
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
};

// Wakes who waits for new events. Thread-safe.
class Hub {
  public:
    // Continues after the next notify() or tick().
    Task<void> wait();
    void notify();

  private:
    std::mutex mutex_;
    std::vector<Resume> waiting_;
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
