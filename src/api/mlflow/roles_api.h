// MLflow's role routes over our roles. There are four, fixed, each with all that those before it
// may, and an account has one: they are listed and assigned by MLflow's client, and what would make
// or change a role says that grants are about single objects instead.
#pragma once

#include <vector>

#include "api/mlflow/auth_api.h"

namespace rondo::api::mlflow {

class RolesApi {
  public:
    explicit RolesApi(const AuthApi::Parts& parts) : parts_(parts) {}
    std::vector<rpc::Row> rows();

    Result<RoleList> list(RolesQuery, rpc::Context);
    Result<RoleAnswer> get(RoleRef, rpc::Context);
    Result<RolePermissionList> permissions(RoleRef, rpc::Context);
    Task<Result<AssignmentList>> users_of(RoleRef, rpc::Context);
    Task<Result<RoleList>> roles_of(UserRef, rpc::Context);
    // A greater role takes the place of a lesser one, which it includes.
    Task<Result<AssignmentAnswer>> assign(Assign, rpc::Context);
    Task<Result<None>> unassign(Assign, rpc::Context);
    Result<None> refuse_change(None, rpc::Context);

  private:
    AuthApi::Parts parts_;
};

}  // namespace rondo::api::mlflow
