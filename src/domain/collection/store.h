// All SQL of collection but its roots' (roots.h) and its deletions' (purge.h, retention.h).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "domain/collection/model.h"
#include "domain/collection/roots.h"
#include "domain/holds/holds.h"

namespace rondo::collection {

// The job's name among the jobs (platform/jobs).
inline constexpr std::string_view kJob = "collect";

}  // namespace rondo::collection

namespace rondo::collection::sql {

struct Kept {
    State state;
    Request request;    // of the newest `asked`
    std::string place;  // of the current round
};
Result<Kept> get(store::Tx& tx);
// All but what a request changes.
Status put(store::Tx& tx, const Kept& kept);
// The number of the request. Code::conflict while an earlier one is not done.
Result<int64_t> ask(store::Tx& tx, const Request& request);

// Objects that were found where blobs lie.
Status note_stored(store::Tx& tx, std::span<const blob::Stored> found, Time now);
// Marks what the references name; how many were not marked in this round.
Result<int64_t> mark(store::Tx& tx, std::span<const Reference> found, std::string_view kind,
                     int64_t round, Time now);

enum class ObjectState : int64_t { kept = 0, hidden = 1, removing = 2 };
struct Object {
    std::string digest, kind;
    int64_t size = 0, marked = 0, hidden_round = 0;
    ObjectState state{};
    Time seen{}, held_until{}, hidden_at{};
};
// In order of digests, after one; of all, or of those that are not kept.
Result<std::vector<Object>> objects_after(store::Tx& tx, const std::string& digest, int64_t limit);
Result<std::vector<Object>> hidden_after(store::Tx& tx, const std::string& digest, int64_t limit);
Status hide(store::Tx& tx, const std::string& digest, int64_t round, Time now);
// From here on nobody may build on the bytes, until `forget` or a hold after Terms::removal.
Status begin_removal(store::Tx& tx, int64_t workspace_id, const std::string& digest, Time now);
Status forget(store::Tx& tx, const std::string& digest, Time removal_began);
// For a server that is alone and has just started: no removal is under way.
Status end_removals(store::Tx& tx);

}  // namespace rondo::collection::sql
