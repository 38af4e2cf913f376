-- Accounts: who may do what, and who did what.

-- One row: counts the changes of what each process holds in memory about accounts.
CREATE TABLE auth_state (
    id BIGINT PRIMARY KEY,
    version BIGINT NOT NULL
);
INSERT INTO auth_state (id, version) VALUES (1, 1);

-- password: argon2id in its own text form; empty for accounts that only tokens open.
CREATE TABLE users (
    id {id},
    name {text} NOT NULL UNIQUE,
    kind {text} NOT NULL,
    password {text} NOT NULL,
    is_admin BIGINT NOT NULL,
    disabled BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- The role of a user in a workspace.
CREATE TABLE roles (
    workspace_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role {text} NOT NULL,
    PRIMARY KEY (workspace_id, user_id)
) {without_rowid};

-- hash: sha256 of the token, which nobody keeps.
CREATE TABLE tokens (
    id {id},
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind {text} NOT NULL,
    name {text} NOT NULL,
    hash {text} NOT NULL UNIQUE,
    scope {text} NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    last_used_at BIGINT
);
CREATE INDEX tokens_by_user ON tokens (user_id);

-- What a user may do with one object. level: 0 nothing, 1 read, 2 use, 3 edit, 4 manage. A row here
-- counts instead of the role's level.
CREATE TABLE grants (
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    object {text} NOT NULL,
    object_id BIGINT NOT NULL,
    workspace_id BIGINT NOT NULL,
    level BIGINT NOT NULL,
    PRIMARY KEY (user_id, object, object_id)
) {without_rowid};
CREATE INDEX grants_by_object ON grants (object, object_id);

-- Only ever added to. hash covers the row and the hash before it, so that a row that was changed or
-- taken away is noticed. outcome: asked (written before the effect), done, failed, refused.
CREATE TABLE audit (
    id {id},
    at_us BIGINT NOT NULL,
    workspace_id BIGINT NOT NULL,
    actor {text} NOT NULL,
    token_id BIGINT,
    address {text} NOT NULL,
    action {text} NOT NULL,
    object {text} NOT NULL,
    outcome {text} NOT NULL,
    of_id BIGINT,
    detail {text} NOT NULL,
    hash {text} NOT NULL
);
