-- What a mirror has found out: how many requests came to what, and the newest differences (JSON).
CREATE TABLE mirror_tallies (
    endpoint {text} NOT NULL,
    outcome {text} NOT NULL,
    reason {text} NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (endpoint, outcome, reason)
) {without_rowid};
CREATE TABLE mirror_differences (
    number BIGINT PRIMARY KEY,
    found {text} NOT NULL
);
-- One row: whether the last mirror has ended in order, and how often one has not.
CREATE TABLE mirror_state (
    id BIGINT PRIMARY KEY,
    running BIGINT NOT NULL,
    cut_off BIGINT NOT NULL
);
INSERT INTO mirror_state (id, running, cut_off) VALUES (1, 0, 0);
