// Sends what is due: one server at a time, under the lease "webhooks", on threads of its own.
//
// Order. A webhook has one request under way; its deliveries go in the order of events while they
// are taken. One that fails waits for its next time and lets the later ones pass.
//
// Others' troubles. A receiver that failed or was slow last time may hold a part of the threads
// only, so the rest always serves those that are well; a host has few connections from us; after
// five failures in a row a webhook rests and is only probed (retry.h). Rows are the queue.
//
// At least once. Nothing is written before a message is sent: a kill between sending and writing
// sends it again with the same id. The outcome is written under the fence of the lease, so a server
// that lost it writes nothing.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "platform/async/pool.h"
#include "platform/jobs/leases.h"
#include "platform/notify/attempt.h"

namespace rondo::notify {

inline constexpr const char* kSenderLease = "webhooks";
inline constexpr int kThreads = 16;
inline constexpr int kTroubledThreads = 12;  // for receivers that failed, or took longer than:
inline constexpr Micros kSlow{2'000'000};
inline constexpr int kPerHost = 4;   // requests under way to one scheme, host and port
inline constexpr int kTests = 2;     // test messages at once
inline constexpr int kInARow = 100;  // messages to one receiver before others get the thread

class Sender {
  public:
    Sender(Env& env, store::Database& db, jobs::Leases& leases, client::Client& http,
           const Service& service);
    ~Sender();
    Sender(const Sender&) = delete;
    Sender& operator=(const Sender&) = delete;

    void start();
    // There may be something to send. Thread-safe, never blocks for long.
    void wake();
    // Breaks off what is under way: it is sent again by whoever comes next. Idempotent.
    void stop();

    // Sends one message now, beside the queue, about an event of this kind or of any; nothing of it
    // is kept. Code::exhausted when others do the same.
    Task<Result<Outcome>> send_test(Webhook webhook, std::string kind = {});

    // Hands out what is due; how many. The thread's own work; public for tests without it.
    Result<int> step();
    // Waits until nothing is under way, for tests.
    void wait_idle();
    // In Prometheus' text format.
    void write_metrics(std::string& out) const;

  private:
    struct Work {
        Webhook webhook;
        Delivery delivery;
        std::optional<events::Event> event;  // nothing when it is not kept any more
        jobs::Fence fence;
        std::string host;
    };
    void run();
    Status look_at_backlog();
    bool is_troubled(const Webhook& webhook) const;
    bool has_room(const Webhook& webhook, const std::string& host) const;
    // The oldest due delivery of the webhook, if it may be sent now.
    Result<std::optional<Work>> next_of(store::Tx& tx, Webhook webhook, const jobs::Fence& fence,
                                        Time now) const;
    void do_work(Work work);
    // Whether the thread may go on with the same webhook.
    bool may_go_on(const Webhook& webhook);
    Status send_and_record(const Work& work);
    Status record(const Work& work, const Outcome& outcome);

    Env& env_;
    store::Database& db_;
    jobs::Leases& leases_;
    client::Client& http_;
    const Service& service_;
    const std::shared_ptr<client::Cancel> cancel_ = std::make_shared<client::Cancel>();
    WorkerPool pool_{kThreads};
    std::atomic<int> tests_{0};

    mutable std::mutex mutex_;  // guards what follows
    std::condition_variable wake_, idle_;
    bool woken_ = true, stopping_ = false, crowded_ = false;  // crowded: some found no room
    std::map<int64_t, bool> busy_;  // webhooks with a request under way; whether they are troubled
    std::map<std::string, int> hosts_;
    std::set<int64_t> slow_;  // webhooks whose last answer took long
    int64_t last_served_ = 0;
    sql::Backlog backlog_;
    Micros backlog_at_{-1};
    uint64_t delivered_ = 0, failed_ = 0, died_ = 0, disabled_ = 0;
    uint64_t latency_us_ = 0, latencies_ = 0;

    std::thread thread_;
};

}  // namespace rondo::notify
