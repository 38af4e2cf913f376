#include "platform/auth/custom_roles.h"

#include <algorithm>

#include "base/text.h"
#include "platform/auth/store.h"
#include "platform/auth/store_roles.h"
#include "platform/json/enums.h"
#include "platform/json/value.h"

namespace rondo::auth {
namespace {

using json::Value;

// What MLflow keeps of a name and of a description.
constexpr size_t kMaxName = 255, kMaxDescription = 1024;
// A listing of accounts shows each with all its roles and their grants.
constexpr int64_t kMaxRoles = 500, kMaxGrants = 500, kMaxRolesOfUser = 50;
// Names of what MLflow shows for the grants of single accounts.
constexpr std::string_view kReserved = "__user_";

Status check_name(const std::string& name) {
    const bool good = !name.empty() && name.size() <= kMaxName && trim(name) == name &&
                      std::ranges::none_of(name, [](const char c) {
                          return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
                      });
    if (!good)
        return fail(Code::invalid,
                    quoted(name) +
                        " is no name of a role: use 1 to 255 bytes, without control characters "
                        "and without blanks at the ends",
                    "name");
    if (name.starts_with(kReserved))
        return fail(Code::invalid,
                    "names that begin with __user_ are kept for the grants of single accounts",
                    "name");
    for (const auto& [role, fixed] : json::enum_names<Role>) {
        if (equals_ignoring_case(name, fixed))
            return fail(Code::already_exists,
                        quoted(name) + " is one of the fixed roles, which every server has",
                        "name");
    }
    return ok();
}

Status check_description(const std::optional<std::string>& description) {
    if (!description || description->size() <= kMaxDescription) return ok();
    return fail(Code::invalid, "a description has at most 1,024 bytes", "description");
}

std::unexpected<Error> name_taken(const std::string& name) {
    return fail(Code::already_exists, "there is a role " + quoted(name) + " already", "name");
}

Status check_level(const ObjectRef& object, Level level) {
    if (object.kind != kWorkspaceKind || level == Level::use) return ok();
    return fail(Code::invalid,
                "of the workspace a role says 'use' alone: whoever has it may create; who "
                "administers accounts has the fixed role admin",
                "level");
}

std::string of_role(const std::string& name) { return "role " + name; }

std::string told(const ObjectRef& object, const std::string& shown, std::optional<Level> level) {
    Value::Object out{{"object", object.kind}, {"name", shown}};
    if (level) out.emplace_back("level", json::text_of(*level));
    return Value(std::move(out)).dump();
}

// Administrators of the server are changed by others of them alone.
Status may_change(const Actor& actor, const User& user) {
    if (!user.is_admin || actor.caller.is_admin) return ok();
    return fail(Code::permission_denied,
                "only an administrator of the server may change another one's roles");
}

}  // namespace

Result<CustomRole> CustomRoles::get(store::Tx& tx, int64_t id) const {
    TRY_ASSIGN(auto found, sql::find_role(tx, workspace_id_, id));
    if (!found) return fail(Code::not_found, "no role with the number " + std::to_string(id));
    return std::move(*found);
}

Result<CustomRole> CustomRoles::get(store::Tx& tx, const std::string& name) const {
    TRY_ASSIGN(auto found, sql::find_role(tx, workspace_id_, name));
    if (found) return std::move(*found);
    for (const auto& [role, fixed] : json::enum_names<Role>) {
        if (name == fixed)
            return fail(Code::conflict, quoted(name) +
                                            " is a fixed role, which has no grants to change; "
                                            "`rondo user role NAME --role` gives it");
    }
    return fail(Code::not_found, "no role " + quoted(name) + "; `rondo role list` shows them all");
}

Result<std::vector<CustomRole>> CustomRoles::list(store::Tx& tx) const {
    return sql::list_roles(tx, workspace_id_);
}

Result<std::vector<CustomRole>> CustomRoles::list_of(store::Tx& tx, const User& user) const {
    return sql::list_roles_of(tx, workspace_id_, user.id);
}

Result<CustomRole> CustomRoles::create(store::Tx& tx, const Actor& actor, const std::string& name,
                                       std::optional<std::string> description) const {
    TRY(check_name(name));
    TRY(check_description(description));
    TRY_ASSIGN(const int64_t count, sql::count_roles(tx, workspace_id_));
    if (count >= kMaxRoles)
        return fail(Code::conflict, "there are 500 roles already; delete some first");
    TRY(accounts_.note(tx, actor, "create_role", of_role(name), "done", ""));
    CustomRole made{
        .name = name, .description = std::move(description), .created = env_.now(), .grants = {}};
    TRY_ASSIGN(const auto id, sql::insert_role(tx, workspace_id_, made));
    if (!id) return name_taken(name);
    made.id = *id;
    TRY(sql::bump_version(tx));
    return made;
}

Result<CustomRole> CustomRoles::change(store::Tx& tx, const Actor& actor, CustomRole role,
                                       const RoleChange& change) const {
    Value::Object before, after;
    if (change.name && *change.name != role.name) {
        TRY(check_name(*change.name));
        TRY_ASSIGN(const auto taken, sql::find_role(tx, workspace_id_, *change.name));
        if (taken) return name_taken(*change.name);
        before.emplace_back("name", role.name);
        after.emplace_back("name", *change.name);
    }
    TRY(check_description(change.description));
    if (change.description) {
        before.emplace_back("description", role.description.value_or(""));
        after.emplace_back("description", *change.description);
    }
    TRY(accounts_.note(
        tx, actor, "change_role", of_role(role.name), "done",
        Value(Value::Object{{"before", std::move(before)}, {"after", std::move(after)}}).dump()));
    role.name = change.name.value_or(role.name);
    if (change.description) role.description = change.description;
    TRY(sql::update_role(tx, role));
    return role;
}

Status CustomRoles::remove(store::Tx& tx, const Actor& actor, const CustomRole& role) const {
    TRY(accounts_.note(tx, actor, "delete_role", of_role(role.name), "done", ""));
    TRY(sql::delete_role(tx, role.id));
    return sql::bump_version(tx);
}

Result<RoleGrant> CustomRoles::add_grant(store::Tx& tx, const Actor& actor, const CustomRole& role,
                                         const ObjectRef& object, const std::string& shown,
                                         Level level) const {
    TRY(check_level(object, level));
    if (role.grants.size() >= static_cast<size_t>(kMaxGrants))
        return fail(Code::conflict,
                    "the role " + quoted(role.name) + " has 500 grants; remove some first");
    TRY(accounts_.note(tx, actor, "change_role_grant", of_role(role.name), "done",
                       told(object, shown, level)));
    RoleGrant grant{.role_id = role.id, .object = object, .level = level};
    TRY_ASSIGN(const auto id, sql::insert_role_grant(tx, role.id, grant));
    if (!id)
        return fail(Code::already_exists, "the role " + quoted(role.name) +
                                              " says something of this " + object.kind +
                                              " already: change that");
    grant.id = *id;
    TRY(sql::bump_version(tx));
    return grant;
}

Result<RoleGrant> CustomRoles::get_grant(store::Tx& tx, int64_t id) const {
    TRY_ASSIGN(auto found, sql::find_role_grant(tx, workspace_id_, id));
    if (!found)
        return fail(Code::not_found, "no grant of a role with the number " + std::to_string(id));
    return std::move(*found);
}

Result<RoleGrant> CustomRoles::change_grant(store::Tx& tx, const Actor& actor, RoleGrant grant,
                                            const std::string& shown, Level level) const {
    TRY(check_level(grant.object, level));
    TRY_ASSIGN(const CustomRole role, get(tx, grant.role_id));
    TRY(accounts_.note(tx, actor, "change_role_grant", of_role(role.name), "done",
                       told(grant.object, shown, level)));
    TRY(sql::update_role_grant(tx, grant.id, level));
    TRY(sql::bump_version(tx));
    grant.level = level;
    return grant;
}

Status CustomRoles::remove_grant(store::Tx& tx, const Actor& actor, const RoleGrant& grant,
                                 const std::string& shown) const {
    TRY_ASSIGN(const CustomRole role, get(tx, grant.role_id));
    TRY(accounts_.note(tx, actor, "revoke_role_grant", of_role(role.name), "done",
                       told(grant.object, shown, std::nullopt)));
    TRY(sql::delete_role_grant(tx, grant.id));
    return sql::bump_version(tx);
}

Result<RoleMember> CustomRoles::assign(store::Tx& tx, const Actor& actor, const User& user,
                                       const CustomRole& role) const {
    TRY(may_change(actor, user));
    TRY_ASSIGN(const int64_t count, sql::count_roles_of(tx, user.id));
    if (count >= kMaxRolesOfUser)
        return fail(Code::conflict, quoted(user.name) + " has 50 roles; take some away first");
    TRY(accounts_.note(tx, actor, "assign_role", "user " + user.name, "done",
                       Value(Value::Object{{"role", role.name}}).dump()));
    TRY_ASSIGN(const auto id, sql::insert_member(tx, user.id, role.id));
    if (!id)
        return fail(Code::already_exists,
                    quoted(user.name) + " has the role " + quoted(role.name) + " already");
    TRY(sql::bump_version(tx));
    return RoleMember{.id = *id, .user_id = user.id, .role_id = role.id, .user = user.name};
}

Status CustomRoles::unassign(store::Tx& tx, const Actor& actor, const User& user,
                             const CustomRole& role) const {
    TRY(may_change(actor, user));
    TRY(accounts_.note(tx, actor, "unassign_role", "user " + user.name, "done",
                       Value(Value::Object{{"role", role.name}}).dump()));
    TRY_ASSIGN(const int64_t gone, sql::delete_member(tx, user.id, role.id));
    if (gone == 0)
        return fail(Code::not_found,
                    quoted(user.name) + " does not have the role " + quoted(role.name));
    return sql::bump_version(tx);
}

Result<std::vector<RoleMember>> CustomRoles::members(store::Tx& tx, int64_t role_id) const {
    return sql::list_members(tx, workspace_id_, role_id);
}

}  // namespace rondo::auth
