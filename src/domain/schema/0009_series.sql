-- Points of metrics (domain/series). The tail has a row for each write: one point in plain columns, or
-- a batch packed. A chunk has up to 4,096 points of one metric; last is the place of its last one.
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

CREATE TABLE metric_chunks (
    run BIGINT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    key_id BIGINT NOT NULL,
    last {blob} NOT NULL,
    first {blob} NOT NULL,
    points BIGINT NOT NULL,
    packed {blob} NOT NULL,
    PRIMARY KEY (run, key_id, last)
) {without_rowid};

-- Folded in the background as the oldest there are.
INSERT INTO metric_tail (run, logged_ms, points, key_id, timestamp_ms, step, value, is_nan)
SELECT run, 0, 1, key_id, timestamp_ms, step, value, is_nan FROM metric_points
ORDER BY run, key_id, timestamp_ms, step, value, is_nan;
DROP TABLE metric_points;
