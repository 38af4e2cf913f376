-- Webhooks: who wants to hear of which events, and each message on its way.

-- events: patterns with blanks between. secret, old_secret: sealed for the host of the URL, or empty.
-- A row whose state is deleted goes with its deliveries; its name is free.
-- failures: in a row, over all deliveries. resume_at: nothing is sent before. recovered_at: what had
-- failed before that moment is due.
CREATE TABLE webhooks (
    id {id},
    workspace_id BIGINT NOT NULL,
    name {text} NOT NULL,
    url {text} NOT NULL,
    dialect {text} NOT NULL,
    events {text} NOT NULL,
    subject {text} NOT NULL,
    only_alarms BIGINT NOT NULL,
    state {text} NOT NULL,
    reason {text} NOT NULL,
    attempts BIGINT NOT NULL,
    secret {text} NOT NULL,
    old_secret {text} NOT NULL,
    old_secret_until BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    resume_at BIGINT NOT NULL,
    recovered_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (workspace_id, name)
);

-- One row for each event and subscription, made with the cursor's move. state: pending, delivered or
-- dead. message_id: the same for every attempt. attempted_at: 0 before the first.
CREATE TABLE webhook_deliveries (
    id {id},
    webhook_id BIGINT NOT NULL,
    event_id BIGINT NOT NULL,
    message_id {text} NOT NULL,
    kind {text} NOT NULL,
    subject {text} NOT NULL,
    state {text} NOT NULL,
    attempts BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    attempted_at BIGINT NOT NULL,
    ended_at BIGINT,
    status BIGINT,
    latency_us BIGINT,
    problem {text} NOT NULL,
    answer {text} NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (webhook_id, event_id)
);
CREATE INDEX webhook_deliveries_in_order ON webhook_deliveries (webhook_id, id);
CREATE INDEX webhook_deliveries_pending ON webhook_deliveries (webhook_id, id, next_at, attempted_at)
    WHERE state = 'pending';
CREATE INDEX webhook_deliveries_dead ON webhook_deliveries (webhook_id, id) WHERE state = 'dead';
