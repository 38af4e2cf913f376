-- Endpoints, their clock, the prediction log's sealed side and labels.

CREATE TABLE endpoints (
    id {id},
    workspace_id BIGINT NOT NULL,
    name {text} NOT NULL,
    spec {text} NOT NULL,
    spec_version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (workspace_id, name)
);

-- settled: every tick up to here has been decided and everything it caused is done.
CREATE TABLE endpoint_clocks (
    endpoint_id BIGINT PRIMARY KEY REFERENCES endpoints (id) ON DELETE CASCADE,
    settled_us BIGINT,
    sealed_day BIGINT
);

-- Which models answer from which moment of the endpoint's clock on. Rows are only added.
CREATE TABLE routes (
    endpoint_id BIGINT NOT NULL REFERENCES endpoints (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    effective_us BIGINT NOT NULL,
    mode {text} NOT NULL,
    champion BIGINT NOT NULL,
    candidate BIGINT NOT NULL,
    share BIGINT NOT NULL,
    scored_by_both BIGINT NOT NULL,
    rollout_id BIGINT,
    PRIMARY KEY (endpoint_id, number)
) {without_rowid};

CREATE TABLE labels (
    endpoint_id BIGINT NOT NULL,
    event_us BIGINT NOT NULL,
    unit_hash BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    value {real} NOT NULL,
    known_us BIGINT NOT NULL,
    arrived_us BIGINT NOT NULL,
    PRIMARY KEY (endpoint_id, event_us, unit_hash, sequence)
) {without_rowid};

CREATE TABLE prediction_segments (
    endpoint_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    digest {text} NOT NULL,
    rows_total BIGINT NOT NULL,
    rows_candidate BIGINT NOT NULL,
    rows_labelled BIGINT NOT NULL,
    labels_unmatched BIGINT NOT NULL,
    sealed_at BIGINT NOT NULL,
    PRIMARY KEY (endpoint_id, day)
) {without_rowid};

-- Sums that are shown: rows sealed and lost by arm, labels that came late or contradicted.
CREATE TABLE prediction_counts (
    endpoint_id BIGINT PRIMARY KEY,
    sealed_champion BIGINT NOT NULL,
    sealed_candidate BIGINT NOT NULL,
    lost_champion BIGINT NOT NULL,
    lost_candidate BIGINT NOT NULL,
    labels_late BIGINT NOT NULL,
    labels_contradictory BIGINT NOT NULL,
    labels_unmatched BIGINT NOT NULL
);
