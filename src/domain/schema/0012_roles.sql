-- Roles that administrators make, beside the four fixed ones: named bundles of grants.
CREATE TABLE custom_roles (
    id {id},
    workspace_id BIGINT NOT NULL,
    name {text} NOT NULL,
    description {text},
    created_at BIGINT NOT NULL,
    UNIQUE (workspace_id, name)
);

-- What a role says of an object, or with object_id -1 of every object of the kind. level as in
-- grants; 0 closes the object, whatever other roles say. The object "workspace" with level 2: may
-- create.
CREATE TABLE role_grants (
    id {id},
    role_id BIGINT NOT NULL REFERENCES custom_roles (id) ON DELETE CASCADE,
    object {text} NOT NULL,
    object_id BIGINT NOT NULL,
    level BIGINT NOT NULL,
    UNIQUE (role_id, object, object_id)
);
CREATE INDEX role_grants_by_object ON role_grants (object, object_id);

-- Who has such a role.
CREATE TABLE role_members (
    id {id},
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role_id BIGINT NOT NULL REFERENCES custom_roles (id) ON DELETE CASCADE,
    UNIQUE (user_id, role_id)
);
CREATE INDEX role_members_by_role ON role_members (role_id);
