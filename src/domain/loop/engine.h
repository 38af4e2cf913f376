// The thread that decides. It carries each endpoint from its last settled moment to its watermark,
// tick by tick; a case that trains or waits at its gate holds the ticks back, because what it
// decides is in force from its own tick on.
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
    bool reached = false;     // at has come to what was asked for
};

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
    // been promised already changes nothing.
    Status promise(serving::Endpoint& endpoint, Time watermark);
    // How far an endpoint is. With a patience, waits until it has reached `until`.
    Task<Result<Settled>> settled(int64_t endpoint_id, std::optional<Time> until, Micros patience);

    // Names this start of the server. What it answered and had not yet written to the prediction
    // log went with an earlier one: who plays rows and promises watermarks checks that it is the
    // same.
    const std::string& session() const { return session_; }

    const Parts& parts() const { return parts_; }

  private:
    void run();
    enum class Work : uint8_t { idle, waiting, again };
    // Does what can be done for an endpoint now.
    Result<Work> work(serving::Endpoint& endpoint);
    Result<Work> one_step(serving::Endpoint& endpoint);
    Status handle_trip(serving::Endpoint& endpoint);
    Result<bool> follow_alias(serving::Endpoint& endpoint);
    std::optional<Time> target_of(const serving::Endpoint& endpoint);
    Result<std::optional<Time>> start_of(serving::Endpoint& endpoint, std::optional<Time> target);

    Parts parts_;
    const std::string session_;
    events::Hub moved_;  // wakes those who wait for a watermark

    std::mutex mutex_;  // guards what follows
    std::condition_variable wake_;
    bool woken_ = true, stopping_ = false;
    std::map<int64_t, Time> promised_;
    std::set<int64_t> tripped_;
    std::map<int64_t, std::string> waiting_for_;
    std::thread thread_;
};

}  // namespace rondo::loop
