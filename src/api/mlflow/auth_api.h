// MLflow's basic-auth interface over our accounts: users and grants, for
// mlflow.server.get_app_client("basic-auth", ...) as it is. A translation: what it changes is what
// the command line and the page change, by the same rules and with the same audit rows.
//
// Without accounts every route answers that there are none and how the first one is made.
#pragma once

#include <vector>

#include "api/mlflow/auth_wire.h"
#include "platform/auth/custom_roles.h"
#include "platform/auth/desk.h"

namespace rondo::api::mlflow {

class AuthApi {
  public:
    struct Parts {  // of roles as well
        store::Database& db;
        const auth::Accounts& accounts;
        auth::Gate& gate;
        auth::Desk& desk;
        const auth::CustomRoles& roles;
    };
    explicit AuthApi(const Parts& parts) : parts_(parts) {}
    std::vector<rpc::Row> rows();

    Task<Result<UserAnswer>> create_user(NewUser, rpc::Context);
    Task<Result<UserAnswer>> get_user(UserRef, rpc::Context);
    Task<Result<UserList>> list_users(None, rpc::Context);
    Result<CurrentUser> current_user(None, rpc::Context);
    Task<Result<None>> update_password(NewPassword, rpc::Context);
    Task<Result<None>> update_admin(AdminChange, rpc::Context);
    Task<Result<None>> delete_user(UserRef, rpc::Context);

    Task<Result<None>> grant(ResourceGrant, rpc::Context);
    Task<Result<None>> revoke(ResourceRef, rpc::Context);
    Task<Result<Effective>> effective(ResourceRef, rpc::Context);
    Task<Result<HeldPermissions>> held_by(UserRef, rpc::Context);
    Task<Result<HeldPermissions>> held_by_caller(None, rpc::Context);

    Task<Result<ExperimentGrantAnswer>> create_experiment_grant(ExperimentGrant, rpc::Context);
    Task<Result<ExperimentGrantAnswer>> get_experiment_grant(ExperimentGrantRef, rpc::Context);
    Task<Result<None>> update_experiment_grant(ExperimentGrant, rpc::Context);
    Task<Result<None>> delete_experiment_grant(ExperimentGrantRef, rpc::Context);
    Task<Result<ModelGrantAnswer>> create_model_grant(ModelGrant, rpc::Context);
    Task<Result<ModelGrantAnswer>> get_model_grant(ModelGrantRef, rpc::Context);
    Task<Result<None>> update_model_grant(ModelGrant, rpc::Context);
    Task<Result<None>> delete_model_grant(ModelGrantRef, rpc::Context);

  private:
    // A grant of a user on an object, as a message names it.
    struct Named {
        std::string user, kind, name;
    };
    // Whether there has to be a grant already.
    enum class Before : uint8_t { none, one };
    // The user's number.
    Task<Result<int64_t>> put(auth::Actor actor, Named grant, std::string permission, Words words,
                              Before before);
    Task<Result<None>> take_back(auth::Actor actor, Named grant);
    struct Found {
        int64_t user_id = 0;
        auth::Level level = auth::Level::none;
    };
    Task<Result<Found>> find(auth::Actor actor, Named grant);
    Result<UserAnswer> with_grants(store::Tx& tx, const auth::User& user) const;
    Task<Result<HeldPermissions>> held(auth::Caller caller, std::string name);

    Parts parts_;
};

// Fails, with the way out, as long as the server has no accounts.
Status need_accounts(const auth::Gate& gate);
// Fails unless the account is the caller's own or the caller administers accounts.
Status may_look_at(const auth::Caller& caller, const std::string& name);
auth::Actor actor_of(const rpc::Context& context);

}  // namespace rondo::api::mlflow
