// Moves points from the tail into chunks, one run at a time, as a job in leased slices.
//
// A run is folded when its tail has grown (kFoldPoints), or has waited for long (Settings): points
// that come one by one would otherwise have a chunk rewritten for each of them. What is new is
// united with the last chunk as long as that is small beside it, so that a point is rewritten a
// logarithmic number of times; late points are united with the chunks where they belong.
//
// A slice reads and packs under a read transaction, and writes in one of its own. Killed anywhere,
// it has happened or it has not.
#pragma once

#include <atomic>

#include "domain/series/store.h"
#include "platform/jobs/sliced.h"

namespace rondo::series {

inline constexpr std::string_view kFoldJob = "fold";
inline constexpr int64_t kFoldPoints = 256;
// From the end of a round to the next, unless FoldHint asks for one.
inline constexpr Micros kFoldEvery = std::chrono::minutes{1};

struct Settings {
    Micros tail = std::chrono::minutes{10};  // how long the oldest of few points wait
};

// Most that one slice takes from the tail.
inline constexpr int64_t kSliceRows = 4096;
inline constexpr int64_t kSlicePoints = 100'000;

// Says after much writing in this process that a round should begin now. Thread-safe.
class FoldHint {
  public:
    // Once, before anything is written.
    void calls(std::function<void()> hurry) { hurry_ = std::move(hurry); }
    // Points that were just committed, in one row.
    void note(size_t points);

  private:
    std::atomic<int64_t> weight_ = 0;
    std::function<void()> hurry_;
};

// A round begins as often as points get old, and every kFoldEvery at least.
jobs::SlicedJob fold_job(Env& env, const Settings& settings);

// One slice from a place on.
Result<jobs::Next> fold_slice(Env& env, const Settings& settings, const jobs::Slice& slice);

}  // namespace rondo::series
