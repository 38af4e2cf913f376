#include "api/mlflow/auth_api.h"

#include <algorithm>
#include <iterator>

#include "api/mlflow/role_messages.h"
#include "base/text.h"
#include "domain/registry/objects.h"
#include "domain/tracking/objects.h"

namespace rondo::api::mlflow {
namespace {

using auth::Level;

constexpr rpc::Permission kAccounts{"accounts", rpc::Reach::admin, "", ""};
// What the caller may see of it is the handler's to say; the scope has to reach reading.
constexpr rpc::Permission kLook{"accounts.read", rpc::Reach::search, "", ""};
// For who manages the object; the handler looks.
constexpr rpc::Permission kShare{"share", rpc::Reach::signed_in, "", ""};
constexpr rpc::Permission kOwn{"own_account", rpc::Reach::signed_in, "", ""};

std::string own_role_name(int64_t user_id) { return "__user_" + std::to_string(user_id) + "__"; }

std::unexpected<Error> no_grant(const std::string& user, const std::string& kind,
                                const std::string& name) {
    return fail(Code::not_found, "Permission for user=" + user +
                                     " on resource_type=" + resource_type_of(kind) +
                                     ", resource_id=" + name + " not found.");
}

}  // namespace

Status need_accounts(const auth::Gate& gate) {
    if (gate.has_accounts()) return ok();
    return fail(Code::conflict,
                "this server has no accounts, so there is nobody to manage: `rondo user create "
                "NAME --admin` makes the first one, and from then on everybody signs in");
}

Status may_look_at(const auth::Caller& caller, const std::string& name) {
    if (name == caller.name || auth::administers(caller)) return ok();
    return fail(Code::permission_denied,
                "Permission denied: other people's accounts are an administrator's to look at");
}

auth::Actor actor_of(const rpc::Context& context) {
    return {*context.request->caller, context.request->peer};
}

std::vector<rpc::Row> AuthApi::rows() {
    using Api = AuthApi;
    const std::string users = "/api/2.0/mlflow/users/";
    const std::string grants = "/api/3.0/mlflow/users/permissions/";
    const std::string experiments = "/api/2.0/mlflow/experiments/permissions/";
    const std::string models = "/api/2.0/mlflow/registered-models/permissions/";
    return {
        rpc::post<&Api::create_user>(users + "create", kAccounts, "Make a user"),
        rpc::get<&Api::get_user>(users + "get", kLook, "An account, with its grants"),
        rpc::get<&Api::list_users>(users + "list", kLook,
                                   "All accounts; for others than administrators the own one"),
        rpc::get<&Api::current_user>(users + "current", kLook, "Who asks"),
        rpc::patch<&Api::update_password>(users + "update-password", kOwn, "Set a password"),
        rpc::patch<&Api::update_admin>(users + "update-admin", kAccounts,
                                       "Make an administrator of the server, or end that"),
        rpc::del<&Api::delete_user>(users + "delete", kAccounts,
                                    "Delete a user with its tokens and grants"),

        rpc::post<&Api::grant>(grants + "grant", kShare, "Grant a level on an object"),
        rpc::post<&Api::revoke>(grants + "revoke", kShare,
                                "Take a grant back; the role counts again"),
        rpc::get<&Api::effective>(grants + "get", kLook, "What an account may do with an object"),
        rpc::get<&Api::held_by>(grants + "list", kLook, "What an account holds"),
        rpc::get<&Api::held_by_caller>("/api/3.0/mlflow/users/current/permissions", kLook,
                                       "What the caller holds"),

        rpc::post<&Api::create_experiment_grant>(experiments + "create", kShare,
                                                 "Grant a level on an experiment"),
        rpc::get<&Api::get_experiment_grant>(experiments + "get", kLook,
                                             "A grant on an experiment"),
        rpc::patch<&Api::update_experiment_grant>(experiments + "update", kShare,
                                                  "Change a grant on an experiment"),
        rpc::del<&Api::delete_experiment_grant>(experiments + "delete", kShare,
                                                "Take a grant on an experiment back"),
        rpc::post<&Api::create_model_grant>(models + "create", kShare,
                                            "Grant a level on a registered model"),
        rpc::get<&Api::get_model_grant>(models + "get", kLook, "A grant on a registered model"),
        rpc::patch<&Api::update_model_grant>(models + "update", kShare,
                                             "Change a grant on a registered model"),
        rpc::del<&Api::delete_model_grant>(models + "delete", kShare,
                                           "Take a grant on a registered model back"),
    };
}

// --- users -----------------------------------------------------------------------------------

Result<UserAnswer> AuthApi::with_grants(store::Tx& tx, const auth::User& user) const {
    UserAnswer out;
    out.user = {.id = user.id, .username = user.name, .is_admin = user.is_admin};
    TRY_ASSIGN(const auto held, parts_.accounts.grants_of(tx, user));
    for (const auto& grant : held) {
        std::string permission = permission_name(grant.level, Words::older);
        if (grant.object.kind == tracking::kExperimentKind) {
            out.user.experiment_permissions.push_back(
                {.experiment_id = std::to_string(grant.object.id),
                 .user_id = user.id,
                 .permission = std::move(permission)});
        } else if (grant.object.kind == registry::kModelKind) {
            TRY_ASSIGN(std::string name, parts_.gate.name_of(tx, grant.object));
            out.user.registered_model_permissions.push_back(
                {.name = std::move(name), .user_id = user.id, .permission = std::move(permission)});
        }
    }
    return out;
}

Task<Result<UserAnswer>> AuthApi::create_user(NewUser wanted, rpc::Context context) {
    CO_TRY(need_accounts(parts_.gate));
    CO_TRY_ASSIGN(
        const auth::User made,
        co_await parts_.desk.create_user(actor_of(context), {.name = std::move(wanted.username)},
                                         std::move(wanted.password)));
    co_return UserAnswer{{.id = made.id, .username = made.name, .is_admin = made.is_admin}};
}

Task<Result<UserAnswer>> AuthApi::get_user(UserRef named, rpc::Context context) {
    CO_TRY(need_accounts(parts_.gate));
    CO_TRY(may_look_at(*context.request->caller, named.username));
    co_return co_await parts_.db.read([this, named](store::Tx& tx) -> Result<UserAnswer> {
        TRY_ASSIGN(const auth::User user, parts_.accounts.get_user(tx, named.username));
        return with_grants(tx, user);
    });
}

Task<Result<UserList>> AuthApi::list_users(None, rpc::Context context) {
    CO_TRY(need_accounts(parts_.gate));
    const auth::Caller caller = *context.request->caller;
    co_return co_await parts_.db.read([this, caller](store::Tx& tx) -> Result<UserList> {
        TRY_ASSIGN(const auto users, parts_.accounts.list_users(tx));
        TRY_ASSIGN(auto custom, custom_roles_by_user(tx, parts_));
        UserList out;
        for (const auth::User& user : users) {
            if (!may_look_at(caller, user.name)) continue;
            ListedUser listed{.id = user.id, .username = user.name, .is_admin = user.is_admin};
            if (const RoleMessage* role = role_message(user.role)) listed.roles.push_back(*role);
            std::ranges::move(custom[user.id], std::back_inserter(listed.roles));
            out.users.push_back(std::move(listed));
        }
        return out;
    });
}

Result<CurrentUser> AuthApi::current_user(None, rpc::Context context) {
    TRY(need_accounts(parts_.gate));
    const auth::Caller& caller = *context.request->caller;
    return CurrentUser{.user = {caller.user_id, caller.name, caller.is_admin}};
}

Task<Result<None>> AuthApi::update_password(NewPassword wanted, rpc::Context context) {
    CO_TRY(need_accounts(parts_.gate));
    auth::Actor actor = actor_of(context);
    if (wanted.username != actor.caller.name) {
        CO_TRY(may_look_at(actor.caller, wanted.username));
        CO_TRY(co_await parts_.desk.set_password(std::move(actor), std::move(wanted.username),
                                                 std::move(wanted.password)));
        co_return None{};
    }
    const std::string current = wanted.current_password.value_or("");
    if (current.empty())
        co_return fail(Code::invalid,
                       "Current password is required when changing your own password.",
                       "current_password");
    if (wanted.password == current)
        co_return fail(Code::invalid, "New password must differ from the current password.",
                       "password");
    Status changed =
        co_await parts_.desk.change_own_password(std::move(actor), current, wanted.password);
    // Not 401: who asks is known, and a client would take it for its own credentials.
    if (!changed && changed.error().code == Code::unauthenticated)
        co_return fail(Code::invalid, "Current password does not match.", "current_password");
    CO_TRY(std::move(changed));
    co_return None{};
}

Task<Result<None>> AuthApi::update_admin(AdminChange wanted, rpc::Context context) {
    CO_TRY(need_accounts(parts_.gate));
    CO_TRY(co_await parts_.desk.change(
        [this, wanted, actor = actor_of(context)](store::Tx& tx) -> Result<auth::User> {
            return parts_.accounts.change_user(tx, actor, wanted.username,
                                               {.is_admin = wanted.is_admin});
        }));
    co_return None{};
}

Task<Result<None>> AuthApi::delete_user(UserRef named, rpc::Context context) {
    CO_TRY(need_accounts(parts_.gate));
    const auth::Actor actor = actor_of(context);
    if (named.username == actor.caller.name)
        co_return fail(Code::invalid, "nobody deletes the own account: ask another administrator",
                       "username");
    CO_TRY(co_await parts_.desk.change([this, named, actor](store::Tx& tx) {
        return parts_.accounts.delete_user(tx, actor, named.username);
    }));
    co_return None{};
}

// --- grants ----------------------------------------------------------------------------------

Task<Result<int64_t>> AuthApi::put(auth::Actor actor, Named grant, std::string permission,
                                   Words words, Before before) {
    CO_TRY(need_accounts(parts_.gate));
    co_return co_await parts_.desk.change([=, this](store::Tx& tx) -> Result<int64_t> {
        TRY_ASSIGN(const auto object,
                   parts_.desk.object_to_share(tx, actor.caller, {grant.kind}, grant.name));
        TRY_ASSIGN(const auth::User user, parts_.accounts.get_user(tx, grant.user));
        TRY_ASSIGN(const Level level, parse_permission(permission, words));
        TRY_ASSIGN(const auto held, parts_.accounts.find_grant(tx, user, object));
        if (held && before == Before::none)
            return fail(Code::already_exists,
                        "Permission for user=" + grant.user +
                            " on resource_type=" + resource_type_of(grant.kind) +
                            ", resource_id=" + grant.name + " already exists.");
        if (!held && before == Before::one) return no_grant(grant.user, grant.kind, grant.name);
        TRY(parts_.accounts.put_grant(tx, actor, {grant.user, grant.kind, grant.name, level},
                                      object));
        return user.id;
    });
}

Task<Result<None>> AuthApi::take_back(auth::Actor actor, Named grant) {
    CO_TRY(need_accounts(parts_.gate));
    CO_TRY(co_await parts_.desk.change([=, this](store::Tx& tx) -> Status {
        TRY_ASSIGN(const auto object,
                   parts_.desk.object_to_share(tx, actor.caller, {grant.kind}, grant.name));
        TRY_ASSIGN(const auth::User user, parts_.accounts.get_user(tx, grant.user));
        TRY_ASSIGN(const auto held, parts_.accounts.find_grant(tx, user, object));
        if (!held) return no_grant(grant.user, grant.kind, grant.name);
        return parts_.accounts.delete_grant(tx, actor, grant.user, object);
    }));
    co_return None{};
}

Task<Result<AuthApi::Found>> AuthApi::find(auth::Actor actor, Named grant) {
    CO_TRY(need_accounts(parts_.gate));
    co_return co_await parts_.db.read([=, this](store::Tx& tx) -> Result<Found> {
        // The own grant, or one on an object that the caller may share.
        if (grant.user != actor.caller.name)
            TRY(parts_.desk.object_to_share(tx, actor.caller, {grant.kind}, grant.name));
        TRY_ASSIGN(const auth::User user, parts_.accounts.get_user(tx, grant.user));
        const auto object = parts_.gate.resolve(tx, grant.kind, grant.name);
        if (!object && object.error().code != Code::not_found) return fail(object.error());
        if (!object) return no_grant(grant.user, grant.kind, grant.name);
        TRY_ASSIGN(const auto held, parts_.accounts.find_grant(tx, user, *object));
        if (!held) return no_grant(grant.user, grant.kind, grant.name);
        return Found{user.id, *held};
    });
}

Task<Result<None>> AuthApi::grant(ResourceGrant wanted, rpc::Context context) {
    CO_TRY(need_accounts(parts_.gate));
    CO_TRY_ASSIGN(std::string kind, kind_of_resource(wanted.resource_type));
    CO_TRY(co_await put(actor_of(context), {wanted.username, std::move(kind), wanted.resource_id},
                        wanted.permission, Words::newer, Before::none));
    co_return None{};
}

Task<Result<None>> AuthApi::revoke(ResourceRef wanted, rpc::Context context) {
    CO_TRY(need_accounts(parts_.gate));
    CO_TRY_ASSIGN(std::string kind, kind_of_resource(wanted.resource_type));
    co_return co_await take_back(actor_of(context),
                                 {wanted.username, std::move(kind), wanted.resource_id});
}

Task<Result<Effective>> AuthApi::effective(ResourceRef wanted, rpc::Context context) {
    CO_TRY(need_accounts(parts_.gate));
    CO_TRY_ASSIGN(const std::string kind, kind_of_resource(wanted.resource_type));
    CO_TRY(may_look_at(*context.request->caller, wanted.username));
    co_return co_await parts_.db.read([=, this](store::Tx& tx) -> Result<Effective> {
        TRY_ASSIGN(const auth::User user, parts_.accounts.get_user(tx, wanted.username));
        const auto object = parts_.gate.resolve(tx, kind, wanted.resource_id);
        if (!object && object.error().code != Code::not_found) return fail(object.error());
        // What is not there opens to nobody.
        if (!object) return Effective{false, permission_name(Level::none, Words::older)};
        TRY_ASSIGN(const auto standing, parts_.accounts.standing_of(tx, user, *object));
        const Level level = user.is_admin ? Level::manage : auth::level_of(standing, user.role);
        const bool said = standing.granted || standing.by_roles;
        return Effective{level >= Level::use,
                         permission_name(level, said ? Words::newer : Words::older)};
    });
}

Task<Result<HeldPermissions>> AuthApi::held(auth::Caller caller, std::string name) {
    CO_TRY(need_accounts(parts_.gate));
    CO_TRY(may_look_at(caller, name));
    co_return co_await parts_.db.read([=, this](store::Tx& tx) -> Result<HeldPermissions> {
        // Who holds the data folder has no account to hold anything by.
        if (caller.user_id == 0 && name == caller.name) return HeldPermissions{caller.is_admin, {}};
        TRY_ASSIGN(const auth::User user, parts_.accounts.get_user(tx, name));
        HeldPermissions out{.is_admin = user.is_admin};
        TRY_ASSIGN(const auto roles, roles_of_user(tx, parts_, user));
        for (const RoleMessage& role : roles) {
            for (const RolePermission& p : role.permissions)
                out.permissions.push_back({.role_id = role.id,
                                           .role_name = role.name,
                                           .resource_type = p.resource_type,
                                           .resource_pattern = p.resource_pattern,
                                           .permission = p.permission});
        }
        TRY_ASSIGN(const auto grants, parts_.accounts.grants_of(tx, user));
        for (const auto& grant : grants) {
            TRY_ASSIGN(std::string pattern, pattern_of(tx, parts_.gate, grant.object));
            out.permissions.push_back({.role_name = own_role_name(user.id),
                                       .resource_type = resource_type_of(grant.object.kind),
                                       .resource_pattern = std::move(pattern),
                                       .permission = permission_name(grant.level, Words::newer)});
        }
        return out;
    });
}

Task<Result<HeldPermissions>> AuthApi::held_by(UserRef named, rpc::Context context) {
    return held(*context.request->caller, std::move(named.username));
}

Task<Result<HeldPermissions>> AuthApi::held_by_caller(None, rpc::Context context) {
    return held(*context.request->caller, context.request->caller->name);
}

// --- grants, as older clients ask for them ---------------------------------------------------

Task<Result<ExperimentGrantAnswer>> AuthApi::create_experiment_grant(ExperimentGrant wanted,
                                                                     rpc::Context context) {
    CO_TRY_ASSIGN(const int64_t user,
                  co_await put(actor_of(context),
                               {wanted.username, std::string(tracking::kExperimentKind),
                                wanted.experiment_id},
                               wanted.permission, Words::older, Before::none));
    co_return ExperimentGrantAnswer{{wanted.experiment_id, user, wanted.permission}};
}

Task<Result<ExperimentGrantAnswer>> AuthApi::get_experiment_grant(ExperimentGrantRef wanted,
                                                                  rpc::Context context) {
    CO_TRY_ASSIGN(
        const Found found,
        co_await find(actor_of(context), {wanted.username, std::string(tracking::kExperimentKind),
                                          wanted.experiment_id}));
    co_return ExperimentGrantAnswer{
        {wanted.experiment_id, found.user_id, permission_name(found.level, Words::older)}};
}

Task<Result<None>> AuthApi::update_experiment_grant(ExperimentGrant wanted, rpc::Context context) {
    CO_TRY(co_await put(
        actor_of(context),
        {wanted.username, std::string(tracking::kExperimentKind), wanted.experiment_id},
        wanted.permission, Words::older, Before::one));
    co_return None{};
}

Task<Result<None>> AuthApi::delete_experiment_grant(ExperimentGrantRef wanted,
                                                    rpc::Context context) {
    return take_back(actor_of(context), {wanted.username, std::string(tracking::kExperimentKind),
                                         wanted.experiment_id});
}

Task<Result<ModelGrantAnswer>> AuthApi::create_model_grant(ModelGrant wanted,
                                                           rpc::Context context) {
    CO_TRY_ASSIGN(const int64_t user,
                  co_await put(actor_of(context),
                               {wanted.username, std::string(registry::kModelKind), wanted.name},
                               wanted.permission, Words::older, Before::none));
    co_return ModelGrantAnswer{
        {.name = wanted.name, .user_id = user, .permission = wanted.permission}};
}

Task<Result<ModelGrantAnswer>> AuthApi::get_model_grant(ModelGrantRef wanted,
                                                        rpc::Context context) {
    CO_TRY_ASSIGN(const Found found,
                  co_await find(actor_of(context),
                                {wanted.username, std::string(registry::kModelKind), wanted.name}));
    co_return ModelGrantAnswer{{.name = wanted.name,
                                .user_id = found.user_id,
                                .permission = permission_name(found.level, Words::older)}};
}

Task<Result<None>> AuthApi::update_model_grant(ModelGrant wanted, rpc::Context context) {
    CO_TRY(co_await put(actor_of(context),
                        {wanted.username, std::string(registry::kModelKind), wanted.name},
                        wanted.permission, Words::older, Before::one));
    co_return None{};
}

Task<Result<None>> AuthApi::delete_model_grant(ModelGrantRef wanted, rpc::Context context) {
    return take_back(actor_of(context),
                     {wanted.username, std::string(registry::kModelKind), wanted.name});
}

}  // namespace rondo::api::mlflow
