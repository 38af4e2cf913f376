#include "platform/auth/store.h"

#include "platform/json/enums.h"

namespace rondo::auth::sql {
namespace {

constexpr std::string_view kUserColumns =
    "SELECT u.id, u.name, u.kind, u.is_admin, u.disabled, u.created_at, u.updated_at, r.role, "
    "u.password FROM users u LEFT JOIN roles r ON r.user_id = u.id AND r.workspace_id = $1 ";

UserRow read_user(const store::Row& row) {
    UserRow out;
    out.user = {.id = row.integer(0),
                .name = row.get<std::string>(1),
                .kind = json::stored_value_of<UserKind>(row.text(2)),
                .is_admin = row.get<bool>(3),
                .disabled = row.get<bool>(4),
                .role = row.is_null(7) ? Role::none : json::stored_value_of<Role>(row.text(7)),
                .created = from_micros(row.integer(5)),
                .updated = from_micros(row.integer(6))};
    out.password = row.text(8);
    return out;
}

constexpr std::string_view kTokenColumns =
    "SELECT t.id, t.user_id, t.kind, u.name, t.name, t.scope, t.created_at, t.expires_at, "
    "t.last_used_at, t.hash FROM tokens t JOIN users u ON u.id = t.user_id ";

std::optional<Time> time_at(const store::Row& row, int column) {
    if (row.is_null(column)) return std::nullopt;
    return from_micros(row.integer(column));
}

TokenRow read_token(const store::Row& row) {
    TokenRow out;
    out.token = {.id = row.integer(0),
                 .user_id = row.integer(1),
                 .kind = json::stored_value_of<TokenKind>(row.text(2)),
                 .user = row.get<std::string>(3),
                 .name = row.get<std::string>(4),
                 .scope = json::stored_value_of<Scope>(row.text(5)),
                 .created = from_micros(row.integer(6)),
                 .expires = time_at(row, 7),
                 .last_used = time_at(row, 8)};
    out.hash = row.text(9);
    return out;
}

std::optional<int64_t> micros_of(const std::optional<Time>& time) {
    if (!time) return std::nullopt;
    return to_micros(*time);
}

Level level_from(int64_t number) { return static_cast<Level>(number); }

}  // namespace

Status bump_version(store::Tx& tx) {
    TRY(tx.exec("UPDATE auth_state SET version = version + 1 WHERE id = 1"));
    return ok();
}

Result<int64_t> version(store::Tx& tx) {
    TRY_ASSIGN(const auto found, tx.one<int64_t>("SELECT version FROM auth_state WHERE id = 1"));
    return found.value_or(0);
}

Result<std::optional<int64_t>> insert_user(store::Tx& tx, const UserRow& row) {
    return tx.one<int64_t>(
        "INSERT INTO users (name, kind, password, is_admin, disabled, created_at, updated_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (name) DO NOTHING RETURNING id",
        row.user.name, json::text_of(row.user.kind), row.password, row.user.is_admin,
        row.user.disabled, to_micros(row.user.created), to_micros(row.user.updated));
}

Result<std::vector<UserRow>> list_users(store::Tx& tx, int64_t workspace_id) {
    std::vector<UserRow> found;
    TRY(tx.each(
        std::string(kUserColumns) + "ORDER BY u.name",
        [&](const store::Row& row) {
            found.push_back(read_user(row));
            return true;
        },
        workspace_id));
    return found;
}

Result<std::optional<User>> find_user(store::Tx& tx, int64_t workspace_id,
                                      const std::string& name) {
    std::optional<User> found;
    TRY(tx.each(
        std::string(kUserColumns) + "WHERE u.name = $2",
        [&](const store::Row& row) {
            found = read_user(row).user;
            return false;
        },
        workspace_id, name));
    return found;
}

Status update_user(store::Tx& tx, const User& user) {
    TRY(tx.exec("UPDATE users SET is_admin = $1, disabled = $2, updated_at = $3 WHERE id = $4",
                user.is_admin, user.disabled, to_micros(user.updated), user.id));
    return ok();
}

Status set_password(store::Tx& tx, int64_t user_id, const std::string& hash, Time now) {
    TRY(tx.exec("UPDATE users SET password = $1, updated_at = $2 WHERE id = $3", hash,
                to_micros(now), user_id));
    return ok();
}

Status delete_user(store::Tx& tx, int64_t user_id) {
    TRY(tx.exec("DELETE FROM users WHERE id = $1", user_id));
    return ok();
}

Status set_role(store::Tx& tx, int64_t workspace_id, int64_t user_id, Role role) {
    if (role == Role::none) {
        TRY(tx.exec("DELETE FROM roles WHERE workspace_id = $1 AND user_id = $2", workspace_id,
                    user_id));
        return ok();
    }
    TRY(
        tx.exec("INSERT INTO roles (workspace_id, user_id, role) VALUES ($1, $2, $3) "
                "ON CONFLICT (workspace_id, user_id) DO UPDATE SET role = excluded.role",
                workspace_id, user_id, json::text_of(role)));
    return ok();
}

Result<int64_t> insert_token(store::Tx& tx, const Token& token, const std::string& hash) {
    TRY_ASSIGN(const auto id,
               tx.one<int64_t>(
                   "INSERT INTO tokens (user_id, kind, name, hash, scope, created_at, expires_at) "
                   "VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
                   token.user_id, json::text_of(token.kind), token.name, hash,
                   json::text_of(token.scope), to_micros(token.created), micros_of(token.expires)));
    return *id;
}

Result<std::vector<TokenRow>> list_tokens(store::Tx& tx, int64_t user_id) {
    std::vector<TokenRow> found;
    TRY(tx.each(
        std::string(kTokenColumns) + "WHERE $1 = 0 OR t.user_id = $1 ORDER BY t.id DESC",
        [&](const store::Row& row) {
            found.push_back(read_token(row));
            return true;
        },
        user_id));
    return found;
}

Result<std::optional<Token>> find_token(store::Tx& tx, int64_t id) {
    std::optional<Token> found;
    TRY(tx.each(
        std::string(kTokenColumns) + "WHERE t.id = $1",
        [&](const store::Row& row) {
            found = read_token(row).token;
            return false;
        },
        id));
    return found;
}

Status delete_token(store::Tx& tx, int64_t id) {
    TRY(tx.exec("DELETE FROM tokens WHERE id = $1", id));
    return ok();
}

Status delete_tokens_of(store::Tx& tx, int64_t user_id, TokenKind kind) {
    TRY(tx.exec("DELETE FROM tokens WHERE user_id = $1 AND kind = $2", user_id,
                json::text_of(kind)));
    return ok();
}

Result<int64_t> delete_expired_tokens(store::Tx& tx, Time before, int64_t limit) {
    return tx.exec(
        "DELETE FROM tokens WHERE id IN (SELECT id FROM tokens WHERE expires_at < $1 "
        "ORDER BY expires_at LIMIT $2)",
        to_micros(before), limit);
}

Status note_use(store::Tx& tx, int64_t token_id, Time at) {
    TRY(tx.exec("UPDATE tokens SET last_used_at = $1 WHERE id = $2", to_micros(at), token_id));
    return ok();
}

Status put_grant(store::Tx& tx, int64_t workspace_id, int64_t user_id, const ObjectRef& object,
                 Level level) {
    TRY(
        tx.exec("INSERT INTO grants (user_id, object, object_id, workspace_id, level) "
                "VALUES ($1, $2, $3, $4, $5) "
                "ON CONFLICT (user_id, object, object_id) DO UPDATE SET level = excluded.level",
                user_id, object.kind, object.id, workspace_id, static_cast<int64_t>(level)));
    return ok();
}

Status delete_grants_on(store::Tx& tx, const ObjectRef& object) {
    TRY(tx.exec("DELETE FROM grants WHERE object = $1 AND object_id = $2", object.kind, object.id));
    TRY(tx.exec("DELETE FROM role_grants WHERE object = $1 AND object_id = $2", object.kind,
                object.id));
    return ok();
}

Result<int64_t> delete_grant(store::Tx& tx, int64_t user_id, const ObjectRef& object) {
    return tx.exec("DELETE FROM grants WHERE user_id = $1 AND object = $2 AND object_id = $3",
                   user_id, object.kind, object.id);
}

Result<std::optional<Level>> find_grant(store::Tx& tx, int64_t user_id, const ObjectRef& object) {
    TRY_ASSIGN(const auto level,
               tx.one<int64_t>("SELECT level FROM grants WHERE user_id = $1 AND object = $2 AND "
                               "object_id = $3",
                               user_id, object.kind, object.id));
    if (!level) return std::optional<Level>();
    return std::optional(level_from(*level));
}

Result<std::vector<GrantRow>> list_grants(store::Tx& tx, int64_t workspace_id, int64_t user_id) {
    std::vector<GrantRow> found;
    TRY(tx.each(
        "SELECT u.name, g.object, g.object_id, g.level FROM grants g JOIN users u ON u.id = "
        "g.user_id WHERE g.workspace_id = $1 AND ($2 = 0 OR g.user_id = $2) "
        "ORDER BY u.name, g.object, g.object_id",
        [&](const store::Row& row) {
            found.push_back({row.get<std::string>(0),
                             {row.get<std::string>(1), row.integer(2)},
                             level_from(row.integer(3))});
            return true;
        },
        workspace_id, user_id));
    return found;
}

Result<std::map<int64_t, Level>> lowest_grants(store::Tx& tx, int64_t workspace_id) {
    std::map<int64_t, Level> found;
    TRY(tx.each(
        "SELECT user_id, min(level) FROM grants WHERE workspace_id = $1 GROUP BY user_id",
        [&](const store::Row& row) {
            found.emplace(row.integer(0), level_from(row.integer(1)));
            return true;
        },
        workspace_id));
    return found;
}

}  // namespace rondo::auth::sql
