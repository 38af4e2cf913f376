// All SQL about webhooks and their deliveries. In the caller's transaction.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "platform/notify/model.h"
#include "platform/store/tx.h"

namespace rondo::notify::sql {

Result<std::vector<Webhook>> list_webhooks(store::Tx& tx, int64_t workspace_id, int64_t limit);
// With the counts of its deliveries.
Result<std::optional<Webhook>> find_webhook(store::Tx& tx, int64_t workspace_id,
                                            const std::string& name);
// Without the counts.
Result<std::optional<Webhook>> find_webhook_by_id(store::Tx& tx, int64_t workspace_id, int64_t id);
Status count_deliveries(store::Tx& tx, Webhook& webhook);
// Of all workspaces.
Result<std::vector<Webhook>> active_webhooks(store::Tx& tx);
Result<int64_t> insert_webhook(store::Tx& tx, const Webhook& webhook);
// Everything but its health.
Status update_webhook(store::Tx& tx, const Webhook& webhook);
Status update_health(store::Tx& tx, const Webhook& webhook);
// The row stays until its deliveries are gone; what is secret in it goes at once.
Status delete_webhook(store::Tx& tx, int64_t id, Time now);

struct NewDelivery {
    int64_t webhook_id = 0, event_id = 0;
    std::string message_id, kind, subject;
    DeliveryState state = DeliveryState::pending;
    std::string problem;
};
// Those that exist already stay as they are. How many were new.
Result<int64_t> insert_deliveries(store::Tx& tx, const std::vector<NewDelivery>& rows, Time now);
// At most `limit` are counted.
Result<int64_t> count_pending(store::Tx& tx, int64_t webhook_id, int64_t limit);

struct DeliveryQuery {
    std::optional<DeliveryState> state;
    int64_t before = 0;  // ids below; 0: the newest
    int64_t limit = 0;
};
// Newest first.
Result<std::vector<Delivery>> list_deliveries(store::Tx& tx, int64_t webhook_id,
                                              const DeliveryQuery& query);
struct Owned {
    Delivery delivery;
    Webhook webhook;
};
Result<std::optional<Owned>> find_delivery(store::Tx& tx, int64_t workspace_id, int64_t id);
// Pending anew, with all attempts before it. False when it is pending already.
Result<bool> reset_delivery(store::Tx& tx, int64_t id, Time now);
// The same for dead ones, the oldest first; how many.
Result<int64_t> reset_dead(store::Tx& tx, int64_t webhook_id, Time now, int64_t limit);

// The oldest delivery of the webhook that is due.
Result<std::optional<Delivery>> due_delivery(store::Tx& tx, const Webhook& webhook, Time now);
Result<std::optional<events::Event>> find_event(store::Tx& tx, int64_t id);
// Writes down an attempt, unless the row has moved since it was read. `after` has the new state.
Result<bool> move_delivery(store::Tx& tx, const Delivery& before, const Delivery& after);

struct Backlog {
    int64_t pending = 0, dead = 0;  // counted up to kCounted
    std::optional<Time> oldest;     // of the pending ones
};
Result<Backlog> backlog(store::Tx& tx);

// Deletes some finished deliveries that are older than `ended_before` or beyond the newest `keep`.
Result<int64_t> delete_finished(store::Tx& tx, int64_t webhook_id, Time ended_before, int64_t keep,
                                int64_t limit);
// The next webhook by id, deleted ones too.
struct Any {
    int64_t id = 0;
    bool is_deleted = false;
};
Result<std::optional<Any>> next_webhook(store::Tx& tx, int64_t after);
// Deletes some deliveries of a deleted webhook, in the end the webhook itself; how many rows.
Result<int64_t> delete_rest(store::Tx& tx, int64_t webhook_id, int64_t limit);

}  // namespace rondo::notify::sql
