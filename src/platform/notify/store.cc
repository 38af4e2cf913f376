#include "platform/notify/store.h"

#include "base/text.h"
#include "platform/json/enums.h"
#include "platform/store/bulk.h"

namespace rondo::notify::sql {
namespace {

using store::Row;

constexpr std::string_view kWebhook =
    "w.id, w.workspace_id, w.name, w.url, w.dialect, w.events, w.subject, w.only_alarms, "
    "w.state, w.reason, w.attempts, w.secret, w.old_secret, w.old_secret_until, w.failures, "
    "w.resume_at, w.recovered_at, w.created_at, w.updated_at, w.description";
constexpr int kWebhookColumns = 20;
constexpr std::string_view kDelivery =
    "d.id, d.webhook_id, d.event_id, d.message_id, d.kind, d.subject, d.state, d.attempts, "
    "d.next_at, d.attempted_at, d.ended_at, d.status, d.latency_us, d.problem, d.answer, "
    "d.created_at";
constexpr int64_t kMostWebhooks = 1000;

std::string joined(const std::vector<std::string>& patterns) {
    std::string out;
    for (const std::string& pattern : patterns) out += (out.empty() ? "" : " ") + pattern;
    return out;
}

std::optional<Time> time_or_none(int64_t micros) {
    return micros == 0 ? std::nullopt : std::optional(from_micros(micros));
}

Webhook webhook_from(const Row& row, int at = 0) {
    Webhook w;
    w.id = row.integer(at);
    w.workspace_id = row.integer(at + 1);
    w.name = row.text(at + 2);
    w.url = row.text(at + 3);
    w.dialect = json::stored_value_of<Dialect>(row.text(at + 4));
    for (const std::string_view pattern : split(row.text(at + 5), ' '))
        w.events.emplace_back(pattern);
    w.subject = row.text(at + 6);
    w.only_alarms = row.integer(at + 7) != 0;
    w.state = json::stored_value_of<WebhookState>(row.text(at + 8));
    w.reason = row.text(at + 9);
    w.attempts = row.integer(at + 10);
    w.secret = row.text(at + 11);
    w.old_secret = row.text(at + 12);
    w.old_secret_until = from_micros(row.integer(at + 13));
    w.failures = row.integer(at + 14);
    w.resume = from_micros(row.integer(at + 15));
    w.recovered = from_micros(row.integer(at + 16));
    w.created = from_micros(row.integer(at + 17));
    w.updated = from_micros(row.integer(at + 18));
    w.description = row.text(at + 19);
    return w;
}

Delivery delivery_from(const Row& row, int at = 0) {
    Delivery d;
    d.id = row.integer(at);
    d.webhook_id = row.integer(at + 1);
    d.event_id = row.integer(at + 2);
    d.message_id = row.text(at + 3);
    d.kind = row.text(at + 4);
    d.subject = row.text(at + 5);
    d.state = json::stored_value_of<DeliveryState>(row.text(at + 6));
    d.attempts = row.integer(at + 7);
    if (d.state == DeliveryState::pending) d.next = from_micros(row.integer(at + 8));
    d.attempted = time_or_none(row.integer(at + 9));
    if (const auto ended = row.get<std::optional<int64_t>>(at + 10)) d.ended = from_micros(*ended);
    d.status = row.get<std::optional<int64_t>>(at + 11);
    if (const auto latency = row.get<std::optional<int64_t>>(at + 12))
        d.latency_ms = static_cast<double>(*latency) / 1000;
    d.problem = row.text(at + 13);
    d.answer = row.text(at + 14);
    d.created = from_micros(row.integer(at + 15));
    return d;
}

template <class... A>
Result<std::vector<Webhook>> webhooks_where(store::Tx& tx, std::string_view where,
                                            const A&... args) {
    std::vector<Webhook> out;
    TRY(tx.each(
        "SELECT " + std::string(kWebhook) + " FROM webhooks w " + std::string(where),
        [&](const Row& row) {
            out.push_back(webhook_from(row));
            return true;
        },
        args...));
    return out;
}

template <class... A>
Result<std::vector<Delivery>> deliveries_where(store::Tx& tx, std::string_view where,
                                               const A&... args) {
    std::vector<Delivery> out;
    TRY(tx.each(
        "SELECT " + std::string(kDelivery) + " FROM webhook_deliveries d " + std::string(where),
        [&](const Row& row) {
            out.push_back(delivery_from(row));
            return true;
        },
        args...));
    return out;
}

template <class T>
std::optional<T> first(std::vector<T> list) {
    if (list.empty()) return std::nullopt;
    return std::move(list.front());
}

}  // namespace

Result<std::vector<Webhook>> list_webhooks(store::Tx& tx, int64_t workspace_id, int64_t limit) {
    return webhooks_where(
        tx, "WHERE w.workspace_id = $1 AND w.state <> 'deleted' ORDER BY w.name LIMIT $2",
        workspace_id, limit);
}

Result<std::optional<Webhook>> find_webhook(store::Tx& tx, int64_t workspace_id,
                                            const std::string& name) {
    TRY_ASSIGN(
        auto found,
        webhooks_where(tx, "WHERE w.workspace_id = $1 AND w.name = $2 AND w.state <> 'deleted'",
                       workspace_id, name));
    for (Webhook& webhook : found) TRY(count_deliveries(tx, webhook));
    return first(std::move(found));
}

Result<std::optional<Webhook>> find_webhook_by_id(store::Tx& tx, int64_t workspace_id, int64_t id) {
    TRY_ASSIGN(
        auto found,
        webhooks_where(tx, "WHERE w.workspace_id = $1 AND w.id = $2 AND w.state <> 'deleted'",
                       workspace_id, id));
    return first(std::move(found));
}

Status count_deliveries(store::Tx& tx, Webhook& webhook) {
    TRY_ASSIGN(webhook.pending, count_pending(tx, webhook.id, kCounted));
    TRY_ASSIGN(const auto dead,
               tx.one<int64_t>("SELECT count(*) FROM (SELECT 1 FROM webhook_deliveries WHERE "
                               "webhook_id = $1 AND state = 'dead' LIMIT $2) AS dead",
                               webhook.id, kCounted));
    webhook.dead = dead.value_or(0);
    return ok();
}

Result<std::vector<Webhook>> active_webhooks(store::Tx& tx) {
    return webhooks_where(tx, "WHERE w.state = 'active' ORDER BY w.id LIMIT $1", kMostWebhooks);
}

Result<int64_t> insert_webhook(store::Tx& tx, const Webhook& w) {
    TRY_ASSIGN(
        const auto id,
        tx.one<int64_t>(
            "INSERT INTO webhooks (workspace_id, name, url, dialect, events, subject, only_alarms, "
            "state, reason, attempts, secret, old_secret, old_secret_until, failures, resume_at, "
            "recovered_at, created_at, updated_at, description) VALUES ($1, $2, $3, $4, $5, $6, "
            "$7, "
            "$8, '', $9, $10, '', 0, 0, 0, 0, $11, $12, $13) ON CONFLICT (workspace_id, name) DO "
            "NOTHING "
            "RETURNING id",
            w.workspace_id, w.name, w.url, json::text_of(w.dialect), joined(w.events), w.subject,
            w.only_alarms, json::text_of(w.state), w.attempts, w.secret, to_micros(w.created),
            to_micros(w.updated), w.description));
    if (!id)
        return fail(Code::already_exists, "webhook " + quoted(w.name) + " exists already", "name");
    return *id;
}

Status update_webhook(store::Tx& tx, const Webhook& w) {
    TRY(
        tx.exec("UPDATE webhooks SET url = $1, dialect = $2, events = $3, subject = $4, "
                "only_alarms = $5, state = $6, reason = $7, attempts = $8, secret = $9, "
                "old_secret = $10, old_secret_until = $11, updated_at = $12, name = $13, "
                "description = $14 WHERE id = $15",
                w.url, json::text_of(w.dialect), joined(w.events), w.subject, w.only_alarms,
                json::text_of(w.state), w.reason, w.attempts, w.secret, w.old_secret,
                to_micros(w.old_secret_until), to_micros(w.updated), w.name, w.description, w.id));
    return ok();
}

Status update_health(store::Tx& tx, const Webhook& w) {
    TRY(
        tx.exec("UPDATE webhooks SET failures = $1, resume_at = $2, recovered_at = $3, state = $4, "
                "reason = $5 WHERE id = $6 AND state <> 'deleted'",
                w.failures, to_micros(w.resume), to_micros(w.recovered), json::text_of(w.state),
                w.reason, w.id));
    return ok();
}

Status delete_webhook(store::Tx& tx, int64_t id, Time now) {
    TRY(
        tx.exec("UPDATE webhooks SET state = 'deleted', name = $1, url = '', secret = '', "
                "old_secret = '', updated_at = $2 WHERE id = $3",
                "/" + std::to_string(id), to_micros(now), id));
    return ok();
}

Result<int64_t> insert_deliveries(store::Tx& tx, const std::vector<NewDelivery>& rows, Time now) {
    if (rows.empty()) return 0;
    store::Rows values(13);
    for (const NewDelivery& d : rows) {
        const bool pending = d.state == DeliveryState::pending;
        values.add(d.webhook_id, d.event_id, d.message_id, d.kind, d.subject,
                   json::text_of(d.state), 0, to_micros(now), 0,
                   pending ? std::optional<int64_t>() : std::optional(to_micros(now)), d.problem,
                   "", to_micros(now));
    }
    return store::insert_many(
        tx,
        "INSERT INTO webhook_deliveries (webhook_id, event_id, message_id, kind, subject, state, "
        "attempts, next_at, attempted_at, ended_at, problem, answer, created_at) VALUES ",
        values, " ON CONFLICT (webhook_id, event_id) DO NOTHING");
}

Result<int64_t> count_pending(store::Tx& tx, int64_t webhook_id, int64_t limit) {
    TRY_ASSIGN(const auto count,
               tx.one<int64_t>("SELECT count(*) FROM (SELECT 1 FROM webhook_deliveries WHERE "
                               "webhook_id = $1 AND state = 'pending' LIMIT $2) AS waiting",
                               webhook_id, limit));
    return count.value_or(0);
}

Result<std::vector<Delivery>> list_deliveries(store::Tx& tx, int64_t webhook_id,
                                              const DeliveryQuery& query) {
    const int64_t before = query.before == 0 ? INT64_MAX : query.before;
    if (!query.state)
        return deliveries_where(tx,
                                "WHERE d.webhook_id = $1 AND d.id < $2 ORDER BY d.id DESC LIMIT $3",
                                webhook_id, before, query.limit);
    // The state stands in the text, so that its own index is taken.
    return deliveries_where(tx,
                            "WHERE d.webhook_id = $1 AND d.id < $2 AND d.state = '" +
                                std::string(json::text_of(*query.state)) +
                                "' ORDER BY d.id DESC LIMIT $3",
                            webhook_id, before, query.limit);
}

Result<std::optional<Owned>> find_delivery(store::Tx& tx, int64_t workspace_id, int64_t id) {
    std::optional<Owned> out;
    TRY(tx.each(
        "SELECT " + std::string(kWebhook) + ", " + std::string(kDelivery) +
            " FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id "
            "WHERE d.id = $1 AND w.workspace_id = $2 AND w.state <> 'deleted'",
        [&](const Row& row) {
            out = Owned{delivery_from(row, kWebhookColumns), webhook_from(row)};
            return false;
        },
        id, workspace_id));
    return out;
}

Result<bool> reset_delivery(store::Tx& tx, int64_t id, Time now) {
    TRY_ASSIGN(const int64_t changed,
               tx.exec("UPDATE webhook_deliveries SET state = 'pending', attempts = 0, "
                       "next_at = $1, ended_at = NULL WHERE id = $2 AND state <> 'pending'",
                       to_micros(now), id));
    return changed == 1;
}

Result<int64_t> reset_dead(store::Tx& tx, int64_t webhook_id, Time now, int64_t limit) {
    return tx.exec(
        "UPDATE webhook_deliveries SET state = 'pending', attempts = 0, next_at = $1, "
        "ended_at = NULL WHERE id IN (SELECT id FROM webhook_deliveries WHERE webhook_id = $2 AND "
        "state = 'dead' ORDER BY id LIMIT $3)",
        to_micros(now), webhook_id, limit);
}

Result<std::optional<Delivery>> due_delivery(store::Tx& tx, const Webhook& webhook, Time now) {
    TRY_ASSIGN(auto found,
               deliveries_where(tx,
                                "WHERE d.webhook_id = $1 AND d.state = 'pending' AND "
                                "(d.next_at <= $2 OR d.attempted_at < $3) ORDER BY d.id LIMIT 1",
                                webhook.id, to_micros(now), to_micros(webhook.recovered)));
    return first(std::move(found));
}

Result<std::optional<events::Event>> find_event(store::Tx& tx, int64_t id) {
    std::optional<events::Event> out;
    TRY(tx.each(
        "SELECT id, recorded_at, happened_at, kind, subject, data, cause, workspace_id FROM events "
        "WHERE id = $1",
        [&](const Row& row) {
            out = events::Event{row.integer(0),
                                from_micros(row.integer(1)),
                                from_micros(row.integer(2)),
                                row.get<std::string>(3),
                                row.get<std::string>(4),
                                row.get<std::string>(5),
                                row.get<std::optional<int64_t>>(6),
                                row.integer(7)};
            return false;
        },
        id));
    return out;
}

Result<bool> move_delivery(store::Tx& tx, const Delivery& before, const Delivery& after) {
    const auto micros = [](const std::optional<Time>& t) {
        return t ? std::optional(to_micros(*t)) : std::nullopt;
    };
    TRY_ASSIGN(
        const int64_t changed,
        tx.exec("UPDATE webhook_deliveries SET state = $1, attempts = $2, next_at = $3, "
                "attempted_at = $4, ended_at = $5, status = $6, latency_us = $7, problem = $8, "
                "answer = $9 WHERE id = $10 AND state = 'pending' AND attempts = $11",
                json::text_of(after.state), after.attempts, micros(after.next).value_or(0),
                micros(after.attempted).value_or(0), micros(after.ended), after.status,
                after.latency_ms ? std::optional(static_cast<int64_t>(*after.latency_ms * 1000))
                                 : std::nullopt,
                after.problem, after.answer, before.id, before.attempts));
    return changed == 1;
}

Result<Backlog> backlog(store::Tx& tx) {
    Backlog out;
    TRY_ASSIGN(const auto waiting,
               (tx.one<int64_t, std::optional<int64_t>>(
                   "SELECT count(*), min(created_at) FROM (SELECT created_at FROM "
                   "webhook_deliveries WHERE state = 'pending' LIMIT $1) AS waiting",
                   kCounted)));
    if (waiting) {
        out.pending = std::get<0>(*waiting);
        if (const auto oldest = std::get<1>(*waiting)) out.oldest = from_micros(*oldest);
    }
    TRY_ASSIGN(const auto dead,
               tx.one<int64_t>("SELECT count(*) FROM (SELECT 1 FROM webhook_deliveries WHERE "
                               "state = 'dead' LIMIT $1) AS dead",
                               kCounted));
    out.dead = dead.value_or(0);
    return out;
}

Result<int64_t> delete_finished(store::Tx& tx, int64_t webhook_id, Time ended_before, int64_t keep,
                                int64_t limit) {
    TRY_ASSIGN(const auto beyond,
               tx.one<int64_t>("SELECT id FROM webhook_deliveries WHERE webhook_id = $1 AND "
                               "state <> 'pending' ORDER BY id DESC LIMIT 1 OFFSET $2",
                               webhook_id, keep));
    return tx.exec(
        "DELETE FROM webhook_deliveries WHERE id IN (SELECT id FROM webhook_deliveries WHERE "
        "webhook_id = $1 AND state <> 'pending' AND (ended_at < $2 OR id <= $3) "
        "ORDER BY id LIMIT $4)",
        webhook_id, to_micros(ended_before), beyond.value_or(0), limit);
}

Result<std::optional<Any>> next_webhook(store::Tx& tx, int64_t after) {
    TRY_ASSIGN(const auto found,
               (tx.one<int64_t, std::string>(
                   "SELECT id, state FROM webhooks WHERE id > $1 ORDER BY id LIMIT 1", after)));
    if (!found) return std::nullopt;
    return Any{std::get<0>(*found), std::get<1>(*found) == "deleted"};
}

Result<int64_t> delete_rest(store::Tx& tx, int64_t webhook_id, int64_t limit) {
    TRY_ASSIGN(const int64_t rows,
               tx.exec("DELETE FROM webhook_deliveries WHERE id IN (SELECT id FROM "
                       "webhook_deliveries WHERE webhook_id = $1 ORDER BY id LIMIT $2)",
                       webhook_id, limit));
    if (rows > 0) return rows;
    return tx.exec("DELETE FROM webhooks WHERE id = $1 AND state = 'deleted'", webhook_id);
}

}  // namespace rondo::notify::sql
