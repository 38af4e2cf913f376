#include "api/mlflow/roles_api.h"

#include <algorithm>

#include "api/mlflow/role_messages.h"
#include "base/text.h"
#include "platform/json/enums.h"

namespace rondo::api::mlflow {
namespace {

using auth::Level;

constexpr rpc::Permission kAccounts{"accounts", rpc::Reach::admin, "", ""};
constexpr rpc::Permission kLook{"accounts.read", rpc::Reach::search, "", ""};

const RoleMessage* fixed_role(int64_t number) {
    const auto& fixed = fixed_roles();
    const auto found = std::ranges::find(fixed, number, &RoleMessage::id);
    return found == fixed.end() ? nullptr : &*found;
}

std::unexpected<Error> no_role(int64_t number) {
    return fail(Code::not_found, "Role with id=" + std::to_string(number) + " not found",
                "role_id");
}

std::unexpected<Error> is_fixed(std::string_view name) {
    return fail(Code::invalid, "the role " + quoted(name) +
                                   " is fixed, as viewer, editor, maintainer and admin are: make a "
                                   "role of your own with roles/create");
}

std::unexpected<Error> no_assignment(const auth::User& user, int64_t number) {
    return fail(Code::not_found, "User role assignment (user_id=" + std::to_string(user.id) +
                                     ", role_id=" + std::to_string(number) + ") not found");
}

// No two assignments have one number: twice the user's for a fixed role, of which an account has
// one, and what lies between for custom ones.
int64_t number_of_fixed(const auth::User& user) { return 2 * user.id; }

Assignment assignment_of(const auth::RoleMember& member) {
    return {2 * member.id + 1, member.user_id, kFixedNumbers + member.role_id};
}

}  // namespace

std::vector<rpc::Row> RolesApi::rows() {
    using Api = RolesApi;
    const std::string roles = "/api/3.0/mlflow/roles/";
    const std::string permissions = roles + "permissions/";
    return {
        rpc::get<&Api::list>(roles + "list", kLook,
                             "The roles that there are; of custom ones, for others than "
                             "administrators, the caller's"),
        rpc::get<&Api::get>(roles + "get", kLook, "A role"),
        rpc::get<&Api::permissions>(permissions + "list", kLook, "What a role may"),
        rpc::get<&Api::users_of>(roles + "users/list", kAccounts, "Who has a role"),
        rpc::get<&Api::roles_of>("/api/3.0/mlflow/users/roles/list", kLook,
                                 "The roles of an account"),
        rpc::post<&Api::assign>(roles + "assign", kAccounts, "Give an account a role"),
        rpc::del<&Api::unassign>(roles + "unassign", kAccounts, "Take a role away"),
        rpc::post<&Api::create>(roles + "create", kAccounts, "Make a role"),
        rpc::patch<&Api::update>(roles + "update", kAccounts,
                                 "Change a role's name or description"),
        rpc::del<&Api::remove>(roles + "delete", kAccounts,
                               "Delete a role; whoever has it has it no more"),
        rpc::post<&Api::add_permission>(permissions + "add", kAccounts,
                                        "Let a role say something of an object, or of every one"),
        rpc::patch<&Api::update_permission>(permissions + "update", kAccounts,
                                            "Change what a role says of it"),
        rpc::del<&Api::remove_permission>(permissions + "remove", kAccounts,
                                          "Let a role say nothing of it any more"),
    };
}

Result<RoleMessage> RolesApi::find(store::Tx& tx, const auth::Caller& caller,
                                   int64_t number) const {
    if (const RoleMessage* fixed = fixed_role(number)) return *fixed;
    const bool sees_all = auth::administers(caller);
    std::vector<auth::CustomRole> seen;
    if (sees_all) {
        TRY_ASSIGN(seen, parts_.roles.list(tx));
    } else if (caller.user_id != 0) {
        TRY_ASSIGN(seen, parts_.roles.list_of(tx, {.id = caller.user_id}));
    }
    const auto found = std::ranges::find(seen, number - kFixedNumbers, &auth::CustomRole::id);
    if (found != seen.end()) return role_message(tx, parts_.gate, *found);
    if (sees_all) return no_role(number);
    // One answer for what is not there and for what names others' objects.
    return fail(Code::permission_denied,
                "Permission denied: other custom roles than one's own are an administrator's to "
                "look at");
}

Result<auth::CustomRole> RolesApi::to_change(store::Tx& tx, int64_t number) const {
    if (const RoleMessage* fixed = fixed_role(number)) return is_fixed(fixed->name);
    auto found = parts_.roles.get(tx, number - kFixedNumbers);
    if (!found && found.error().code == Code::not_found) return no_role(number);
    return found;
}

Result<auth::RoleGrant> RolesApi::grant_to_change(store::Tx& tx, int64_t number) const {
    for (const RoleMessage& fixed : fixed_roles()) {
        if (std::ranges::find(fixed.permissions, number, &RolePermission::id) !=
            fixed.permissions.end())
            return is_fixed(fixed.name);
    }
    auto found = parts_.roles.get_grant(tx, number - kFixedNumbers);
    if (!found && found.error().code == Code::not_found)
        return fail(Code::not_found,
                    "Role permission with id=" + std::to_string(number) + " not found",
                    "role_permission_id");
    return found;
}

Task<Result<RoleList>> RolesApi::list(RolesQuery query, rpc::Context context) {
    CO_TRY(need_accounts(parts_.gate));
    for (const std::string& workspace : query.workspace) {
        if (trim(workspace).empty())
            co_return fail(Code::invalid, "a workspace's name is not empty", "workspace");
    }
    if (!query.workspace.empty() &&
        std::ranges::find(query.workspace, kWorkspaceName) == query.workspace.end())
        co_return RoleList{};
    co_return co_await parts_.db.read(
        [this, caller = *context.request->caller](store::Tx& tx) -> Result<RoleList> {
            RoleList out{fixed_roles()};
            std::vector<auth::CustomRole> seen;
            if (auth::administers(caller)) {
                TRY_ASSIGN(seen, parts_.roles.list(tx));
            } else if (caller.user_id != 0) {
                TRY_ASSIGN(seen, parts_.roles.list_of(tx, {.id = caller.user_id}));
            }
            for (const auth::CustomRole& role : seen) {
                TRY_ASSIGN(auto message, role_message(tx, parts_.gate, role));
                out.roles.push_back(std::move(message));
            }
            return out;
        });
}

Task<Result<RoleAnswer>> RolesApi::get(RoleRef ref, rpc::Context context) {
    CO_TRY(need_accounts(parts_.gate));
    co_return co_await parts_.db.read(
        [this, ref, caller = *context.request->caller](store::Tx& tx) -> Result<RoleAnswer> {
            TRY_ASSIGN(auto role, find(tx, caller, ref.role_id));
            return RoleAnswer{std::move(role)};
        });
}

Task<Result<RolePermissionList>> RolesApi::permissions(RoleRef ref, rpc::Context context) {
    CO_TRY_ASSIGN(auto found, co_await get(ref, context));
    co_return RolePermissionList{std::move(found.role.permissions)};
}

Task<Result<AssignmentList>> RolesApi::users_of(RoleRef ref, rpc::Context) {
    CO_TRY(need_accounts(parts_.gate));
    co_return co_await parts_.db.read([this, ref](store::Tx& tx) -> Result<AssignmentList> {
        AssignmentList out;
        if (const RoleMessage* fixed = fixed_role(ref.role_id)) {
            TRY_ASSIGN(const auto users, parts_.accounts.list_users(tx));
            for (const auth::User& user : users) {
                if (role_message(user.role) == fixed)
                    out.assignments.push_back({number_of_fixed(user), user.id, fixed->id});
            }
            return out;
        }
        TRY_ASSIGN(const auth::CustomRole role, to_change(tx, ref.role_id));
        TRY_ASSIGN(const auto members, parts_.roles.members(tx, role.id));
        for (const auth::RoleMember& member : members)
            out.assignments.push_back(assignment_of(member));
        return out;
    });
}

Task<Result<RoleList>> RolesApi::roles_of(UserRef named, rpc::Context context) {
    CO_TRY(need_accounts(parts_.gate));
    CO_TRY(may_look_at(*context.request->caller, named.username));
    co_return co_await parts_.db.read([this, named](store::Tx& tx) -> Result<RoleList> {
        TRY_ASSIGN(const auth::User user, parts_.accounts.get_user(tx, named.username));
        TRY_ASSIGN(auto roles, roles_of_user(tx, parts_, user));
        return RoleList{std::move(roles)};
    });
}

Result<AssignmentAnswer> RolesApi::assign_fixed(store::Tx& tx, const auth::Actor& actor,
                                                const auth::User& user,
                                                const RoleMessage& role) const {
    const auth::Role asked = role_of(role);
    if (user.role == asked)
        return fail(Code::already_exists,
                    "User role assignment (user_id=" + std::to_string(user.id) +
                        ", role_id=" + std::to_string(role.id) + ") already exists");
    if (user.role > asked)
        return fail(Code::conflict,
                    quoted(user.name) + " has the role " + std::string(json::text_of(user.role)) +
                        ", which includes " + role.name + ": unassign that one first");
    TRY(parts_.accounts.change_user(tx, actor, user.name, {.role = asked}));
    return AssignmentAnswer{{number_of_fixed(user), user.id, role.id}};
}

Task<Result<AssignmentAnswer>> RolesApi::assign(Assign wanted, rpc::Context context) {
    CO_TRY(need_accounts(parts_.gate));
    co_return co_await parts_.desk.change(
        [this, wanted, actor = actor_of(context)](store::Tx& tx) -> Result<AssignmentAnswer> {
            TRY_ASSIGN(const auth::User user, parts_.accounts.get_user(tx, wanted.username));
            if (const RoleMessage* fixed = fixed_role(wanted.role_id))
                return assign_fixed(tx, actor, user, *fixed);
            TRY_ASSIGN(const auth::CustomRole role, to_change(tx, wanted.role_id));
            TRY_ASSIGN(const auth::RoleMember made, parts_.roles.assign(tx, actor, user, role));
            return AssignmentAnswer{assignment_of(made)};
        });
}

Task<Result<None>> RolesApi::unassign(Assign wanted, rpc::Context context) {
    CO_TRY(need_accounts(parts_.gate));
    CO_TRY(co_await parts_.desk.change(
        [this, wanted, actor = actor_of(context)](store::Tx& tx) -> Status {
            TRY_ASSIGN(const auth::User user, parts_.accounts.get_user(tx, wanted.username));
            if (const RoleMessage* fixed = fixed_role(wanted.role_id)) {
                if (role_message(user.role) != fixed) return no_assignment(user, wanted.role_id);
                TRY(parts_.accounts.change_user(tx, actor, user.name, {.role = auth::Role::none}));
                return ok();
            }
            const auto role = parts_.roles.get(tx, wanted.role_id - kFixedNumbers);
            if (!role && role.error().code == Code::not_found)
                return no_assignment(user, wanted.role_id);
            TRY(role);
            return parts_.roles.unassign(tx, actor, user, *role);
        }));
    co_return None{};
}

// --- custom roles ----------------------------------------------------------------------------

Task<Result<RoleAnswer>> RolesApi::create(NewRole wanted, rpc::Context context) {
    CO_TRY(need_accounts(parts_.gate));
    if (wanted.workspace != kWorkspaceName)
        co_return fail(Code::invalid, "there is one workspace, called default", "workspace");
    co_return co_await parts_.desk.change(
        [this, wanted, actor = actor_of(context)](store::Tx& tx) -> Result<RoleAnswer> {
            TRY_ASSIGN(const auto made,
                       parts_.roles.create(tx, actor, wanted.name, wanted.description));
            TRY_ASSIGN(auto message, role_message(tx, parts_.gate, made));
            return RoleAnswer{std::move(message)};
        });
}

Task<Result<RoleAnswer>> RolesApi::update(RoleUpdate wanted, rpc::Context context) {
    CO_TRY(need_accounts(parts_.gate));
    if (!wanted.name && !wanted.description)
        co_return fail(
            Code::invalid,
            "At least one of 'name' or 'description' must be provided to update a role.");
    co_return co_await parts_.desk.change(
        [this, wanted, actor = actor_of(context)](store::Tx& tx) -> Result<RoleAnswer> {
            TRY_ASSIGN(auto role, to_change(tx, wanted.role_id));
            TRY_ASSIGN(const auto changed, parts_.roles.change(tx, actor, std::move(role),
                                                               {wanted.name, wanted.description}));
            TRY_ASSIGN(auto message, role_message(tx, parts_.gate, changed));
            return RoleAnswer{std::move(message)};
        });
}

Task<Result<None>> RolesApi::remove(RoleRef ref, rpc::Context context) {
    CO_TRY(need_accounts(parts_.gate));
    CO_TRY(co_await parts_.desk.change(
        [this, ref, actor = actor_of(context)](store::Tx& tx) -> Status {
            TRY_ASSIGN(const auto role, to_change(tx, ref.role_id));
            return parts_.roles.remove(tx, actor, role);
        }));
    co_return None{};
}

Task<Result<RolePermissionAnswer>> RolesApi::add_permission(NewRolePermission wanted,
                                                            rpc::Context context) {
    CO_TRY(need_accounts(parts_.gate));
    CO_TRY_ASSIGN(const Level level, parse_permission(wanted.permission, Words::newer));
    CO_TRY_ASSIGN(const std::string kind,
                  kind_for_role(wanted.resource_type, wanted.resource_pattern));
    co_return co_await parts_.desk.change([this, wanted, level, kind, actor = actor_of(context)](
                                              store::Tx& tx) -> Result<RolePermissionAnswer> {
        TRY_ASSIGN(const auto role, to_change(tx, wanted.role_id));
        TRY_ASSIGN(const auto object,
                   parts_.gate.resolve_for_role(tx, kind, wanted.resource_pattern));
        TRY_ASSIGN(const std::string shown, parts_.gate.name_of(tx, object));
        TRY_ASSIGN(const auto grant, parts_.roles.add_grant(tx, actor, role, object, shown, level));
        TRY_ASSIGN(auto message, permission_message(tx, parts_.gate, grant));
        return RolePermissionAnswer{std::move(message)};
    });
}

Task<Result<RolePermissionAnswer>> RolesApi::update_permission(RolePermissionUpdate wanted,
                                                               rpc::Context context) {
    CO_TRY(need_accounts(parts_.gate));
    co_return co_await parts_.desk.change(
        [this, wanted, actor = actor_of(context)](store::Tx& tx) -> Result<RolePermissionAnswer> {
            TRY_ASSIGN(auto grant, grant_to_change(tx, wanted.role_permission_id));
            TRY_ASSIGN(const Level level, parse_permission(wanted.permission, Words::newer));
            TRY_ASSIGN(const std::string shown, parts_.gate.name_of(tx, grant.object));
            TRY_ASSIGN(const auto changed,
                       parts_.roles.change_grant(tx, actor, std::move(grant), shown, level));
            TRY_ASSIGN(auto message, permission_message(tx, parts_.gate, changed));
            return RolePermissionAnswer{std::move(message)};
        });
}

Task<Result<None>> RolesApi::remove_permission(RolePermissionRef ref, rpc::Context context) {
    CO_TRY(need_accounts(parts_.gate));
    CO_TRY(co_await parts_.desk.change(
        [this, ref, actor = actor_of(context)](store::Tx& tx) -> Status {
            TRY_ASSIGN(const auto grant, grant_to_change(tx, ref.role_permission_id));
            TRY_ASSIGN(const std::string shown, parts_.gate.name_of(tx, grant.object));
            return parts_.roles.remove_grant(tx, actor, grant, shown);
        }));
    co_return None{};
}

}  // namespace rondo::api::mlflow
