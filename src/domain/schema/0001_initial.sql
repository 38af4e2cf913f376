-- The first schema. Root tables carry workspace_id (1 is the default workspace) in their unique
-- keys from the start. Times are microseconds since 1970 unless a column says _ms (MLflow's own).

CREATE TABLE workspaces (
    id {id},
    name {text} NOT NULL UNIQUE,
    created_at BIGINT NOT NULL
);

-- Events (the outbox) and jobs ------------------------------------------------------------------

CREATE TABLE events (
    id {id},
    workspace_id BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    happened_at BIGINT NOT NULL,
    kind {text} NOT NULL,
    subject {text} NOT NULL,
    cause BIGINT,
    data {text} NOT NULL
);
CREATE INDEX events_by_subject ON events (workspace_id, subject, id);

CREATE TABLE leases (
    name {text} PRIMARY KEY,
    owner {text} NOT NULL,
    fence BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

-- Bytes -------------------------------------------------------------------------------------------

-- Which workspace may read which stored bytes: "already have it" is answered from here only.
CREATE TABLE blob_grants (
    workspace_id BIGINT NOT NULL,
    digest {text} NOT NULL,
    size BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, digest)
) {without_rowid};

-- Artifacts: names over bytes. path is relative to the artifact root: "0/<run>/artifacts/model".
CREATE TABLE artifact_files (
    workspace_id BIGINT NOT NULL,
    path {text} NOT NULL,
    digest {text} NOT NULL,
    size BIGINT NOT NULL,
    modified_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, path)
) {without_rowid};

-- Tracking ----------------------------------------------------------------------------------------

CREATE TABLE experiments (
    id {id},
    workspace_id BIGINT NOT NULL,
    name {text} NOT NULL,
    artifact_location {text} NOT NULL,
    deleted BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL,
    UNIQUE (workspace_id, name)
);

CREATE TABLE experiment_tags (
    experiment_id BIGINT NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
    key {text} NOT NULL,
    value {text} NOT NULL,
    PRIMARY KEY (experiment_id, key)
) {without_rowid};

-- run_id is the public 32 hex digits; id is what narrow tables refer to. A run also counts as
-- deleted while its experiment is.
CREATE TABLE runs (
    id {id},
    run_id {text} NOT NULL UNIQUE,
    experiment_id BIGINT NOT NULL REFERENCES experiments (id),
    name {text} NOT NULL,
    user_id {text} NOT NULL,
    status {text} NOT NULL,
    start_ms BIGINT NOT NULL,
    end_ms BIGINT,
    deleted BIGINT NOT NULL,
    deleted_ms BIGINT,
    artifact_uri {text} NOT NULL
);
-- In the order in which runs are listed by default, so that a first page reads no more than itself.
CREATE INDEX runs_by_experiment ON runs (experiment_id, deleted, start_ms DESC, run_id);

CREATE TABLE run_params (
    run BIGINT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    key {text} NOT NULL,
    value {text} NOT NULL,
    PRIMARY KEY (run, key)
) {without_rowid};

CREATE TABLE run_tags (
    run BIGINT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    key {text} NOT NULL,
    value {text} NOT NULL,
    PRIMARY KEY (run, key)
) {without_rowid};

CREATE TABLE metric_keys (
    id {id},
    name {text} NOT NULL UNIQUE
);

-- Every point once: sending a batch again changes nothing. A NaN is kept as value 0 with is_nan 1.
CREATE TABLE metric_points (
    run BIGINT NOT NULL,
    key_id BIGINT NOT NULL,
    timestamp_ms BIGINT NOT NULL,
    step BIGINT NOT NULL,
    value {real} NOT NULL,
    is_nan BIGINT NOT NULL,
    PRIMARY KEY (run, key_id, timestamp_ms, step, value, is_nan)
) {without_rowid};

-- The point with the greatest (step, timestamp, value), not the last one written.
CREATE TABLE latest_metrics (
    run BIGINT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    key_id BIGINT NOT NULL,
    timestamp_ms BIGINT NOT NULL,
    step BIGINT NOT NULL,
    value {real} NOT NULL,
    is_nan BIGINT NOT NULL,
    PRIMARY KEY (run, key_id)
) {without_rowid};

CREATE TABLE run_datasets (
    id {id},
    experiment_id BIGINT NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
    name {text} NOT NULL,
    digest {text} NOT NULL,
    source_type {text} NOT NULL,
    source {text} NOT NULL,
    schema {text},
    profile {text},
    UNIQUE (experiment_id, name, digest)
);

