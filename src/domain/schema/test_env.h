// An environment whose clocks stand still until a test moves them. Files and randomness are real.
#pragma once

#include "base/env.h"

namespace rondo {

class TestEnv final : public Env {
  public:
    Time now() override { return now_; }
    Micros steady() override { return steady_; }
    void random(std::span<char> bytes) override { system_env().random(bytes); }
    FileSystem& files() override { return system_env().files(); }

    void pass(Micros time) {
        steady_ += time;
        now_ += time;
    }
    // The wall clock alone, as a clock that is set does.
    void jump(Micros time) { now_ += time; }

  private:
    Time now_ = from_micros(1'700'000'000'000'000);
    Micros steady_{1'000'000'000};
};

}  // namespace rondo
