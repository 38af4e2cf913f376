#include "api/mlflow/roles_api.h"

#include <algorithm>

#include "api/mlflow/auth_api.h"
#include "base/text.h"
#include "platform/json/enums.h"

namespace rondo::api::mlflow {
namespace {

constexpr rpc::Permission kAccounts{"accounts", rpc::Reach::admin, "", ""};
constexpr rpc::Permission kLook{"accounts.read", rpc::Reach::search, "", ""};

Result<const RoleMessage*> role_by_id(int64_t id) {
    for (const RoleMessage& known : fixed_roles()) {
        if (known.id == id) return &known;
    }
    return fail(Code::not_found, "Role with id=" + std::to_string(id) + " not found", "role_id");
}

}  // namespace

std::vector<rpc::Row> RolesApi::rows() {
    using Api = RolesApi;
    const std::string roles = "/api/3.0/mlflow/roles/";
    return {
        rpc::get<&Api::list>(roles + "list", kLook, "The roles that there are"),
        rpc::get<&Api::get>(roles + "get", kLook, "A role"),
        rpc::get<&Api::permissions>(roles + "permissions/list", kLook, "What a role may"),
        rpc::get<&Api::users_of>(roles + "users/list", kAccounts, "Who has a role"),
        rpc::get<&Api::roles_of>("/api/3.0/mlflow/users/roles/list", kLook,
                                 "The role of an account"),
        rpc::post<&Api::assign>(roles + "assign", kAccounts, "Give an account a role"),
        rpc::del<&Api::unassign>(roles + "unassign", kAccounts, "Take a role away"),
        rpc::post<&Api::refuse_change>(roles + "create", kAccounts, "Refused: roles are fixed"),
        rpc::patch<&Api::refuse_change>(roles + "update", kAccounts, "Refused: roles are fixed"),
        rpc::del<&Api::refuse_change>(roles + "delete", kAccounts, "Refused: roles are fixed"),
        rpc::post<&Api::refuse_change>(roles + "permissions/add", kAccounts,
                                       "Refused: roles are fixed"),
        rpc::patch<&Api::refuse_change>(roles + "permissions/update", kAccounts,
                                        "Refused: roles are fixed"),
        rpc::del<&Api::refuse_change>(roles + "permissions/remove", kAccounts,
                                      "Refused: roles are fixed"),
    };
}

Result<RoleList> RolesApi::list(RolesQuery query, rpc::Context) {
    TRY(need_accounts(parts_.gate));
    if (!query.workspace.empty() &&
        std::ranges::find(query.workspace, kWorkspaceName) == query.workspace.end())
        return RoleList{};
    return RoleList{fixed_roles()};
}

Result<RoleAnswer> RolesApi::get(RoleRef ref, rpc::Context) {
    TRY(need_accounts(parts_.gate));
    TRY_ASSIGN(const RoleMessage* role, role_by_id(ref.role_id));
    return RoleAnswer{*role};
}

Result<RolePermissionList> RolesApi::permissions(RoleRef ref, rpc::Context) {
    TRY(need_accounts(parts_.gate));
    TRY_ASSIGN(const RoleMessage* role, role_by_id(ref.role_id));
    return RolePermissionList{role->permissions};
}

Task<Result<AssignmentList>> RolesApi::users_of(RoleRef ref, rpc::Context) {
    CO_TRY(need_accounts(parts_.gate));
    CO_TRY_ASSIGN(const RoleMessage* role, role_by_id(ref.role_id));
    co_return co_await parts_.db.read([this, role](store::Tx& tx) -> Result<AssignmentList> {
        TRY_ASSIGN(const auto users, parts_.accounts.list_users(tx));
        AssignmentList out;
        for (const auth::User& user : users) {
            if (role_message(user.role) == role)
                out.assignments.push_back({user.id, user.id, role->id});
        }
        return out;
    });
}

Task<Result<RoleList>> RolesApi::roles_of(UserRef named, rpc::Context context) {
    CO_TRY(need_accounts(parts_.gate));
    CO_TRY(may_look_at(*context.request->caller, named.username));
    co_return co_await parts_.db.read([this, named](store::Tx& tx) -> Result<RoleList> {
        TRY_ASSIGN(const auth::User user, parts_.accounts.get_user(tx, named.username));
        RoleList out;
        if (const RoleMessage* role = role_message(user.role)) out.roles.push_back(*role);
        return out;
    });
}

Task<Result<AssignmentAnswer>> RolesApi::assign(Assign wanted, rpc::Context context) {
    CO_TRY(need_accounts(parts_.gate));
    co_return co_await parts_.desk.change(
        [this, wanted, actor = actor_of(context)](store::Tx& tx) -> Result<AssignmentAnswer> {
            TRY_ASSIGN(const auth::User user, parts_.accounts.get_user(tx, wanted.username));
            TRY_ASSIGN(const RoleMessage* role, role_by_id(wanted.role_id));
            const auth::Role asked = role_of(*role);
            if (user.role == asked)
                return fail(Code::already_exists,
                            "User role assignment (user_id=" + std::to_string(user.id) +
                                ", role_id=" + std::to_string(role->id) + ") already exists");
            if (user.role > asked)
                return fail(Code::conflict, quoted(user.name) + " has the role " +
                                                std::string(json::text_of(user.role)) +
                                                ", which includes " + role->name +
                                                ": unassign that one first");
            TRY(parts_.accounts.change_user(tx, actor, user.name, {.role = asked}));
            return AssignmentAnswer{{user.id, user.id, role->id}};
        });
}

Task<Result<None>> RolesApi::unassign(Assign wanted, rpc::Context context) {
    CO_TRY(need_accounts(parts_.gate));
    CO_TRY(co_await parts_.desk.change(
        [this, wanted, actor = actor_of(context)](store::Tx& tx) -> Result<auth::User> {
            TRY_ASSIGN(const auth::User user, parts_.accounts.get_user(tx, wanted.username));
            const RoleMessage* role = role_message(user.role);
            if (role == nullptr || role->id != wanted.role_id)
                return fail(Code::not_found,
                            "User role assignment (user_id=" + std::to_string(user.id) +
                                ", role_id=" + std::to_string(wanted.role_id) + ") not found");
            return parts_.accounts.change_user(tx, actor, user.name, {.role = auth::Role::none});
        }));
    co_return None{};
}

Result<None> RolesApi::refuse_change(None, rpc::Context) {
    TRY(need_accounts(parts_.gate));
    return fail(Code::invalid,
                "the roles of this server are viewer, editor, maintainer and admin, and are not "
                "changed: assign one with roles/assign, and grant what differs on single objects "
                "with users/permissions/grant");
}

}  // namespace rondo::api::mlflow
