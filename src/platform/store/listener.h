// One connection to PostgreSQL on which the servers of a database call to each other that something
// changed (LISTEN and NOTIFY). A call says nothing more: who hears it looks. Calls may get lost (a
// connection that is cut, a process that dies between its commit and its call), so whoever listens
// looks from time to time in any case (domain/loop/follower).
//
// Calls are made after the commit and on this connection, many at once as one: NOTIFY inside of
// transactions would take a lock of the whole database at each commit.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "base/result.h"

namespace rondo::store {

class Listener {
  public:
    // `heard` is called on the listener's thread, for calls of others and after each new
    // connection, because something may have been missed. Never fails: it connects again and again.
    Listener(std::string url, std::function<void()> heard);
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    // Calls the others. Thread-safe, never blocks.
    void announce();
    // No `heard` after this has returned.
    void stop();
    // Whether the connection stands, for metrics and doctor.
    bool connected() const { return connected_.load(); }

  private:
    struct Connection;
    void run();
    Status serve(Connection& connection);

    const std::string url_;
    const std::function<void()> heard_;
    int wake_;  // eventfd
    std::atomic<bool> connected_{false}, stopping_{false}, announce_{false};
    std::thread thread_;
};

}  // namespace rondo::store
