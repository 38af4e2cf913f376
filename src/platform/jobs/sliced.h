// Long work in small pieces, on one server at a time: collection of garbage, retention, folding.
//
// A job is a function that does one slice: from a place (its own words, '' at the start of a round)
// to the next. The runner keeps the place in the database, so that whoever owns the job after a
// crash goes on there. A slice that was cut short is done again from the same place, hence: done
// twice is the same as done once. It writes in its own transactions, each through `Slice::write`,
// which checks the lease; it should take some tens of milliseconds (kSliceAim), because between
// slices the runner looks whether it has to stop, and the lease can move.
//
//   sliced.add({"collect", std::chrono::hours{6}, [&](const jobs::Slice& slice) ->
//   Result<jobs::Next> {
//       TRY_ASSIGN(const auto page, slice.write([&](store::Tx& tx) { ... from slice.place ... }));
//       return page.empty() ? jobs::Next::round_done(n) : jobs::Next::from(page.back(), n);
//   }});
//
// A round that found nothing to do writes nothing, unless the last one that was written down ended
// long ago (kTellIdle): an idle server leaves the disk alone.
//
// One thread runs all jobs of the process, each under the lease of its name. A slice that fails is
// logged, counted, shown, and tried again from its place after `kRetryPause`.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "platform/jobs/leases.h"

namespace rondo::jobs {

inline constexpr Micros kSliceAim{50'000};
inline constexpr Micros kRetryPause{10'000'000};
inline constexpr Micros kTellIdle = std::chrono::minutes{10};

// What a slice starts from.
struct Slice {
    const Fence& fence;
    const std::string& place;
    store::Database& db;

    // A write transaction that happens only while this server owns the job.
    template <class F>
    std::invoke_result_t<F&, store::Tx&> write(F fn) const {
        return db.write_now(store::Durability::full,
                            [&](store::Tx& tx) -> std::invoke_result_t<F&, store::Tx&> {
                                TRY(fence.check(tx));
                                return fn(tx);
                            });
    }
};

// Where a slice came to.
struct Next {
    std::string place;
    int64_t items = 0;  // done by this slice; shown as a sum
    bool ended = false;
    static Next from(std::string place, int64_t items) { return {std::move(place), items, false}; }
    static Next round_done(int64_t items) { return {"", items, true}; }
};

struct SlicedJob {
    std::string name;  // of the lease too
    Micros every;      // from the end of a round to the next
    std::function<Result<Next>(const Slice&)> work;
};

struct JobProgress {
    std::string name, place, problem;
    int64_t rounds = 0, slices = 0, items = 0, failures = 0;
    Time round_began{}, round_ended{};
};
// Of all jobs that ever ran, by name; any server may ask.
Result<std::vector<JobProgress>> all_progress(store::Tx& tx);

class Sliced {
  public:
    Sliced(Env& env, store::Database& db, Leases& leases) : env_(env), db_(db), leases_(leases) {}
    ~Sliced();
    Sliced(const Sliced&) = delete;
    Sliced& operator=(const Sliced&) = delete;

    // Before start(). The first round begins at start(), or `every` after the last one that ended
    // anywhere, as far as this server's clock can tell.
    void add(SlicedJob job);
    void start();
    // Ends after the slice at hand. Idempotent.
    void stop();
    // Begins a round of a job now, when this server owns it. Thread-safe.
    void hurry(const std::string& name);
    // One slice of a job, for tests: false when the lease is elsewhere or no round is due.
    Result<bool> step(const std::string& name);
    void write_metrics(std::string& out) const;

  private:
    struct State {
        SlicedJob job;
        Micros due{0};          // of the next slice, on the steady clock
        bool in_round = false;  // slices follow one another
        int64_t fence = 0;      // that `due` was learned under; 0: never
        uint64_t slices = 0, failures = 0;
        std::string problem;
    };
    void run();
    Result<bool> slice_of(State& state);
    Status learn(State& state, const Fence& fence);

    Env& env_;
    store::Database& db_;
    Leases& leases_;
    mutable std::mutex mutex_;  // guards due, counts and problems
    std::condition_variable wake_;
    bool stopping_ = false;
    std::vector<State> states_;
    std::thread thread_;
};

}  // namespace rondo::jobs
