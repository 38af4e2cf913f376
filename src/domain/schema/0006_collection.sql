-- Stored bytes, one row an object: what collection of garbage knows about it.
-- held_until: nobody sweeps it in a round that began before (leases of uploads and answers).
-- marked: the last round in which something referred to it, and as what (kind).
-- state: 0 kept, 1 hidden (garbage, still readable), 2 being removed; since hidden_at.
CREATE TABLE blob_objects (
    digest {text} PRIMARY KEY,
    size BIGINT NOT NULL,
    kind {text} NOT NULL,
    seen_at BIGINT NOT NULL,
    held_until BIGINT NOT NULL,
    marked BIGINT NOT NULL,
    state BIGINT NOT NULL,
    hidden_at BIGINT NOT NULL,
    hidden_round BIGINT NOT NULL
) {without_rowid};
CREATE INDEX blob_objects_hidden ON blob_objects (digest) WHERE state > 0;

-- One row: where the round at hand is, what was asked for, and how the last one ended (JSON).
CREATE TABLE collection (
    id BIGINT PRIMARY KEY,
    round BIGINT NOT NULL,
    asked BIGINT NOT NULL,
    request {text} NOT NULL,
    served BIGINT NOT NULL,
    current {text} NOT NULL,
    place {text} NOT NULL,
    last {text} NOT NULL,
    totals {text} NOT NULL
);
INSERT INTO collection (id, round, asked, request, served, current, place, last, totals)
VALUES (1, 0, 0, '', 0, '', '', '', '');

-- For what is deleted for good: which versions stand on a run's or a model's files.
CREATE INDEX model_versions_by_location ON model_versions (storage_location);
CREATE INDEX model_versions_by_model_id ON model_versions (model_id);
CREATE INDEX runs_deleted ON runs (deleted_ms, id) WHERE deleted = 1;
-- For retention: old events that no other one names as its cause.
CREATE INDEX events_by_cause ON events (cause) WHERE cause IS NOT NULL;
CREATE INDEX tokens_by_expiry ON tokens (expires_at) WHERE expires_at IS NOT NULL;
