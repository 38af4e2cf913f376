// Readers of the outbox that miss nothing and see nothing twice.
//
// PostgreSQL hands out ids before the commit, so an id may become visible after a larger one, and a
// reader that remembers the largest id it saw loses events. Therefore one server, under a lease,
// gives each event a position after its commit (Sequencer): positions become visible in their own
// order, and a consumer's cursor is a position. Nothing depends on how long a transaction takes, or
// on a clock.
//
// A consumer writes its effect and its cursor in one transaction, under the lease of its name: each
// event has its effect once, whatever dies in between. What leaves the database (a webhook) is
// written down there first, as a row to deliver, and is delivered at least once.
//
// Without consumers no event gets a position and nothing is paid.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "platform/events/events.h"
#include "platform/jobs/leases.h"

namespace rondo::events {

inline constexpr const char* kSequencerLease = "events";
inline constexpr int kEventsPerStep = 500;

// Gives positions. One transaction a step; true when there may be more.
class Sequencer {
  public:
    Sequencer(store::Database& db, jobs::Leases& leases) : db_(db), leases_(leases) {
        leases_.want(kSequencerLease);
    }
    Result<bool> step();

  private:
    store::Database& db_;
    jobs::Leases& leases_;
};

// Where a consumer that was not there before begins.
enum class From : uint8_t { now, the_beginning };

class Consumer {
  public:
    // Called in the transaction that moves the cursor; may run more than once (tx.h).
    using Effect = std::function<Status(store::Tx&, const std::vector<Event>&)>;
    Consumer(store::Database& db, jobs::Leases& leases, std::string name, From from, Effect effect);

    // Hands the next events to the effect. True when there may be more; false when there is
    // nothing, or another server owns the consumer.
    Result<bool> step();
    const std::string& name() const { return name_; }

  private:
    Result<std::optional<int64_t>> begin(store::Tx& tx) const;

    store::Database& db_;
    jobs::Leases& leases_;
    const std::string name_, lease_;
    const From from_;
    const Effect effect_;
};

// How far each consumer is, and how many events wait for it (at most 10,000 are counted).
struct ConsumerProgress {
    std::string name;
    int64_t position = 0, waiting = 0;
};
Result<std::vector<ConsumerProgress>> consumer_progress(store::Tx& tx);

// Runs the sequencer and the consumers of this process on one thread: when the hub says that
// something is new, and every second, because another server may have died with its work undone.
class ConsumerThread {
  public:
    ConsumerThread(Sequencer& sequencer, std::vector<Consumer*> consumers)
        : sequencer_(sequencer), consumers_(std::move(consumers)) {}
    ~ConsumerThread();
    ConsumerThread(const ConsumerThread&) = delete;
    ConsumerThread& operator=(const ConsumerThread&) = delete;
    void start();
    void wake();
    void stop();

  private:
    void run();
    Sequencer& sequencer_;
    const std::vector<Consumer*> consumers_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool woken_ = true, stopping_ = false;
    std::thread thread_;
};

}  // namespace rondo::events
