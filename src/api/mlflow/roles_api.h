// MLflow's role routes. Four roles are fixed, each with all that those before it may, and an
// account has at most one of them; they are listed and assigned here, and never changed. Custom
// roles are made, changed and assigned beside them, as many as somebody wants
// (platform/auth/custom_roles.h).
#pragma once

#include <vector>

#include "api/mlflow/auth_api.h"

namespace rondo::api::mlflow {

class RolesApi {
  public:
    explicit RolesApi(const AuthApi::Parts& parts) : parts_(parts) {}
    std::vector<rpc::Row> rows();

    // The fixed ones, and those custom ones that the caller has; for who administers accounts all.
    Task<Result<RoleList>> list(RolesQuery, rpc::Context);
    Task<Result<RoleAnswer>> get(RoleRef, rpc::Context);
    Task<Result<RolePermissionList>> permissions(RoleRef, rpc::Context);
    Task<Result<AssignmentList>> users_of(RoleRef, rpc::Context);
    Task<Result<RoleList>> roles_of(UserRef, rpc::Context);
    // A greater fixed role takes the place of a lesser one, which it includes.
    Task<Result<AssignmentAnswer>> assign(Assign, rpc::Context);
    Task<Result<None>> unassign(Assign, rpc::Context);

    Task<Result<RoleAnswer>> create(NewRole, rpc::Context);
    Task<Result<RoleAnswer>> update(RoleUpdate, rpc::Context);
    Task<Result<None>> remove(RoleRef, rpc::Context);
    Task<Result<RolePermissionAnswer>> add_permission(NewRolePermission, rpc::Context);
    Task<Result<RolePermissionAnswer>> update_permission(RolePermissionUpdate, rpc::Context);
    Task<Result<None>> remove_permission(RolePermissionRef, rpc::Context);

  private:
    // The role with a number of MLflow's, as the caller may see it.
    Result<RoleMessage> find(store::Tx& tx, const auth::Caller& caller, int64_t number) const;
    // Custom roles and their grants by numbers of MLflow's, to change them.
    Result<auth::CustomRole> to_change(store::Tx& tx, int64_t number) const;
    Result<auth::RoleGrant> grant_to_change(store::Tx& tx, int64_t number) const;
    Result<AssignmentAnswer> assign_fixed(store::Tx& tx, const auth::Actor& actor,
                                          const auth::User& user, const RoleMessage& role) const;

    AuthApi::Parts parts_;
};

}  // namespace rondo::api::mlflow
