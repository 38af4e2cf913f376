-- Several servers on one database: who lives, who owns which job, how far jobs have come, and how the
-- predictions that each of them logs reach the sealed days.

-- incarnation: grows with each start, and with each return of one that was taken for dead.
-- heartbeats: what tells life from death, by whoever watches it; the times are only shown.
-- state: running, stopped (it said good-bye) or dead. session_seen: the session whose watermarks it
-- keeps.
CREATE TABLE servers (
    id {text} PRIMARY KEY,
    incarnation BIGINT NOT NULL,
    state {text} NOT NULL,
    heartbeats BIGINT NOT NULL,
    address {text} NOT NULL,
    machine {text} NOT NULL,
    session_seen {text} NOT NULL,
    started_at BIGINT NOT NULL,
    heartbeat_at BIGINT NOT NULL
);

-- Of leases (0001): owner is "server/incarnation", or '' when nobody has it. expires_at is 0 and means
-- nothing: a lease lives as long as its owner's heart beats, and no clock is compared with another's.

-- What all servers agree on: the session, and secrets that the first of them made.
CREATE TABLE shared_values (
    name {text} PRIMARY KEY,
    value {text} NOT NULL
);

-- Jobs in slices: the cursor of the round under way, and what there is to show.
CREATE TABLE job_progress (
    name {text} PRIMARY KEY,
    place {text} NOT NULL,
    rounds BIGINT NOT NULL,
    slices BIGINT NOT NULL,
    items BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    problem {text} NOT NULL,
    round_began_at BIGINT NOT NULL,
    round_ended_at BIGINT NOT NULL
);

-- position: the order in which consumers see events; given by one server after the commit, because
-- ids are handed out before it. Consumers never look at ids.
ALTER TABLE events ADD COLUMN position BIGINT;
CREATE INDEX events_unplaced ON events (id) WHERE position IS NULL;
CREATE UNIQUE INDEX events_placed ON events (position) WHERE position IS NOT NULL;

CREATE TABLE event_consumers (
    name {text} PRIMARY KEY,
    position BIGINT NOT NULL
);

-- promised: the last watermark, good as long as the session is the one it was given in ('': always).
-- version: grows with whatever another server has to learn about the endpoint.
ALTER TABLE endpoint_clocks ADD COLUMN promised_us BIGINT;
ALTER TABLE endpoint_clocks ADD COLUMN promised_session {text} NOT NULL DEFAULT '';
ALTER TABLE endpoint_clocks ADD COLUMN version BIGINT NOT NULL DEFAULT 0;

-- What a server has handed over of an endpoint's log, and its sums by arm: rows answered, and of them
-- the ones that entered a sealed day, that another server's row stood for, that came after their day
-- was sealed, and that a kill took.
CREATE TABLE endpoint_servers (
    endpoint_id BIGINT NOT NULL,
    server {text} NOT NULL,
    shipped_session {text} NOT NULL,
    shipped_us BIGINT NOT NULL,
    route_seen BIGINT NOT NULL,
    answered_champion BIGINT NOT NULL,
    answered_candidate BIGINT NOT NULL,
    sealed_champion BIGINT NOT NULL,
    sealed_candidate BIGINT NOT NULL,
    twice_champion BIGINT NOT NULL,
    twice_candidate BIGINT NOT NULL,
    late_champion BIGINT NOT NULL,
    late_candidate BIGINT NOT NULL,
    lost_champion BIGINT NOT NULL,
    lost_candidate BIGINT NOT NULL,
    PRIMARY KEY (endpoint_id, server)
) {without_rowid};

-- Pieces of the day logs of servers, stored as blobs; gone when their day is sealed.
CREATE TABLE prediction_chunks (
    endpoint_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    server {text} NOT NULL,
    generation BIGINT NOT NULL,
    begin_at BIGINT NOT NULL,
    end_at BIGINT NOT NULL,
    digest {text} NOT NULL,
    rows_champion BIGINT NOT NULL,
    rows_candidate BIGINT NOT NULL,
    PRIMARY KEY (endpoint_id, day, server, generation, begin_at)
) {without_rowid};

-- server: whose process the attempt is. taken_over: attempts that ended because their server did;
-- they are not the script's failures.
ALTER TABLE pipeline_tasks ADD COLUMN server {text} NOT NULL DEFAULT '';
ALTER TABLE pipeline_tasks ADD COLUMN taken_over BIGINT NOT NULL DEFAULT 0;
