#include "domain/mirror/store.h"

#include "platform/json/json.h"

namespace rondo::mirror::sql {

Result<std::vector<Tally>> list_tallies(store::Tx& tx) {
    std::vector<Tally> found;
    TRY(tx.each(
        "SELECT endpoint, outcome, reason, count FROM mirror_tallies "
        "ORDER BY endpoint, outcome, reason LIMIT $1",
        [&](const store::Row& row) {
            found.push_back({row.get<std::string>(0), row.get<std::string>(1),
                             row.get<std::string>(2), row.integer(3)});
            return true;
        },
        static_cast<int64_t>(kMaxTallies)));
    return found;
}

Status put_tallies(store::Tx& tx, const std::vector<Tally>& tallies) {
    for (const Tally& tally : tallies)
        TRY(
            tx.put("INSERT INTO mirror_tallies (endpoint, outcome, reason, count) "
                   "VALUES ($1, $2, $3, $4) ON CONFLICT (endpoint, outcome, reason) "
                   "DO UPDATE SET count = excluded.count",
                   tally.endpoint, tally.outcome, tally.reason, tally.count));
    return ok();
}

Result<std::vector<Difference>> list_differences(store::Tx& tx) {
    std::vector<Difference> found;
    TRY_ASSIGN(const auto texts,
               tx.all<std::string>("SELECT found FROM mirror_differences ORDER BY number DESC "
                                   "LIMIT $1",
                                   static_cast<int64_t>(kKeptDifferences)));
    for (auto text = texts.rbegin(); text != texts.rend(); ++text) {
        TRY_ASSIGN(Difference one, json::read<Difference>(*text, json::Dialect::lenient));
        found.push_back(std::move(one));
    }
    return found;
}

Status add_differences(store::Tx& tx, const std::vector<Difference>& differences) {
    for (const Difference& difference : differences)
        TRY(
            tx.put("INSERT INTO mirror_differences (number, found) VALUES ($1, $2) "
                   "ON CONFLICT (number) DO UPDATE SET found = excluded.found",
                   difference.number, json::write(difference)));
    return ok();
}

Status remove_differences(store::Tx& tx, const std::vector<int64_t>& numbers) {
    for (const int64_t number : numbers)
        TRY(tx.put("DELETE FROM mirror_differences WHERE number = $1", number));
    return ok();
}

Result<int64_t> begin(store::Tx& tx) {
    TRY_ASSIGN(const auto cut_off,
               tx.one<int64_t>("UPDATE mirror_state SET cut_off = cut_off + running, running = 1 "
                               "WHERE id = 1 RETURNING cut_off"));
    return cut_off.value_or(0);
}

Status end(store::Tx& tx) { return tx.put("UPDATE mirror_state SET running = 0 WHERE id = 1"); }

}  // namespace rondo::mirror::sql
