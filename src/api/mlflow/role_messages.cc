#include "api/mlflow/role_messages.h"

#include "domain/tracking/objects.h"
#include "platform/json/value.h"

namespace rondo::api::mlflow {

Result<std::string> pattern_of(store::Tx& tx, const auth::Gate& gate,
                               const auth::ObjectRef& object) {
    if (object.kind == tracking::kExperimentKind && object.id != auth::kEveryObject)
        return std::to_string(object.id);
    return gate.name_of(tx, object);
}

Result<RolePermission> permission_message(store::Tx& tx, const auth::Gate& gate,
                                          const auth::RoleGrant& grant) {
    TRY_ASSIGN(std::string pattern, pattern_of(tx, gate, grant.object));
    return RolePermission{.id = kFixedNumbers + grant.id,
                          .role_id = kFixedNumbers + grant.role_id,
                          .resource_type = resource_type_of(grant.object.kind),
                          .resource_pattern = std::move(pattern),
                          .permission = permission_name(grant.level, Words::newer)};
}

Result<RoleMessage> role_message(store::Tx& tx, const auth::Gate& gate,
                                 const auth::CustomRole& role) {
    RoleMessage out{.id = kFixedNumbers + role.id, .name = role.name};
    if (role.description) out.description.text = json::Value(*role.description).dump();
    for (const auth::RoleGrant& grant : role.grants) {
        TRY_ASSIGN(auto permission, permission_message(tx, gate, grant));
        out.permissions.push_back(std::move(permission));
    }
    return out;
}

Result<std::map<int64_t, std::vector<RoleMessage>>> custom_roles_by_user(
    store::Tx& tx, const AuthApi::Parts& parts) {
    std::map<int64_t, RoleMessage> messages;  // by the role's own number
    TRY_ASSIGN(const auto roles, parts.roles.list(tx));
    for (const auth::CustomRole& role : roles) {
        TRY_ASSIGN(auto message, role_message(tx, parts.gate, role));
        messages.emplace(role.id, std::move(message));
    }
    TRY_ASSIGN(const auto members, parts.roles.members(tx, 0));
    std::map<int64_t, std::vector<RoleMessage>> out;
    for (const auth::RoleMember& member : members) {
        if (const auto found = messages.find(member.role_id); found != messages.end())
            out[member.user_id].push_back(found->second);
    }
    return out;
}

Result<std::vector<RoleMessage>> roles_of_user(store::Tx& tx, const AuthApi::Parts& parts,
                                               const auth::User& user) {
    std::vector<RoleMessage> out;
    if (const RoleMessage* fixed = role_message(user.role)) out.push_back(*fixed);
    TRY_ASSIGN(const auto custom, parts.roles.list_of(tx, user));
    for (const auth::CustomRole& role : custom) {
        TRY_ASSIGN(auto message, role_message(tx, parts.gate, role));
        out.push_back(std::move(message));
    }
    return out;
}

}  // namespace rondo::api::mlflow
