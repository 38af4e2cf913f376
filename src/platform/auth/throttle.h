// Slows down who guesses passwords, without locking out who knows them: after a few failures a
// name waits longer and longer for the same address only, and an address that fails under many
// names waits too, except for names that have signed in from there. Thread-safe; forgets with time
// and is bounded in memory.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "base/env.h"

namespace rondo::auth {

class Throttle {
  public:
    explicit Throttle(Env& env) : env_(env) {}

    // How long to wait before the next try; zero when it may be made now.
    Micros wait(const std::string& name, const std::string& address);
    void failed(const std::string& name, const std::string& address);
    void succeeded(const std::string& name, const std::string& address);

  private:
    struct Entry {
        int failures = 0;
        bool trusted = false;  // has signed in from there
        Micros last{};         // steady
        Micros open_at{};      // steady; before it no try is looked at
    };
    void forget_old(std::map<std::string, Entry>& entries);

    Env& env_;
    std::mutex mutex_;
    std::map<std::string, Entry> by_pair_;  // "address name"
    std::map<std::string, Entry> by_address_;
};

}  // namespace rondo::auth
