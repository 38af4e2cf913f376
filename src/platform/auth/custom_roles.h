// Custom roles: named bundles of grants that administrators make and assign, beside the one fixed
// role of an account. The level of an account on an object is its own grant on it, if there is one;
// else the greatest of its fixed role's and of what its custom roles say of the object or of every
// object of the kind; and nothing, when one of them closes it (level none).
//
// The rules of changing them. Synchronous over a transaction; each change writes its audit row
// first and counts the version of accounts up, as accounts.h does. Who may change them is the
// row's permission to say (rpc::Reach::admin).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "platform/auth/accounts.h"

namespace rondo::auth {

struct RoleGrant {
    int64_t id = 0, role_id = 0;
    ObjectRef object;  // its id may be kEveryObject
    Level level = Level::none;
};
struct CustomRole {
    int64_t id = 0;
    std::string name;
    std::optional<std::string> description;
    Time created{};
    std::vector<RoleGrant> grants;
};
struct RoleMember {
    int64_t id = 0, user_id = 0, role_id = 0;
    std::string user;
};
struct RoleChange {
    std::optional<std::string> name, description;
};
class CustomRoles {
  public:
    CustomRoles(Env& env, const Accounts& accounts, int64_t workspace_id)
        : env_(env), accounts_(accounts), workspace_id_(workspace_id) {}

    // Code::not_found when there is none; with its grants.
    Result<CustomRole> get(store::Tx& tx, int64_t id) const;
    Result<CustomRole> get(store::Tx& tx, const std::string& name) const;
    Result<std::vector<CustomRole>> list(store::Tx& tx) const;
    Result<std::vector<CustomRole>> list_of(store::Tx& tx, const User& user) const;

    // A name has 1 to 255 bytes, no control characters and no blanks at its ends; those of the
    // fixed roles are taken.
    Result<CustomRole> create(store::Tx& tx, const Actor& actor, const std::string& name,
                              std::optional<std::string> description) const;
    Result<CustomRole> change(store::Tx& tx, const Actor& actor, CustomRole role,
                              const RoleChange& change) const;
    // From whoever has it, too.
    Status remove(store::Tx& tx, const Actor& actor, const CustomRole& role) const;

    // Code::already_exists when the role says something of the object already. `shown` is what
    // people call the object.
    Result<RoleGrant> add_grant(store::Tx& tx, const Actor& actor, const CustomRole& role,
                                const ObjectRef& object, const std::string& shown,
                                Level level) const;
    Result<RoleGrant> get_grant(store::Tx& tx, int64_t id) const;
    Result<RoleGrant> change_grant(store::Tx& tx, const Actor& actor, RoleGrant grant,
                                   const std::string& shown, Level level) const;
    Status remove_grant(store::Tx& tx, const Actor& actor, const RoleGrant& grant,
                        const std::string& shown) const;

    // Code::already_exists when the user has it already.
    Result<RoleMember> assign(store::Tx& tx, const Actor& actor, const User& user,
                              const CustomRole& role) const;
    Status unassign(store::Tx& tx, const Actor& actor, const User& user,
                    const CustomRole& role) const;
    // Who has the role; with 0, all that are assigned.
    Result<std::vector<RoleMember>> members(store::Tx& tx, int64_t role_id) const;

  private:
    Env& env_;
    const Accounts& accounts_;
    const int64_t workspace_id_;
};

}  // namespace rondo::auth
