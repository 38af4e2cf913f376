-- For searches of runs by what was logged to them (domain/tracking/run_index.h). A run is indexed
-- while nobody writes to it; index_from is when it was chosen to be, and 0 otherwise.
ALTER TABLE runs ADD COLUMN indexed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN index_from BIGINT NOT NULL DEFAULT 0;
CREATE INDEX runs_not_indexed ON runs (experiment_id, id) WHERE indexed = 0;

CREATE TABLE run_numbers (
    experiment_id BIGINT NOT NULL,
    key_id BIGINT NOT NULL,
    value {real} NOT NULL,
    run BIGINT NOT NULL,
    PRIMARY KEY (experiment_id, key_id, value, run)
) {without_rowid};

-- token: 64 bits of a digest of a param or a tag with its value.
CREATE TABLE run_tokens (
    experiment_id BIGINT NOT NULL,
    token BIGINT NOT NULL,
    run BIGINT NOT NULL,
    PRIMARY KEY (experiment_id, token, run)
) {without_rowid};
