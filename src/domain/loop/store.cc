#include "domain/loop/store.h"

#include "base/check.h"
#include "platform/json/enums.h"

namespace rondo::loop::sql {
namespace {

template <class T>
T stored(std::string_view text) {
    auto value = json::read<T>(text, json::Dialect::lenient);
    CHECK(value.has_value(), "a stored policy, case or decision that does not parse");
    return std::move(*value);
}

constexpr std::string_view kCaseColumns =
    "SELECT id, endpoint_id, reason, tick_us, state, ver, cause, data_version, pipeline_run, "
    "candidate, rollout_id, outcome, ended_us FROM loop_cases ";

Case case_from(const store::Row& row) {
    Case c;
    c.id = row.integer(0);
    c.endpoint_id = row.integer(1);
    c.reason = row.get<std::string>(2);
    c.tick = from_micros(row.integer(3));
    c.state = json::stored_value_of<CaseState>(row.text(4));
    c.ver = row.integer(5);
    c.cause = row.get<std::optional<int64_t>>(6);
    c.data_version = row.get<std::optional<int64_t>>(7);
    c.pipeline_run = row.get<std::optional<int64_t>>(8);
    c.candidate = row.get<std::optional<int64_t>>(9);
    c.rollout_id = row.get<std::optional<int64_t>>(10);
    c.outcome = row.get<std::string>(11);
    if (!row.is_null(12)) c.ended = from_micros(row.integer(12));
    return c;
}

template <class... A>
Result<std::optional<Case>> first_case(store::Tx& tx, std::string_view where, const A&... args) {
    std::optional<Case> found;
    TRY(tx.each(
        std::string(kCaseColumns) + std::string(where),
        [&](const store::Row& row) {
            found = case_from(row);
            return false;
        },
        args...));
    return found;
}

}  // namespace

Result<Policy> put_policy(store::Tx& tx, int64_t endpoint_id, const PolicySpec& spec, Time now) {
    TRY_ASSIGN(const auto version,
               tx.one<int64_t>("INSERT INTO policies (endpoint_id, spec, version, updated_at) "
                               "VALUES ($1, $2, 1, $3) ON CONFLICT (endpoint_id) DO UPDATE SET "
                               "spec = excluded.spec, version = policies.version + 1, "
                               "updated_at = excluded.updated_at RETURNING version",
                               endpoint_id, json::write(spec), to_micros(now)));
    return Policy{spec, *version};
}

Result<std::optional<Policy>> find_policy(store::Tx& tx, int64_t endpoint_id) {
    std::optional<Policy> found;
    TRY(tx.each(
        "SELECT spec, version FROM policies WHERE endpoint_id = $1",
        [&](const store::Row& row) {
            found = Policy{stored<PolicySpec>(row.text(0)), row.integer(1)};
            return false;
        },
        endpoint_id));
    return found;
}

Result<std::optional<int64_t>> open_case(store::Tx& tx, const Case& opened, Time now) {
    return tx.one<int64_t>(
        "INSERT INTO loop_cases (endpoint_id, reason, tick_us, state, ver, cause, outcome, "
        "opened_at) VALUES ($1, $2, $3, $4, 0, $5, '', $6) ON CONFLICT DO NOTHING RETURNING id",
        opened.endpoint_id, opened.reason, to_micros(opened.tick), json::text_of(opened.state),
        opened.cause, to_micros(now));
}

Result<std::optional<Case>> find_open_case(store::Tx& tx, int64_t endpoint_id) {
    return first_case(tx, "WHERE endpoint_id = $1 AND state <> 'closed'", endpoint_id);
}

Result<std::optional<Case>> find_case_of_rollout(store::Tx& tx, int64_t rollout_id) {
    return first_case(tx, "WHERE rollout_id = $1 AND state <> 'closed'", rollout_id);
}

Result<std::optional<Case>> latest_case(store::Tx& tx, int64_t endpoint_id) {
    return first_case(tx, "WHERE endpoint_id = $1 ORDER BY id DESC LIMIT 1", endpoint_id);
}

Result<bool> update_case(store::Tx& tx, const Case& c) {
    const std::optional<int64_t> ended =
        c.ended ? std::optional(to_micros(*c.ended)) : std::nullopt;
    TRY_ASSIGN(const int64_t changed,
               tx.exec("UPDATE loop_cases SET state = $1, ver = ver + 1, tick_us = $2, cause = $3, "
                       "data_version = $4, pipeline_run = $5, candidate = $6, rollout_id = $7, "
                       "outcome = $8, ended_us = $9 WHERE id = $10 AND ver = $11",
                       json::text_of(c.state), to_micros(c.tick), c.cause, c.data_version,
                       c.pipeline_run, c.candidate, c.rollout_id, c.outcome, ended, c.id, c.ver));
    return changed == 1;
}

Result<int64_t> insert_decision(store::Tx& tx, int64_t workspace_id, const Decision& d, Time now) {
    TRY_ASSIGN(
        const auto id,
        tx.one<int64_t>("INSERT INTO decisions (workspace_id, endpoint_id, kind, tick_us, inputs, "
                        "evidence, event_id, decided_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) "
                        "RETURNING id",
                        workspace_id, d.endpoint_id, d.kind, to_micros(d.tick),
                        json::write(d.inputs), d.evidence.text, d.event_id, to_micros(now)));
    return *id;
}

Result<Decision> get_decision(store::Tx& tx, int64_t id) {
    std::optional<Decision> found;
    TRY(tx.each(
        "SELECT id, endpoint_id, kind, tick_us, inputs, evidence, event_id FROM decisions "
        "WHERE id = $1",
        [&](const store::Row& row) {
            found = Decision{row.integer(0),
                             row.integer(1),
                             row.get<std::string>(2),
                             from_micros(row.integer(3)),
                             stored<DecisionInputs>(row.text(4)),
                             {row.get<std::string>(5)},
                             row.integer(6)};
            return false;
        },
        id));
    if (!found)
        return fail(Code::not_found,
                    "no decision " + std::to_string(id) + "; `rondo timeline` lists them");
    return std::move(*found);
}

Result<std::vector<Entry>> timeline(store::Tx& tx, int64_t workspace_id, const std::string& subject,
                                    int64_t after, int limit) {
    std::vector<Entry> found;
    TRY(tx.each(
        "SELECT e.id, e.happened_at, e.recorded_at, e.kind, e.data, e.cause, d.id "
        "FROM events e LEFT JOIN decisions d ON d.event_id = e.id "
        "WHERE e.workspace_id = $1 AND e.subject = $2 AND e.id > $3 "
        "ORDER BY e.id LIMIT $4",
        [&](const store::Row& row) {
            found.push_back({row.integer(0), from_micros(row.integer(1)),
                             from_micros(row.integer(2)), row.get<std::string>(3),
                             row.get<std::string>(4), row.get<std::optional<int64_t>>(5),
                             row.get<std::optional<int64_t>>(6)});
            return true;
        },
        workspace_id, subject, after, limit));
    return found;
}

}  // namespace rondo::loop::sql
