// Custom roles in the words of MLflow's basic-auth plugin: numbers above those of the fixed roles,
// objects by the id or name that clients know.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "api/mlflow/auth_api.h"

namespace rondo::api::mlflow {

// An experiment's id, another object's name, "*" for every object.
Result<std::string> pattern_of(store::Tx& tx, const auth::Gate& gate,
                               const auth::ObjectRef& object);
Result<RolePermission> permission_message(store::Tx& tx, const auth::Gate& gate,
                                          const auth::RoleGrant& grant);
Result<RoleMessage> role_message(store::Tx& tx, const auth::Gate& gate,
                                 const auth::CustomRole& role);
// Custom roles of all accounts, by account.
Result<std::map<int64_t, std::vector<RoleMessage>>> custom_roles_by_user(
    store::Tx& tx, const AuthApi::Parts& parts);
// The fixed one, if the account has one, and its custom roles.
Result<std::vector<RoleMessage>> roles_of_user(store::Tx& tx, const AuthApi::Parts& parts,
                                               const auth::User& user);

}  // namespace rondo::api::mlflow
