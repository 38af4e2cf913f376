// The SQL of custom roles. Functions check nothing but what SQL checks; the rules are in
// custom_roles.h.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "platform/auth/custom_roles.h"
#include "platform/store/tx.h"

namespace rondo::auth::sql {

// The key, or nothing when the name is taken.
Result<std::optional<int64_t>> insert_role(store::Tx& tx, int64_t workspace_id,
                                           const CustomRole& role);
Status update_role(store::Tx& tx, const CustomRole& role);
// With its grants, and from whoever has it.
Status delete_role(store::Tx& tx, int64_t role_id);
Result<int64_t> count_roles(store::Tx& tx, int64_t workspace_id);
// With their grants, in the order in which they were made.
Result<std::vector<CustomRole>> list_roles(store::Tx& tx, int64_t workspace_id);
Result<std::vector<CustomRole>> list_roles_of(store::Tx& tx, int64_t workspace_id, int64_t user_id);
Result<std::optional<CustomRole>> find_role(store::Tx& tx, int64_t workspace_id, int64_t role_id);
Result<std::optional<CustomRole>> find_role(store::Tx& tx, int64_t workspace_id,
                                            const std::string& name);

// The key, or nothing when the role says something of the object already.
Result<std::optional<int64_t>> insert_role_grant(store::Tx& tx, int64_t role_id,
                                                 const RoleGrant& grant);
Result<std::optional<RoleGrant>> find_role_grant(store::Tx& tx, int64_t workspace_id,
                                                 int64_t grant_id);
Status update_role_grant(store::Tx& tx, int64_t grant_id, Level level);
Status delete_role_grant(store::Tx& tx, int64_t grant_id);

// The key, or nothing when the user has the role already.
Result<std::optional<int64_t>> insert_member(store::Tx& tx, int64_t user_id, int64_t role_id);
// How many went: one or none.
Result<int64_t> delete_member(store::Tx& tx, int64_t user_id, int64_t role_id);
Result<int64_t> count_roles_of(store::Tx& tx, int64_t user_id);
// Of a role, or of all when role_id is 0; by the user's name.
Result<std::vector<RoleMember>> list_members(store::Tx& tx, int64_t workspace_id, int64_t role_id);

// What decides on one object: the user's own grant, and what custom roles say of it.
Result<Standing> find_standing(store::Tx& tx, int64_t user_id, const ObjectRef& object);
// What custom roles say of more than single objects, by user.
Result<std::map<int64_t, RoleRights>> rights_by_roles(store::Tx& tx, int64_t workspace_id);

}  // namespace rondo::auth::sql
