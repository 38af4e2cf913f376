// Which runs of an experiment a search has to look at: an index over values, of runs to which
// nobody writes at the moment.
//
// The index names every indexed run under each of its values, and perhaps under values that it had
// before: what it finds is a superset, which the search checks by its own conditions. So a write
// takes its run out of the index by one flag, and rows of old values are left where they are.
//
// A job in slices puts finished and old runs in. It marks them first and reads them later: whoever
// began to write before the mark has ended by then (transactions are bounded), and whoever writes
// after it takes the mark away.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "domain/search/filter.h"
#include "domain/search/grammar.h"
#include "domain/tracking/store.h"
#include "platform/jobs/sliced.h"

namespace rondo::tracking {

inline constexpr std::string_view kIndexJob = "index_runs";

struct IndexSettings {
    Micros every = std::chrono::seconds{10};
    // From the mark to the reading; none where one process writes one transaction after the other.
    Micros wait = std::chrono::seconds{30};
    // A run that never ends is put in as well, this long after its start.
    Micros old = std::chrono::hours{1};
};
jobs::SlicedJob index_job(Env& env, const IndexSettings& settings);
Result<jobs::Next> index_slice(Env& env, const IndexSettings& settings, const jobs::Slice& slice);

// Before something is written to a run that may be in the index.
Status unindex_run(store::Tx& tx, int64_t run);

// What a search of runs is, looked up.
struct RunSearch {
    std::span<const search::Term> terms;
    std::span<const search::Sorting> orders;
    std::span<const int64_t> experiments;  // to look in
};
// Of some runs those that match all that the search asks for.
using Matching = std::function<Result<std::vector<int64_t>>(std::span<const int64_t>)>;

// Runs among which are the first `wanted` of the search, few enough to be looked at one by one;
// nothing when the index is of no help.
Result<std::optional<std::vector<int64_t>>> candidates(store::Tx& tx, const RunSearch& search,
                                                       int64_t wanted, const Matching& matching);

}  // namespace rondo::tracking
