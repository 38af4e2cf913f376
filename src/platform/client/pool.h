// Connections that wait for their next request, and how many there may be. On the client's I/O
// thread only.
#pragma once

#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "platform/client/client.h"
#include "platform/client/wire.h"

namespace rondo::client {

// One request under way: what it waits for just now, and who may end the wait.
class Flight {
  public:
    explicit Flight(boost::asio::io_context& context);

    // Ends the pending step with an error: cancelled for good, or expired until the next attempt.
    void cancel();
    void begin_attempt(Micros whole);
    // The pending step may take that long; `what` is said of it when it takes longer.
    void arm(Micros patience, std::string_view what);
    void disarm();
    // Waits for wake(), at most that long.
    Task<void> pause(Micros longest = Micros::max());
    void wake();
    // Why the step was ended, when it was.
    std::optional<Error> ended() const;
    // What expired counts no more: something else is tried.
    void forgive();

    Wire* wire = nullptr;  // ended together with the step
    uint64_t id = 0;       // never used twice

  private:
    using Clock = std::chrono::steady_clock;
    void interrupt();

    boost::asio::steady_timer watch_, pause_;
    Clock::time_point whole_ = Clock::time_point::max();
    std::string what_;
    std::optional<Error> expired_;
    bool cancelled_ = false, awake_ = false;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

class Pool {
  public:
    Pool(boost::asio::io_context& context, const ClientOptions& options);

    enum class Want : uint8_t { any, fresh };
    // A kept connection, or null: the right to open one. Either way drop() or keep() gives it back.
    Task<Result<std::unique_ptr<Wire>>> take(Url url, std::shared_ptr<const EgressPolicy> egress,
                                             Want want, Flight* flight);
    void keep(const Url& url, std::unique_ptr<Wire> wire);
    void drop(const Url& url);
    void close_idle();

    std::atomic<size_t> open{0}, idle{0};

  private:
    struct Idle {
        std::unique_ptr<Wire> wire;
        std::chrono::steady_clock::time_point since;
    };
    struct Host {
        size_t open = 0;        // idle ones included
        std::deque<Idle> idle;  // the longest unused first
    };
    struct Waiter {
        std::string origin;
        Flight* flight;
        bool woken = false;
    };
    bool has_room(const std::string& origin);
    void close_oldest(Host& host);
    bool evict();
    void forget(const std::string& origin);
    void wake_next();
    void sweep();

    const ClientOptions& options_;
    std::map<std::string, Host> hosts_;  // by origin
    std::list<Waiter> waiting_;
    boost::asio::steady_timer sweeper_;
    bool sweeping_ = false;
};

}  // namespace rondo::client
