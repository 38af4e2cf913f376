// Custom roles over HTTP, by their names: made, changed, assigned (platform/auth/custom_roles.h).
// For who administers accounts alone.
#pragma once

#include <vector>

#include "platform/auth/custom_roles.h"
#include "platform/auth/desk.h"
#include "platform/rpc/endpoint.h"

namespace rondo::api {

class RolesApi {
  public:
    struct Parts {
        store::Database& db;
        const auth::Accounts& accounts;
        auth::Gate& gate;
        auth::Desk& desk;
        const auth::CustomRoles& roles;
    };
    explicit RolesApi(const Parts& parts) : parts_(parts) {}
    std::vector<rpc::Row> rows();

    // What a role says of an object.
    struct Rule {
        std::string kind, name;
        auth::Level level = auth::Level::none;
        static constexpr auto fields = std::tuple{
            json::field("object", &Rule::kind,
                        "experiment, model, endpoint, pipeline, dataset or workspace"),
            json::field("name", &Rule::name, "Its name; * for every one of the kind"),
            json::field("level", &Rule::level, "none closes it, whatever other roles say")};
    };
    struct Role {
        std::string name;
        std::optional<std::string> description;
        Time created{};
        std::vector<Rule> grants;
        std::vector<std::string> users;
        static constexpr auto fields =
            std::tuple{json::field("name", &Role::name, "Name"),
                       json::field("description", &Role::description, "What it is for"),
                       json::field("created", &Role::created, "When it was made"),
                       json::field("grants", &Role::grants, "What it says of which objects"),
                       json::field("users", &Role::users, "Who has it")};
    };
    struct RoleList {
        std::vector<Role> roles;
        static constexpr auto fields = std::tuple{
            json::field("roles", &RoleList::roles, "In the order in which they were made")};
    };
    struct NewRole {
        std::string name;
        std::optional<std::string> description;
        static constexpr auto fields =
            std::tuple{json::field("name", &NewRole::name, "Name, not taken", json::required),
                       json::field("description", &NewRole::description, "What it is for")};
    };
    struct Named {
        std::string role;
        static constexpr auto fields =
            std::tuple{json::field("role", &Named::role, "Name of the role")};
    };
    struct Change {
        std::string role;
        std::optional<std::string> name, description;
        static constexpr auto fields =
            std::tuple{json::field("role", &Change::role, "Name of the role"),
                       json::field("name", &Change::name, "Its new name, not taken"),
                       json::field("description", &Change::description, "What it is for")};
    };
    struct NewRule {
        std::string role, kind, name;
        auth::Level level = auth::Level::none;
        static constexpr auto fields = std::tuple{
            json::field("role", &NewRule::role, "Name of the role"),
            json::field("object", &NewRule::kind,
                        "experiment, model, endpoint, pipeline, dataset or workspace",
                        json::required),
            json::field("name", &NewRule::name,
                        "Its name, for an experiment the id; * for every one of the kind",
                        json::required),
            json::field("level", &NewRule::level,
                        "none, read, use, edit or manage; of the workspace use, which lets create",
                        json::required)};
    };
    struct RuleRef {
        std::string role, kind, name;
        static constexpr auto fields =
            std::tuple{json::field("role", &RuleRef::role, "Name of the role"),
                       json::field("object", &RuleRef::kind, "Kind of the object", json::required),
                       json::field("name", &RuleRef::name, "Its name, or *", json::required)};
    };
    struct MemberRef {
        std::string role, user;
        static constexpr auto fields =
            std::tuple{json::field("role", &MemberRef::role, "Name of the role"),
                       json::field("user", &MemberRef::user, "Name of the user")};
    };

    Task<Result<RoleList>> list(rpc::None, rpc::Context);
    Task<Result<Role>> create(NewRole, rpc::Context);
    Task<Result<Role>> get(Named, rpc::Context);
    Task<Result<Role>> change(Change, rpc::Context);
    Task<Result<rpc::None>> remove(Named, rpc::Context);
    // Instead of what it has said of the object until now.
    Task<Result<Role>> put_grant(NewRule, rpc::Context);
    Task<Result<rpc::None>> remove_grant(RuleRef, rpc::Context);
    Task<Result<rpc::None>> assign(MemberRef, rpc::Context);
    Task<Result<rpc::None>> unassign(MemberRef, rpc::Context);

  private:
    Result<Role> shown(store::Tx& tx, const auth::CustomRole& role) const;
    // What a grant is about. People name experiments; an id goes first, as for grants of users.
    Result<auth::ObjectRef> object_of(store::Tx& tx, const std::string& kind,
                                      const std::string& name) const;

    Parts parts_;
};

}  // namespace rondo::api
