// The thread that decides. It carries each endpoint from its last settled moment to its watermark,
// tick by tick; a case that trains or waits at its gate holds the ticks back, because what it
// decides is in force from its own tick on.
//
// Of several servers the one with the lease decides; the others keep their thread ready, and act on
// a hard limit that their own requests passed. Watermarks are promised in the database, so any
// server takes them. A tick waits until every living server has handed its predictions over.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "domain/loop/parts.h"

namespace rondo::loop {

// Further than this a watermark may not jump at once: a wrong unit of time would decide a century.
inline constexpr Micros kMaxWatermarkJump = std::chrono::hours{24 * 400};

struct Settled {
    std::optional<Time> at;   // everything up to here is decided and done
    std::string waiting_for;  // what holds the rest back, in words; empty when nothing does
    bool reached = false;     // at has come to what was asked for, and every server knows
    std::string session;      // in which that is so
    bool broken = false;      // the session that was asked in has ended
};

// What a promise in a session that is over is answered with.
Error session_ended(const std::string& endpoint);

class Engine {
  public:
    explicit Engine(Parts parts);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    void start();
    // Whoever waits for a watermark is answered with how far it has come.
    void release_waiting();
    // Ends after the step at hand; everything goes on at the next start.
    void stop();
    // Something may have changed. Thread-safe, never blocks.
    void wake();
    // The candidate of an endpoint passed a hard limit. Thread-safe, never blocks.
    void trip(int64_t endpoint_id);

    // Event clock: promises that no row or label before `watermark` follows. A moment that has
    // been promised already changes nothing. In a session the promise ends with it, because
    // answered rows may have been lost: Code::conflict when it has ended already.
    Status promise(serving::Endpoint& endpoint, Time watermark, std::optional<std::string> session);
    // How far an endpoint is. With a patience, waits until it has reached `until` and every server
    // answers by the routes of that moment and in the session; or until `session` (when given)
    // ends.
    Task<Result<Settled>> settled(int64_t endpoint_id, std::optional<Time> until, Micros patience,
                                  std::optional<std::string> session = std::nullopt);
    // Something that settled() looks at may have changed. Thread-safe, never blocks.
    void nudge() { moved_.notify(); }

    const Parts& parts() const { return parts_; }

  private:
    void run();
    enum class Work : uint8_t { idle, waiting, again };
    // Does what can be done for an endpoint now.
    Result<Work> work(serving::Endpoint& endpoint);
    Result<Work> one_step(serving::Endpoint& endpoint);
    Status handle_trip(serving::Endpoint& endpoint);
    Result<bool> follow_alias(serving::Endpoint& endpoint);
    struct Target {
        std::optional<Time> at;
        predictions::Handover
            handover;  // that has to be done before anything up to there is decided
    };
    Result<Target> target_of(const serving::Endpoint& endpoint);
    Result<std::optional<Time>> start_of(serving::Endpoint& endpoint, const Target& target);
    // False, and said why, while a living server has not handed over up to a moment.
    Result<bool> is_handed_over(const serving::Endpoint& endpoint,
                                const predictions::Handover& wanted);

    Parts parts_;
    events::Hub moved_;  // wakes those who wait for a watermark

    std::mutex mutex_;  // guards what follows
    std::condition_variable wake_;
    bool woken_ = true, stopping_ = false;
    bool looks_often_ = false;          // another server is waited for; the thread's own
    std::map<int64_t, Time> promised_;  // alone; several servers promise in the database
    std::set<int64_t> tripped_;
    std::map<int64_t, std::string> waiting_for_;
    std::thread thread_;
};

}  // namespace rondo::loop
