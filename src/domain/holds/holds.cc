#include "domain/holds/holds.h"

#include <set>
#include <thread>
#include <unordered_set>
#include <vector>

#include "platform/store/bulk.h"

namespace rondo::holds {
namespace {

// Rows of one statement.
constexpr size_t kStep = 500;
// How long an upload waits for a removal of the same bytes, and how often it looks.
constexpr Micros kPatience{10'000'000};
constexpr Micros kLookEvery{50'000};

std::vector<store::Arg> keys_of(std::span<const Bytes> bytes) {
    std::vector<store::Arg> keys;
    for (const Bytes& b : bytes) keys.push_back(store::to_arg(b.digest));
    return keys;
}

Status hold_some(store::Tx& tx, std::span<const Bytes> bytes, Time now, const Terms& terms) {
    const int64_t enough = to_micros(now + terms.lasting / 2);
    std::unordered_set<std::string> done;
    TRY(store::each_of(tx, "SELECT digest, state, held_until FROM blob_objects WHERE digest IN ",
                       keys_of(bytes), "", [&](const store::Row& row) {
                           if (row.integer(1) == 0 && row.integer(2) >= enough)
                               done.emplace(row.text(0));
                           return true;
                       }));
    store::Rows rows(9);
    for (const Bytes& b : bytes) {
        if (!done.insert(b.digest).second) continue;
        // The last but one: since when a removal would have to be under way to be dead.
        rows.add(b.digest, b.size, "", to_micros(now), to_micros(now + terms.lasting), 0, 0,
                 to_micros(now - terms.removal), 0);
    }
    if (rows.count() == 0) return ok();
    TRY_ASSIGN(
        const int64_t held,
        store::insert_many(
            tx,
            "INSERT INTO blob_objects (digest, size, kind, seen_at, held_until, marked, state, "
            "hidden_at, hidden_round) VALUES ",
            rows,
            " ON CONFLICT (digest) DO UPDATE SET state = 0, "
            "size = CASE WHEN excluded.size < 0 THEN blob_objects.size ELSE excluded.size END, "
            "held_until = CASE WHEN excluded.held_until > blob_objects.held_until "
            "THEN excluded.held_until ELSE blob_objects.held_until END "
            "WHERE blob_objects.state < 2 OR blob_objects.hidden_at < excluded.hidden_at"));
    if (held == static_cast<int64_t>(rows.count())) return ok();
    return fail(Code::unavailable,
                "these bytes were garbage and are being removed right now; try again in a minute");
}

}  // namespace

Status hold(store::Tx& tx, std::span<const Bytes> bytes, Time now, const Terms& terms) {
    for (size_t at = 0; at < bytes.size(); at += kStep)
        TRY(hold_some(tx, bytes.subspan(at, std::min(kStep, bytes.size() - at)), now, terms));
    return ok();
}

Status hold_upload(Env& env, store::Database& db, const Bytes& bytes, const Terms& terms) {
    const Micros until = env.steady() + kPatience;
    while (true) {
        // Not worth a sync: what a power cut takes of holds it takes of what was stored under them.
        Status held = db.write_now(store::Durability::normal, [&](store::Tx& tx) {
            return hold(tx, {&bytes, 1}, env.now(), terms);
        });
        if (held || held.error().code != Code::unavailable || env.steady() >= until) return held;
        std::this_thread::sleep_for(kLookEvery);
    }
}

Result<std::vector<std::string>> hidden_of(store::Tx& tx, std::span<const std::string> digests) {
    std::vector<store::Arg> keys;
    for (const std::string& digest : digests) keys.push_back(store::to_arg(digest));
    std::vector<std::string> found;
    TRY(store::each_of(tx, "SELECT digest FROM blob_objects WHERE state > 0 AND digest IN ", keys,
                       "", [&](const store::Row& row) {
                           found.push_back(row.get<std::string>(0));
                           return true;
                       }));
    return found;
}

}  // namespace rondo::holds
