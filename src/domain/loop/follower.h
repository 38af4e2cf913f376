// Keeps this process as the database says, when several servers share it: endpoints that were made
// or redefined elsewhere, routes, watermarks and sessions; and hands over the predictions that this
// server logged. One thread. It looks when it is told to (NOTIFY, or something that happened here),
// and every 250 ms at one row of versions in any case, so that a change is seen in time when nobody
// is told.
//
// What it has applied it writes down (endpoint_servers, servers.session_seen): whoever was told
// that something is settled on one server finds every other one at least as far.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "domain/loop/engine.h"
#include "domain/predictions/handover.h"
#include "domain/serving/store.h"

namespace rondo::loop {

inline constexpr Micros kPollEvery{250'000};

class Follower {
  public:
    struct Hooks {
        std::function<void()> new_events;  // wakes live pages and whoever waits for events
        std::function<void()> wake_executor;
        std::function<void()> announce;  // tells the other servers to look
    };
    Follower(Parts parts, jobs::Servers& servers, const predictions::Shipper& shipper,
             Engine& engine, Hooks hooks);
    ~Follower();
    Follower(const Follower&) = delete;
    Follower& operator=(const Follower&) = delete;

    // The first look is done when it returns: nothing is served by what was read before.
    Status start();
    // Looks now. Thread-safe, never blocks.
    void wake();
    // Hands over what is left, then ends. Before the server says good-bye.
    void stop();

  private:
    // What is read at every look; a difference means that something happened.
    struct Pulse {
        std::string session;
        int64_t incarnation = 0;
        int64_t newest_event = 0, recent_events = 0;
        int64_t versions = 0, endpoints = 0;
        friend bool operator==(const Pulse&, const Pulse&) = default;
    };
    // Of an endpoint, as it was applied and written down here.
    struct Applied {
        int64_t version = -1, route = -1;
        std::string session;
        std::optional<predictions::Handover> handed_over;
        predictions::Counts counts;
        Micros handed_over_at{0};
        std::optional<Day> closed;
    };

    void run();
    Result<bool> look();
    Result<Pulse> read_pulse();
    // True when something was written down that others wait for.
    Result<bool> follow(const serving::sql::EndpointClock& clock, const std::string& session);
    Result<bool> follow_routes(serving::Endpoint& endpoint, Applied& applied,
                               const serving::sql::EndpointClock& clock);
    Result<bool> hand_over(serving::Endpoint& endpoint, Applied& applied,
                           const serving::sql::EndpointClock& clock, const std::string& session);
    std::optional<predictions::Handover> wanted(const serving::Endpoint& endpoint,
                                                const Applied& applied,
                                                const serving::sql::EndpointClock& clock,
                                                const std::string& session) const;

    Parts parts_;
    jobs::Servers& servers_;
    const predictions::Shipper& shipper_;
    Engine& engine_;
    Hooks hooks_;

    std::mutex mutex_;
    std::condition_variable wake_;
    bool woken_ = true, stopping_ = false;

    // The thread's own.
    Pulse pulse_;
    int64_t events_from_ = 0;
    Micros looked_whole_{0};
    std::map<int64_t, Applied> applied_;
    std::thread thread_;
};

}  // namespace rondo::loop
