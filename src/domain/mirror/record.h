// What came of the requests, counted and kept. In memory, and written down by flush(), which is
// called once a second and at the end. Thread-safe.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "base/env.h"
#include "domain/mirror/model.h"
#include "platform/store/database.h"

namespace rondo::mirror {

// Durations in buckets that grow by a fifth, from 10 us to beyond an hour.
class Durations {
  public:
    void add(Micros took);
    Latency summary() const;

  private:
    std::array<int64_t, 120> buckets_{};
    int64_t count_ = 0, total_us_ = 0;
};

class Record {
  public:
    // Takes what is written down; Code::internal when that cannot be read.
    static Result<std::unique_ptr<Record>> open(Env& env, store::Database& db,
                                                std::string upstream);

    void count(const std::string& endpoint, Outcome outcome, const std::string& reason = "");
    // Counts it, and keeps it among the newest. Sets its number, outcome and reason.
    void keep(Difference difference, Outcome outcome, const std::string& reason);
    void note_passed_on(bool answered);
    void note_latency(Micros upstream, Micros rondo);

    Report report(int64_t queued) const;
    // The newest first; empty texts mean any.
    std::vector<Difference> differences(const std::string& outcome, const std::string& endpoint,
                                        size_t limit) const;
    // In Prometheus' text format.
    void write_metrics(std::string& out, int64_t queued) const;

    // Blocks.
    Status flush();
    // The last flush: says that this mirror has ended in order.
    Status end();

  private:
    using Key = std::tuple<std::string, Outcome, std::string>;
    Record(Env& env, store::Database& db, std::string upstream);
    void add(const std::string& endpoint, Outcome outcome, const std::string& reason);

    store::Database& db_;
    const std::string upstream_;
    const Time since_;
    mutable std::mutex mutex_;  // guards what follows
    struct Count {
        int64_t count = 0, written = 0;
    };
    std::map<Key, Count> counts_;
    std::deque<Difference> newest_;
    std::vector<int64_t> dropped_;  // numbers that are written down still
    int64_t last_number_ = 0, written_number_ = 0;
    int64_t passed_on_ = 0, unreachable_ = 0, cut_off_ = 0;
    Durations upstream_latency_, rondo_latency_;
};

}  // namespace rondo::mirror
