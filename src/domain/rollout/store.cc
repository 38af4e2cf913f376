#include "domain/rollout/store.h"

#include "base/check.h"
#include "platform/json/enums.h"

namespace rondo::rollout::sql {
namespace {

template <class T>
T stored(std::string_view text) {
    auto value = json::read<T>(text, json::Dialect::lenient);
    CHECK(value.has_value(), "a stored rollout that does not parse");
    return std::move(*value);
}

constexpr std::string_view kColumns =
    "SELECT id, endpoint_id, spec, champion, candidate, state, ver, stage, stage_since_us, "
    "evidence, folded_day, cause, origin, outcome, started_at, ended_us FROM rollouts ";

Rollout rollout_from(const store::Row& row) {
    Rollout r;
    r.id = row.integer(0);
    r.endpoint_id = row.integer(1);
    r.spec = stored<RolloutSpec>(row.text(2));
    r.champion = row.get<int32_t>(3);
    r.candidate = row.get<int32_t>(4);
    r.state = json::stored_value_of<State>(row.text(5));
    r.ver = row.integer(6);
    r.stage = row.integer(7);
    r.stage_since = from_micros(row.integer(8));
    r.evidence = stored<experiment::Evidence>(row.text(9));
    if (!row.is_null(10)) r.folded = day_from_number(static_cast<int32_t>(row.integer(10)));
    r.cause = row.get<std::optional<int64_t>>(11);
    r.origin = row.get<std::string>(12);
    r.ending = json::stored_value_of<Ending>(row.text(13));
    r.started = from_micros(row.integer(14));
    if (!row.is_null(15)) r.ended = from_micros(row.integer(15));
    return r;
}

template <class... A>
Result<std::vector<Rollout>> select(store::Tx& tx, std::string_view where, const A&... args) {
    std::vector<Rollout> found;
    TRY(tx.each(
        std::string(kColumns) + std::string(where),
        [&](const store::Row& row) {
            found.push_back(rollout_from(row));
            return true;
        },
        args...));
    return found;
}

template <class... A>
Result<std::optional<Rollout>> first(store::Tx& tx, std::string_view where, const A&... args) {
    TRY_ASSIGN(auto found, select(tx, where, args...));
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

}  // namespace

Result<int64_t> insert(store::Tx& tx, const Rollout& r) {
    TRY_ASSIGN(
        const auto id,
        tx.one<int64_t>(
            // Units are split by this number: it has no gaps where a transaction ran twice.
            "INSERT INTO rollouts (id, endpoint_id, spec, champion, candidate, state, ver, "
            "stage, stage_since_us, evidence, cause, origin, outcome, started_at) "
            "VALUES ((SELECT coalesce(max(id), 0) + 1 FROM rollouts), $1, $2, $3, $4, $5, "
            "0, $6, $7, $8, $9, $10, $11, $12) "
            "ON CONFLICT DO NOTHING RETURNING id",
            r.endpoint_id, json::write(r.spec), r.champion, r.candidate, json::text_of(r.state),
            r.stage, to_micros(r.stage_since), json::write(r.evidence), r.cause, r.origin,
            json::text_of(r.ending), to_micros(r.started)));
    if (!id)
        return fail(Code::conflict,
                    "the endpoint has a rollout under way; wait for its end or "
                    "abort it first");
    return *id;
}

Result<std::optional<Rollout>> find(store::Tx& tx, int64_t id) {
    return first(tx, "WHERE id = $1", id);
}

Result<std::optional<Rollout>> find_open(store::Tx& tx, int64_t endpoint_id) {
    return first(tx, "WHERE endpoint_id = $1 AND state <> 'closed'", endpoint_id);
}

Result<std::vector<Rollout>> list(store::Tx& tx, int64_t endpoint_id, int limit) {
    return select(tx, "WHERE endpoint_id = $1 ORDER BY id DESC LIMIT $2", endpoint_id, limit);
}

Result<bool> update(store::Tx& tx, const Rollout& r) {
    const std::optional<int64_t> folded =
        r.folded ? std::optional<int64_t>(to_number(*r.folded)) : std::nullopt;
    const std::optional<int64_t> ended =
        r.ended ? std::optional(to_micros(*r.ended)) : std::nullopt;
    TRY_ASSIGN(
        const int64_t changed,
        tx.exec("UPDATE rollouts SET state = $1, ver = ver + 1, stage = $2, "
                "stage_since_us = $3, evidence = $4, folded_day = $5, outcome = $6, "
                "ended_us = $7 WHERE id = $8 AND ver = $9",
                json::text_of(r.state), r.stage, to_micros(r.stage_since), json::write(r.evidence),
                folded, json::text_of(r.ending), ended, r.id, r.ver));
    return changed == 1;
}

Status set_cause(store::Tx& tx, int64_t id, int64_t event) {
    TRY(tx.exec("UPDATE rollouts SET cause = $1 WHERE id = $2", event, id));
    return ok();
}

Result<bool> enter_unit(store::Tx& tx, int64_t rollout_id, uint64_t unit_hash) {
    TRY_ASSIGN(const int64_t inserted,
               tx.exec("INSERT INTO rollout_units (rollout_id, unit_hash) VALUES ($1, $2) "
                       "ON CONFLICT DO NOTHING",
                       rollout_id, static_cast<int64_t>(unit_hash)));
    return inserted == 1;
}

Status put_point(store::Tx& tx, int64_t rollout_id, const experiment::Point& point) {
    TRY(
        tx.exec("INSERT INTO rollout_ticks (rollout_id, tick_us, data) VALUES ($1, $2, $3) "
                "ON CONFLICT DO NOTHING",
                rollout_id, to_micros(point.tick), json::write(point)));
    return ok();
}

Result<std::vector<experiment::Point>> points(store::Tx& tx, int64_t rollout_id) {
    std::vector<experiment::Point> found;
    TRY(tx.each(
        "SELECT data FROM rollout_ticks WHERE rollout_id = $1 ORDER BY tick_us",
        [&](const store::Row& row) {
            found.push_back(stored<experiment::Point>(row.text(0)));
            return true;
        },
        rollout_id));
    return found;
}

Result<std::vector<RouteOfRollout>> routes_of(store::Tx& tx, int64_t endpoint_id,
                                              int64_t rollout_id) {
    std::vector<RouteOfRollout> found;
    TRY(tx.each(
        "SELECT number, mode, effective_us FROM routes "
        "WHERE endpoint_id = $1 AND rollout_id = $2 ORDER BY number",
        [&](const store::Row& row) {
            found.push_back({row.integer(0), json::stored_value_of<serving::RouteMode>(row.text(1)),
                             from_micros(row.integer(2))});
            return true;
        },
        endpoint_id, rollout_id));
    return found;
}

}  // namespace rondo::rollout::sql
