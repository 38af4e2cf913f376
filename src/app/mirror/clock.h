// The clock of what is copied: while a request is answered once more, it shows the moment at which
// the upstream answered it, so that times do not depend on how long the request had to wait.
#pragma once

#include <atomic>

#include "base/env.h"

namespace rondo::app::mirror {

class Clock final : public Env {
  public:
    explicit Clock(Env& env) : env_(env) {}

    // 0: the machine's own clock again.
    void show(int64_t us) { shown_.store(us); }

    Time now() override {
        const int64_t us = shown_.load();
        return us == 0 ? env_.now() : from_micros(us);
    }
    Micros steady() override { return env_.steady(); }
    void random(std::span<char> bytes) override { env_.random(bytes); }
    FileSystem& files() override { return env_.files(); }

  private:
    Env& env_;
    std::atomic<int64_t> shown_{0};
};

}  // namespace rondo::app::mirror
