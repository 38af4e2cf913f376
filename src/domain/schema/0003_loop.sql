-- Data versions, pipelines, monitoring, gates, rollouts and the loop.

CREATE TABLE datasets (
    id {id},
    workspace_id BIGINT NOT NULL,
    name {text} NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (workspace_id, name)
);

-- digest: of the tree (sorted lines "digest size path"), which is a stored blob itself. The same
-- files are the same version.
CREATE TABLE dataset_versions (
    dataset_id BIGINT NOT NULL REFERENCES datasets (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    digest {text} NOT NULL,
    parent BIGINT,
    message {text} NOT NULL,
    files BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (dataset_id, number),
    UNIQUE (dataset_id, digest)
) {without_rowid};

CREATE TABLE pipelines (
    id {id},
    workspace_id BIGINT NOT NULL,
    name {text} NOT NULL,
    version BIGINT NOT NULL,
    spec {text} NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (workspace_id, name)
);

-- idempotency_key: the same key never starts a second run.
CREATE TABLE pipeline_runs (
    id {id},
    workspace_id BIGINT NOT NULL,
    pipeline_id BIGINT NOT NULL REFERENCES pipelines (id),
    pipeline_version BIGINT NOT NULL,
    idempotency_key {text} NOT NULL,
    spec {text} NOT NULL,
    request {text} NOT NULL,
    state {text} NOT NULL,
    ver BIGINT NOT NULL,
    cause BIGINT,
    problem {text} NOT NULL,
    outcome {text} NOT NULL,
    created_at BIGINT NOT NULL,
    ended_at BIGINT,
    UNIQUE (workspace_id, idempotency_key)
);
CREATE INDEX pipeline_runs_by_state ON pipeline_runs (state, id);

-- attempt is the fencing number: what an older attempt reports is ignored.
CREATE TABLE pipeline_tasks (
    run_id BIGINT NOT NULL REFERENCES pipeline_runs (id) ON DELETE CASCADE,
    name {text} NOT NULL,
    state {text} NOT NULL,
    ver BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    pid BIGINT NOT NULL,
    start_ticks BIGINT NOT NULL,
    started_at BIGINT,
    ended_at BIGINT,
    exit_code BIGINT,
    problem {text} NOT NULL,
    outputs {text} NOT NULL,
    PRIMARY KEY (run_id, name)
) {without_rowid};

-- The frozen reference of a model version on an endpoint.
CREATE TABLE monitor_references (
    endpoint_id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    reference_value {real} NOT NULL,
    cells {text} NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (endpoint_id, version)
) {without_rowid};

-- What one sealed day adds to a window of a model version. level: what the bets were made against.
CREATE TABLE monitor_days (
    endpoint_id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    day BIGINT NOT NULL,
    level {real} NOT NULL,
    rows_scored BIGINT NOT NULL,
    labelled BIGINT NOT NULL,
    loss_sum {real} NOT NULL,
    growth {text} NOT NULL,
    cell_counts {text} NOT NULL,
    PRIMARY KEY (endpoint_id, version, day)
) {without_rowid};

-- What each tick saw.
CREATE TABLE monitor_windows (
    endpoint_id BIGINT NOT NULL,
    tick_us BIGINT NOT NULL,
    data {text} NOT NULL,
    PRIMARY KEY (endpoint_id, tick_us)
) {without_rowid};

-- A decision with its evidence and what is needed to compute it again.
CREATE TABLE decisions (
    id {id},
    workspace_id BIGINT NOT NULL,
    endpoint_id BIGINT NOT NULL,
    kind {text} NOT NULL,
    tick_us BIGINT NOT NULL,
    inputs {text} NOT NULL,
    evidence {text} NOT NULL,
    event_id BIGINT NOT NULL,
    decided_at BIGINT NOT NULL
);
CREATE INDEX decisions_by_endpoint ON decisions (endpoint_id, id);
CREATE INDEX decisions_by_event ON decisions (event_id);

CREATE TABLE policies (
    endpoint_id BIGINT PRIMARY KEY REFERENCES endpoints (id) ON DELETE CASCADE,
    spec {text} NOT NULL,
    version BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE rollouts (
    id {id},
    endpoint_id BIGINT NOT NULL,
    spec {text} NOT NULL,
    champion BIGINT NOT NULL,
    candidate BIGINT NOT NULL,
    state {text} NOT NULL,
    ver BIGINT NOT NULL,
    stage BIGINT NOT NULL,
    stage_since_us BIGINT NOT NULL,
    evidence {text} NOT NULL,
    folded_day BIGINT,
    cause BIGINT,
    origin {text} NOT NULL,
    outcome {text} NOT NULL,
    started_at BIGINT NOT NULL,
    ended_us BIGINT
);
-- One rollout at a time on an endpoint.
CREATE UNIQUE INDEX rollouts_open ON rollouts (endpoint_id) WHERE state <> 'closed';

-- Units that have entered the evidence by unit: each enters once.
CREATE TABLE rollout_units (
    rollout_id BIGINT NOT NULL REFERENCES rollouts (id) ON DELETE CASCADE,
    unit_hash BIGINT NOT NULL,
    PRIMARY KEY (rollout_id, unit_hash)
) {without_rowid};

-- The course of a rollout's evidence, a row a tick, for pictures.
CREATE TABLE rollout_ticks (
    rollout_id BIGINT NOT NULL REFERENCES rollouts (id) ON DELETE CASCADE,
    tick_us BIGINT NOT NULL,
    data {text} NOT NULL,
    PRIMARY KEY (rollout_id, tick_us)
) {without_rowid};

CREATE TABLE loop_cases (
    id {id},
    endpoint_id BIGINT NOT NULL,
    reason {text} NOT NULL,
    tick_us BIGINT NOT NULL,
    state {text} NOT NULL,
    ver BIGINT NOT NULL,
    cause BIGINT,
    data_version BIGINT,
    pipeline_run BIGINT,
    candidate BIGINT,
    rollout_id BIGINT,
    outcome {text} NOT NULL,
    opened_at BIGINT NOT NULL,
    ended_us BIGINT
);
-- One case at a time: breaches while it is open are part of it.
CREATE UNIQUE INDEX loop_cases_open ON loop_cases (endpoint_id) WHERE state <> 'closed';
