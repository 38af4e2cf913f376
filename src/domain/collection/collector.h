// Rounds of collection of garbage, as a job in slices (platform/jobs/sliced): list what is stored,
// mark what something refers to, hide what nothing refers to, remove what was hidden long ago. See
// README.md for why nothing that is referred to goes.
//
// Each step is one transaction of some milliseconds, which moves the place of the round as well; a
// slice is steps for kSliceAim. Memory: one page of rows. Database: about 100 bytes an object on
// SQLite. A tree or a row that cannot be read fails the round, which then goes on from there again
// and again: nothing is hidden before all references were read.
#pragma once

#include <mutex>

#include "domain/artifacts/service.h"
#include "domain/collection/store.h"
#include "platform/jobs/sliced.h"
#include "platform/json/value.h"

namespace rondo::collection {

class Collector {
  public:
    struct Parts {
        Env& env;
        store::Database& db;
        blob::Store& blobs;
        const artifacts::Service& artifacts;
        int64_t workspace_id;
        holds::Terms terms;
        Settings settings;
    };
    explicit Collector(Parts parts) : parts_(parts) {}

    // When this server alone writes to the database and to the place where blobs lie.
    Status start_alone();
    jobs::SlicedJob job();
    // Some steps of a round; at the place "" it begins one.
    Result<jobs::Next> work(const jobs::Slice& slice);
    // Looks at the state, for the metrics; whether a round was asked for that did not begin.
    Result<bool> look();
    // Thread-safe; what look() saw last.
    void write_metrics(std::string& out) const;

  private:
    Status begin(const jobs::Slice& slice);
    // What clients began to put into the object store themselves and never ended.
    void clear_uploads();
    // One step of the round's phase; the others below are by phase.
    Result<int64_t> step(const jobs::Slice& slice, const sql::Kept& kept);
    Result<int64_t> list(const jobs::Slice& slice, const std::string& place);
    Result<int64_t> mark(const jobs::Slice& slice, const std::string& place);
    Result<int64_t> mark_tree(const jobs::Slice& slice, const json::Value& place);
    Result<int64_t> sweep(const jobs::Slice& slice);
    Result<int64_t> remove(const jobs::Slice& slice);
    bool may_go(const sql::Object& object, const Round& round, Time now) const;
    void end(sql::Kept& kept, Time now) const;

    Parts parts_;
    mutable std::mutex mutex_;
    State seen_;  // guarded by mutex_
};

}  // namespace rondo::collection
