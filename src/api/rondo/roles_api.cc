#include "api/rondo/roles_api.h"

#include <algorithm>

#include "base/text.h"

namespace rondo::api {
namespace {

constexpr rpc::Permission kAccounts{"accounts", rpc::Reach::admin, "", ""};

auth::Actor actor_of(const rpc::Context& context) {
    return {*context.request->caller, context.request->peer};
}

// What the role says of the object, if anything.
const auth::RoleGrant* grant_on(const auth::CustomRole& role, const auth::ObjectRef& object) {
    const auto found = std::ranges::find(role.grants, object, &auth::RoleGrant::object);
    return found == role.grants.end() ? nullptr : &*found;
}

}  // namespace

std::vector<rpc::Row> RolesApi::rows() {
    using Api = RolesApi;
    const std::string roles = "/api/rondo/v1/roles";
    const std::string one = roles + "/{role}";
    return {
        rpc::get<&Api::list>(roles, kAccounts, "All custom roles, with their grants and users"),
        rpc::post<&Api::create>(roles, kAccounts, "Make a role"),
        rpc::get<&Api::get>(one, kAccounts, "A role"),
        rpc::patch<&Api::change>(one, kAccounts, "Change a role's name or description"),
        rpc::del<&Api::remove>(one, kAccounts, "Delete a role; whoever has it has it no more"),
        rpc::put<&Api::put_grant>(one + "/grants", kAccounts,
                                  "Let a role say something of an object, or of every one"),
        rpc::post<&Api::remove_grant>(one + "/grants/revoke", kAccounts,
                                      "Let a role say nothing of it any more"),
        rpc::put<&Api::assign>(one + "/users/{user}", kAccounts, "Give a user the role"),
        rpc::del<&Api::unassign>(one + "/users/{user}", kAccounts, "Take the role away"),
    };
}

Result<RolesApi::Role> RolesApi::shown(store::Tx& tx, const auth::CustomRole& role) const {
    Role out{.name = role.name,
             .description = role.description,
             .created = role.created,
             .grants = {},
             .users = {}};
    for (const auth::RoleGrant& grant : role.grants) {
        TRY_ASSIGN(std::string name, parts_.gate.name_of(tx, grant.object));
        out.grants.push_back({grant.object.kind, std::move(name), grant.level});
    }
    return out;
}

Result<auth::ObjectRef> RolesApi::object_of(store::Tx& tx, const std::string& kind,
                                            const std::string& name) const {
    auto found = parts_.gate.resolve_for_role(tx, kind, name);
    if (!found && found.error().code == Code::not_found && kind == "experiment")
        return parts_.gate.resolve(tx, "experiment_name", name);
    return found;
}

Task<Result<RolesApi::RoleList>> RolesApi::list(rpc::None, rpc::Context) {
    co_return co_await parts_.db.read([this](store::Tx& tx) -> Result<RoleList> {
        TRY_ASSIGN(const auto roles, parts_.roles.list(tx));
        TRY_ASSIGN(const auto members, parts_.roles.members(tx, 0));
        RoleList out;
        for (const auth::CustomRole& role : roles) {
            TRY_ASSIGN(Role one, shown(tx, role));
            for (const auth::RoleMember& member : members) {
                if (member.role_id == role.id) one.users.push_back(member.user);
            }
            out.roles.push_back(std::move(one));
        }
        return out;
    });
}

Task<Result<RolesApi::Role>> RolesApi::create(NewRole wanted, rpc::Context context) {
    co_return co_await parts_.desk.change(
        [this, wanted, actor = actor_of(context)](store::Tx& tx) -> Result<Role> {
            TRY_ASSIGN(const auto made,
                       parts_.roles.create(tx, actor, wanted.name, wanted.description));
            return shown(tx, made);
        });
}

Task<Result<RolesApi::Role>> RolesApi::get(Named named, rpc::Context) {
    co_return co_await parts_.db.read([this, named](store::Tx& tx) -> Result<Role> {
        TRY_ASSIGN(const auto role, parts_.roles.get(tx, named.role));
        TRY_ASSIGN(Role out, shown(tx, role));
        TRY_ASSIGN(const auto members, parts_.roles.members(tx, role.id));
        for (const auth::RoleMember& member : members) out.users.push_back(member.user);
        return out;
    });
}

Task<Result<RolesApi::Role>> RolesApi::change(Change wanted, rpc::Context context) {
    if (!wanted.name && !wanted.description)
        co_return fail(Code::invalid, "say what changes: name, description or both");
    co_return co_await parts_.desk.change(
        [this, wanted, actor = actor_of(context)](store::Tx& tx) -> Result<Role> {
            TRY_ASSIGN(auto role, parts_.roles.get(tx, wanted.role));
            TRY_ASSIGN(const auto changed, parts_.roles.change(tx, actor, std::move(role),
                                                               {wanted.name, wanted.description}));
            return shown(tx, changed);
        });
}

Task<Result<rpc::None>> RolesApi::remove(Named named, rpc::Context context) {
    CO_TRY(co_await parts_.desk.change(
        [this, named, actor = actor_of(context)](store::Tx& tx) -> Status {
            TRY_ASSIGN(const auto role, parts_.roles.get(tx, named.role));
            return parts_.roles.remove(tx, actor, role);
        }));
    co_return rpc::None{};
}

Task<Result<RolesApi::Role>> RolesApi::put_grant(NewRule wanted, rpc::Context context) {
    co_return co_await parts_.desk.change(
        [this, wanted, actor = actor_of(context)](store::Tx& tx) -> Result<Role> {
            TRY_ASSIGN(auto role, parts_.roles.get(tx, wanted.role));
            TRY_ASSIGN(const auto object, object_of(tx, wanted.kind, wanted.name));
            TRY_ASSIGN(const std::string name, parts_.gate.name_of(tx, object));
            if (const auth::RoleGrant* held = grant_on(role, object)) {
                TRY(parts_.roles.change_grant(tx, actor, *held, name, wanted.level));
            } else {
                TRY(parts_.roles.add_grant(tx, actor, role, object, name, wanted.level));
            }
            TRY_ASSIGN(role, parts_.roles.get(tx, wanted.role));
            return shown(tx, role);
        });
}

Task<Result<rpc::None>> RolesApi::remove_grant(RuleRef wanted, rpc::Context context) {
    CO_TRY(co_await parts_.desk.change([this, wanted,
                                        actor = actor_of(context)](store::Tx& tx) -> Status {
        TRY_ASSIGN(const auto role, parts_.roles.get(tx, wanted.role));
        TRY_ASSIGN(const auto object, object_of(tx, wanted.kind, wanted.name));
        const auth::RoleGrant* held = grant_on(role, object);
        if (held == nullptr)
            return fail(Code::not_found,
                        "the role " + quoted(role.name) + " says nothing of this " + object.kind);
        TRY_ASSIGN(const std::string name, parts_.gate.name_of(tx, object));
        return parts_.roles.remove_grant(tx, actor, *held, name);
    }));
    co_return rpc::None{};
}

Task<Result<rpc::None>> RolesApi::assign(MemberRef wanted, rpc::Context context) {
    CO_TRY(co_await parts_.desk.change(
        [this, wanted, actor = actor_of(context)](store::Tx& tx) -> Result<auth::RoleMember> {
            TRY_ASSIGN(const auto role, parts_.roles.get(tx, wanted.role));
            TRY_ASSIGN(const auto user, parts_.accounts.get_user(tx, wanted.user));
            return parts_.roles.assign(tx, actor, user, role);
        }));
    co_return rpc::None{};
}

Task<Result<rpc::None>> RolesApi::unassign(MemberRef wanted, rpc::Context context) {
    CO_TRY(co_await parts_.desk.change(
        [this, wanted, actor = actor_of(context)](store::Tx& tx) -> Status {
            TRY_ASSIGN(const auto role, parts_.roles.get(tx, wanted.role));
            TRY_ASSIGN(const auto user, parts_.accounts.get_user(tx, wanted.user));
            return parts_.roles.unassign(tx, actor, user, role);
        }));
    co_return rpc::None{};
}

}  // namespace rondo::api
