#include "platform/auth/store_roles.h"

#include <algorithm>

namespace rondo::auth::sql {
namespace {

Level level_from(int64_t number) { return static_cast<Level>(number); }

RoleGrant read_grant(const store::Row& row) {
    return {.id = row.integer(0),
            .role_id = row.integer(1),
            .object = {row.get<std::string>(2), row.integer(3)},
            .level = level_from(row.integer(4))};
}

// The roles that a condition on r keeps, each with its grants.
template <class... Args>
Result<std::vector<CustomRole>> roles_where(store::Tx& tx, const std::string& condition,
                                            const Args&... args) {
    std::vector<CustomRole> found;
    TRY(tx.each(
        "SELECT r.id, r.name, r.description, r.created_at FROM custom_roles r WHERE " + condition +
            " ORDER BY r.id",
        [&](const store::Row& row) {
            found.push_back({.id = row.integer(0),
                             .name = row.get<std::string>(1),
                             .description = row.get<std::optional<std::string>>(2),
                             .created = from_micros(row.integer(3))});
            return true;
        },
        args...));
    auto role = found.begin();
    TRY(tx.each(
        "SELECT g.id, g.role_id, g.object, g.object_id, g.level FROM role_grants g JOIN "
        "custom_roles r ON r.id = g.role_id WHERE " +
            condition + " ORDER BY g.role_id, g.id",
        [&](const store::Row& row) {
            RoleGrant grant = read_grant(row);
            while (role != found.end() && role->id < grant.role_id) ++role;
            if (role != found.end() && role->id == grant.role_id)
                role->grants.push_back(std::move(grant));
            return true;
        },
        args...));
    return found;
}

Result<std::optional<CustomRole>> only_one(Result<std::vector<CustomRole>> found) {
    TRY(found);
    if (found->empty()) return std::optional<CustomRole>();
    return std::move(found->front());
}

}  // namespace

Result<std::optional<int64_t>> insert_role(store::Tx& tx, int64_t workspace_id,
                                           const CustomRole& role) {
    return tx.one<int64_t>(
        "INSERT INTO custom_roles (workspace_id, name, description, created_at) VALUES ($1, $2, "
        "$3, $4) ON CONFLICT (workspace_id, name) DO NOTHING RETURNING id",
        workspace_id, role.name, role.description, to_micros(role.created));
}

Status update_role(store::Tx& tx, const CustomRole& role) {
    TRY(tx.exec("UPDATE custom_roles SET name = $1, description = $2 WHERE id = $3", role.name,
                role.description, role.id));
    return ok();
}

Status delete_role(store::Tx& tx, int64_t role_id) {
    TRY(tx.exec("DELETE FROM custom_roles WHERE id = $1", role_id));
    return ok();
}

Result<int64_t> count_roles(store::Tx& tx, int64_t workspace_id) {
    TRY_ASSIGN(
        const auto count,
        tx.one<int64_t>("SELECT count(*) FROM custom_roles WHERE workspace_id = $1", workspace_id));
    return count.value_or(0);
}

Result<std::vector<CustomRole>> list_roles(store::Tx& tx, int64_t workspace_id) {
    return roles_where(tx, "r.workspace_id = $1", workspace_id);
}

Result<std::vector<CustomRole>> list_roles_of(store::Tx& tx, int64_t workspace_id,
                                              int64_t user_id) {
    return roles_where(tx,
                       "r.workspace_id = $1 AND r.id IN (SELECT m.role_id FROM role_members m "
                       "WHERE m.user_id = $2)",
                       workspace_id, user_id);
}

Result<std::optional<CustomRole>> find_role(store::Tx& tx, int64_t workspace_id, int64_t role_id) {
    return only_one(roles_where(tx, "r.workspace_id = $1 AND r.id = $2", workspace_id, role_id));
}

Result<std::optional<CustomRole>> find_role(store::Tx& tx, int64_t workspace_id,
                                            const std::string& name) {
    return only_one(roles_where(tx, "r.workspace_id = $1 AND r.name = $2", workspace_id, name));
}

Result<std::optional<int64_t>> insert_role_grant(store::Tx& tx, int64_t role_id,
                                                 const RoleGrant& grant) {
    return tx.one<int64_t>(
        "INSERT INTO role_grants (role_id, object, object_id, level) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (role_id, object, object_id) DO NOTHING RETURNING id",
        role_id, grant.object.kind, grant.object.id, static_cast<int64_t>(grant.level));
}

Result<std::optional<RoleGrant>> find_role_grant(store::Tx& tx, int64_t workspace_id,
                                                 int64_t grant_id) {
    std::optional<RoleGrant> found;
    TRY(tx.each(
        "SELECT g.id, g.role_id, g.object, g.object_id, g.level FROM role_grants g JOIN "
        "custom_roles r ON r.id = g.role_id WHERE r.workspace_id = $1 AND g.id = $2",
        [&](const store::Row& row) {
            found = read_grant(row);
            return false;
        },
        workspace_id, grant_id));
    return found;
}

Status update_role_grant(store::Tx& tx, int64_t grant_id, Level level) {
    TRY(tx.exec("UPDATE role_grants SET level = $1 WHERE id = $2", static_cast<int64_t>(level),
                grant_id));
    return ok();
}

Status delete_role_grant(store::Tx& tx, int64_t grant_id) {
    TRY(tx.exec("DELETE FROM role_grants WHERE id = $1", grant_id));
    return ok();
}

Result<std::optional<int64_t>> insert_member(store::Tx& tx, int64_t user_id, int64_t role_id) {
    return tx.one<int64_t>(
        "INSERT INTO role_members (user_id, role_id) VALUES ($1, $2) "
        "ON CONFLICT (user_id, role_id) DO NOTHING RETURNING id",
        user_id, role_id);
}

Result<int64_t> delete_member(store::Tx& tx, int64_t user_id, int64_t role_id) {
    return tx.exec("DELETE FROM role_members WHERE user_id = $1 AND role_id = $2", user_id,
                   role_id);
}

Result<int64_t> count_roles_of(store::Tx& tx, int64_t user_id) {
    TRY_ASSIGN(const auto count,
               tx.one<int64_t>("SELECT count(*) FROM role_members WHERE user_id = $1", user_id));
    return count.value_or(0);
}

Result<std::vector<RoleMember>> list_members(store::Tx& tx, int64_t workspace_id, int64_t role_id) {
    std::vector<RoleMember> found;
    TRY(tx.each(
        "SELECT m.id, m.user_id, m.role_id, u.name FROM role_members m JOIN users u ON u.id = "
        "m.user_id JOIN custom_roles r ON r.id = m.role_id WHERE r.workspace_id = $1 AND ($2 = 0 "
        "OR m.role_id = $2) ORDER BY u.name, m.role_id",
        [&](const store::Row& row) {
            found.push_back({.id = row.integer(0),
                             .user_id = row.integer(1),
                             .role_id = row.integer(2),
                             .user = row.get<std::string>(3)});
            return true;
        },
        workspace_id, role_id));
    return found;
}

Result<Standing> find_standing(store::Tx& tx, int64_t user_id, const ObjectRef& object) {
    Standing out;
    TRY(tx.each(
        "SELECT (SELECT level FROM grants WHERE user_id = $1 AND object = $2 AND object_id = $3), "
        "min(g.level), max(g.level) FROM role_members m JOIN role_grants g ON g.role_id = "
        "m.role_id WHERE m.user_id = $1 AND g.object = $2 AND g.object_id IN (-1, $3)",
        [&](const store::Row& row) {
            if (!row.is_null(0)) out.granted = level_from(row.integer(0));
            if (!row.is_null(1))
                out.by_roles = level_from(row.integer(1)) == Level::none
                                   ? Level::none
                                   : level_from(row.integer(2));
            return false;
        },
        user_id, object.kind, object.id));
    return out;
}

Result<std::map<int64_t, RoleRights>> rights_by_roles(store::Tx& tx, int64_t workspace_id) {
    std::map<int64_t, RoleRights> found;
    TRY(tx.each(
        "SELECT m.user_id, g.object, CASE WHEN g.object_id = -1 THEN 1 ELSE 0 END AS of_all, "
        "min(g.level), max(g.level) FROM role_members m JOIN role_grants g ON g.role_id = "
        "m.role_id JOIN custom_roles r ON r.id = m.role_id WHERE r.workspace_id = $1 GROUP BY "
        "m.user_id, g.object, of_all",
        [&](const store::Row& row) {
            RoleRights& rights = found[row.integer(0)];
            const Level least = level_from(row.integer(3)), most = level_from(row.integer(4));
            rights.closes = rights.closes || least == Level::none;
            if (row.text(1) == kWorkspaceKind) {
                rights.may_create = most >= Level::use;
            } else if (row.integer(2) != 0) {
                rights.everywhere.emplace(row.get<std::string>(1),
                                          least == Level::none ? Level::none : most);
            }
            return true;
        },
        workspace_id));
    return found;
}

}  // namespace rondo::auth::sql
