// Small things that are done again and again: one thread, each job by its own interval. A job that
// fails is logged and tried again at its next time; how often each ran is visible in /metrics.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/env.h"

namespace rondo::jobs {

class Periodic {
  public:
    explicit Periodic(Env& env) : env_(env) {}
    ~Periodic();
    Periodic(const Periodic&) = delete;
    Periodic& operator=(const Periodic&) = delete;

    // Before start(). The first run comes after one interval.
    void add(std::string name, Micros every, std::function<Status()> work);
    void start();
    void stop();
    // In Prometheus' text format.
    void write_metrics(std::string& out) const;

  private:
    struct Job {
        std::string name;
        Micros every;
        std::function<Status()> work;
        Micros due{0};
        uint64_t runs = 0, failures = 0;
    };
    void run();

    Env& env_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;
    std::vector<Job> jobs_;
    std::thread thread_;
};

}  // namespace rondo::jobs
