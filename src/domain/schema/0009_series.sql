-- Points of metrics (domain/series). The tail has a row for each write: one point in plain columns, or
-- a batch packed. A chunk has up to 4,096 points of one metric: last is the place of its last
-- one, rises says that its steps never fall, outline draws it small.
CREATE TABLE metric_tail (
    id {id},
    run BIGINT NOT NULL,
    logged_ms BIGINT NOT NULL,
    points BIGINT NOT NULL,
    key_id BIGINT,
    timestamp_ms BIGINT,
    step BIGINT,
    value {real},
    is_nan BIGINT,
    packed {blob}
);
CREATE INDEX metric_tail_by_run ON metric_tail (run, logged_ms, points);

-- With an id of its own: SQLite reads a row of a table without one whole to compare its key.
CREATE TABLE metric_chunks (
    id {id},
    run BIGINT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    key_id BIGINT NOT NULL,
    last {blob} NOT NULL,
    points BIGINT NOT NULL,
    least_step BIGINT NOT NULL,
    greatest_step BIGINT NOT NULL,
    rises BIGINT NOT NULL,
    outline {blob} NOT NULL,
    packed {blob} NOT NULL,
    UNIQUE (run, key_id, last)
);

-- Folded in the background as the oldest there are.
INSERT INTO metric_tail (run, logged_ms, points, key_id, timestamp_ms, step, value, is_nan)
SELECT run, 0, 1, key_id, timestamp_ms, step, value, is_nan FROM metric_points
ORDER BY run, key_id, timestamp_ms, step, value, is_nan;
DROP TABLE metric_points;