CREATE TABLE run_inputs (
    run BIGINT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    dataset_id BIGINT NOT NULL REFERENCES run_datasets (id),
    PRIMARY KEY (run, dataset_id)
) {without_rowid};

CREATE TABLE run_input_tags (
    run BIGINT NOT NULL,
    dataset_id BIGINT NOT NULL,
    key {text} NOT NULL,
    value {text} NOT NULL,
    PRIMARY KEY (run, dataset_id, key),
    FOREIGN KEY (run, dataset_id) REFERENCES run_inputs (run, dataset_id) ON DELETE CASCADE
) {without_rowid};

-- is_output: 0 the run read the model, 1 it made it
CREATE TABLE run_models (
    run BIGINT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    is_output BIGINT NOT NULL,
    model_id {text} NOT NULL,
    step BIGINT NOT NULL,
    PRIMARY KEY (run, is_output, model_id)
) {without_rowid};

CREATE TABLE logged_models (
    id {id},
    model_id {text} NOT NULL UNIQUE,
    experiment_id BIGINT NOT NULL REFERENCES experiments (id),
    name {text} NOT NULL,
    model_type {text} NOT NULL,
    source_run_id {text} NOT NULL,
    status {text} NOT NULL,
    artifact_uri {text} NOT NULL,
    deleted BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL
);
CREATE INDEX logged_models_by_experiment ON logged_models (experiment_id, deleted, created_ms DESC, model_id);
CREATE INDEX logged_models_by_run ON logged_models (source_run_id);

CREATE TABLE logged_model_params (
    model BIGINT NOT NULL REFERENCES logged_models (id) ON DELETE CASCADE,
    key {text} NOT NULL,
    value {text} NOT NULL,
    PRIMARY KEY (model, key)
) {without_rowid};

CREATE TABLE logged_model_tags (
    model BIGINT NOT NULL REFERENCES logged_models (id) ON DELETE CASCADE,
    key {text} NOT NULL,
    value {text} NOT NULL,
    PRIMARY KEY (model, key)
) {without_rowid};

-- The latest point of a metric on a dataset ('' for none) from each run.
CREATE TABLE logged_model_metrics (
    model BIGINT NOT NULL REFERENCES logged_models (id) ON DELETE CASCADE,
    key {text} NOT NULL,
    dataset_name {text} NOT NULL,
    dataset_digest {text} NOT NULL,
    run_id {text} NOT NULL,
    timestamp_ms BIGINT NOT NULL,
    step BIGINT NOT NULL,
    value {real} NOT NULL,
    is_nan BIGINT NOT NULL,
    PRIMARY KEY (model, key, dataset_name, dataset_digest, run_id)
) {without_rowid};

-- Registry ----------------------------------------------------------------------------------------

-- last_version counts deleted versions too, so that no number ever means two things.
CREATE TABLE registered_models (
    id {id},
    workspace_id BIGINT NOT NULL,
    name {text} NOT NULL,
    description {text},
    last_version BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL,
    UNIQUE (workspace_id, name)
);

CREATE TABLE registered_model_tags (
    model BIGINT NOT NULL REFERENCES registered_models (id) ON DELETE CASCADE,
    key {text} NOT NULL,
    value {text} NOT NULL,
    PRIMARY KEY (model, key)
) {without_rowid};

-- A deleted version keeps its row, emptied of what it pointed to.
CREATE TABLE model_versions (
    id {id},
    model BIGINT NOT NULL REFERENCES registered_models (id) ON DELETE CASCADE,
    version BIGINT NOT NULL,
    source {text} NOT NULL,
    storage_location {text} NOT NULL,
    run_id {text} NOT NULL,
    run_link {text} NOT NULL,
    model_id {text} NOT NULL,
    description {text},
    stage {text} NOT NULL,
    deleted BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL,
    UNIQUE (model, version)
);
CREATE INDEX model_versions_by_run ON model_versions (run_id);

CREATE TABLE model_version_tags (
    version_id BIGINT NOT NULL REFERENCES model_versions (id) ON DELETE CASCADE,
    key {text} NOT NULL,
    value {text} NOT NULL,
    PRIMARY KEY (version_id, key)
) {without_rowid};

CREATE TABLE model_aliases (
    model BIGINT NOT NULL REFERENCES registered_models (id) ON DELETE CASCADE,
    alias {text} NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (model, alias)
) {without_rowid};
