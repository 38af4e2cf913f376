#include "domain/collection/store.h"

#include <unordered_set>

#include "platform/jobs/sliced.h"
#include "platform/store/bulk.h"

namespace rondo::collection::sql {
namespace {

constexpr std::string_view kInsert =
    "INSERT INTO blob_objects (digest, size, kind, seen_at, held_until, marked, state, hidden_at, "
    "hidden_round) VALUES ";
constexpr std::string_view kColumns =
    "SELECT digest, kind, size, marked, hidden_round, state, seen_at, held_until, hidden_at "
    "FROM blob_objects WHERE ";

template <class T>
Status read_into(T& out, std::string_view text) {
    if (text.empty()) return ok();  // not written yet
    TRY_ASSIGN(out, json::read<T>(text, json::Dialect::lenient));
    return ok();
}

Result<std::vector<Object>> select(store::Tx& tx, std::string_view where, const std::string& digest,
                                   int64_t limit) {
    std::vector<Object> found;
    TRY(tx.each(
        std::string(kColumns) + std::string(where) + " ORDER BY digest LIMIT $2",
        [&](const store::Row& row) {
            found.push_back({row.get<std::string>(0), row.get<std::string>(1), row.integer(2),
                             row.integer(3), row.integer(4),
                             static_cast<ObjectState>(row.integer(5)), from_micros(row.integer(6)),
                             from_micros(row.integer(7)), from_micros(row.integer(8))});
            return true;
        },
        digest, limit));
    return found;
}

}  // namespace

Result<Kept> get(store::Tx& tx) {
    Kept kept;
    Status good = ok();
    const auto parse = [&](const store::Row& row) -> Status {
        kept.state.asked = row.integer(0);
        kept.state.served = row.integer(1);
        TRY(read_into(kept.request, row.text(2)));
        TRY(read_into(kept.state.current, row.text(3)));
        kept.place = row.text(4);
        TRY(read_into(kept.state.last, row.text(5)));
        return read_into(kept.state.totals, row.text(6));
    };
    TRY(tx.each(
        "SELECT asked, served, request, current, place, last, totals FROM collection WHERE id = 1",
        [&](const store::Row& row) {
            good = parse(row);
            return false;
        }));
    TRY(good);
    TRY(tx.each(
        "SELECT problem, failures FROM job_progress WHERE name = $1",
        [&](const store::Row& row) {
            kept.state.problem = row.text(0);
            kept.state.failures = row.integer(1);
            return false;
        },
        kJob));
    return kept;
}

Status put(store::Tx& tx, const Kept& kept) {
    return tx.put(
        "UPDATE collection SET round = $1, served = $2, current = $3, place = $4, last = $5, "
        "totals = $6 WHERE id = 1",
        kept.state.current.number, kept.state.served, json::write(kept.state.current), kept.place,
        json::write(kept.state.last), json::write(kept.state.totals));
}

Result<int64_t> ask(store::Tx& tx, const Request& request) {
    TRY_ASSIGN(const Kept kept, get(tx));
    if (kept.state.asked > kept.state.served)
        return fail(Code::conflict,
                    "a round was asked for already and has not ended" +
                        (kept.state.problem.empty() ? "; wait for it"
                                                    : ", because: " + kept.state.problem));
    TRY_ASSIGN(const auto number,
               tx.one<int64_t>("UPDATE collection SET asked = asked + 1, request = $1 "
                               "WHERE id = 1 RETURNING asked",
                               json::write(request)));
    return *number;
}

Status note_stored(store::Tx& tx, std::span<const blob::Stored> found, Time now) {
    store::Rows rows(9);
    for (const blob::Stored& stored : found)
        rows.add(stored.digest.hex(), stored.size, "", to_micros(now), 0, 0, 0, 0, 0);
    return store::put_many(tx, kInsert, rows,
                           " ON CONFLICT (digest) DO UPDATE SET size = excluded.size "
                           "WHERE blob_objects.size <> excluded.size");
}

Result<int64_t> mark(store::Tx& tx, std::span<const Reference> found, std::string_view kind,
                     int64_t round, Time now) {
    store::Rows rows(9);
    std::unordered_set<std::string_view> seen;
    for (const Reference& reference : found) {
        if (seen.insert(reference.digest).second)
            rows.add(reference.digest, reference.size, kind, to_micros(now), 0, round, 0, 0, 0);
    }
    if (rows.count() == 0) return 0;
    // What a reference was found to against all odds is revived.
    return store::insert_many(
        tx, kInsert, rows,
        " ON CONFLICT (digest) DO UPDATE SET marked = excluded.marked, kind = excluded.kind, "
        "state = CASE WHEN blob_objects.state = 1 THEN 0 ELSE blob_objects.state END "
        "WHERE blob_objects.marked < excluded.marked");
}

Result<std::vector<Object>> objects_after(store::Tx& tx, const std::string& digest, int64_t limit) {
    return select(tx, "digest > $1", digest, limit);
}

Result<std::vector<Object>> hidden_after(store::Tx& tx, const std::string& digest, int64_t limit) {
    return select(tx, "state > 0 AND digest > $1", digest, limit);
}

Status hide(store::Tx& tx, const std::string& digest, int64_t round, Time now) {
    return tx.put(
        "UPDATE blob_objects SET state = 1, hidden_at = $1, hidden_round = $2 WHERE digest = $3",
        to_micros(now), round, digest);
}

Status begin_removal(store::Tx& tx, int64_t workspace_id, const std::string& digest, Time now) {
    TRY(tx.put("UPDATE blob_objects SET state = 2, hidden_at = $1 WHERE digest = $2",
               to_micros(now), digest));
    return tx.put("DELETE FROM blob_grants WHERE workspace_id = $1 AND digest = $2", workspace_id,
                  digest);
}

Status forget(store::Tx& tx, const std::string& digest, Time removal_began) {
    return tx.put("DELETE FROM blob_objects WHERE digest = $1 AND state = 2 AND hidden_at = $2",
                  digest, to_micros(removal_began));
}

Status end_removals(store::Tx& tx) {
    return tx.put("UPDATE blob_objects SET hidden_at = 0 WHERE state = 2");
}

}  // namespace rondo::collection::sql
