#include "platform/auth/accounts.h"

#include "base/text.h"
#include "platform/auth/store.h"
#include "platform/auth/store_roles.h"
#include "platform/json/enums.h"
#include "platform/json/value.h"

namespace rondo::auth {
namespace {

using json::Value;

constexpr size_t kMaxName = 64;
constexpr size_t kMaxTokenName = 200;
constexpr size_t kMaxTokens = 1000;     // of one user
constexpr int64_t kOnlyWorkspace = 1;   // as long as there is one
constexpr int64_t kExpiredSlice = 100;  // the job of retention deletes the rest
constexpr std::string_view kTaskUser = "rondo-tasks";

// ASCII alone, so that no two names look alike.
Status check_name(std::string_view name) {
    bool good = !name.empty() && name.size() <= kMaxName;
    for (const char c : name) {
        good =
            good && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '.' || c == '_' || c == '-' || c == '@' || c == '+');
    }
    if (good) return ok();
    return fail(Code::invalid,
                quoted(name) + " is no user name: use letters, digits and . _ - @ +, at most 64",
                "name");
}

std::unexpected<Error> no_user(const std::string& name) {
    return fail(Code::not_found, "no user " + quoted(name) + "; `rondo user list` shows them all");
}

std::unexpected<Error> needs_admin(std::string_view what) {
    return fail(Code::permission_denied,
                "only an administrator of the server may " + std::string(what));
}

}  // namespace

bool administers(const Caller& caller) {
    return (caller.is_admin || caller.role == Role::admin) && caller.scope == Scope::admin;
}

Result<int64_t> Accounts::note(store::Tx& tx, const Actor& actor, std::string action,
                               std::string object, std::string outcome, std::string detail) const {
    return write_audit(tx, {.at = env_.now(),
                            .workspace_id = workspace_id_,
                            .actor = actor.caller.name,
                            .token_id = actor.caller.token_id,
                            .address = actor.address,
                            .action = std::move(action),
                            .object = std::move(object),
                            .outcome = std::move(outcome),
                            .detail = std::move(detail)});
}

Result<User> Accounts::need_user(store::Tx& tx, const std::string& name) const {
    TRY_ASSIGN(auto found, sql::find_user(tx, workspace_id_, name));
    if (!found) return no_user(name);
    return std::move(*found);
}

Result<User> Accounts::get_user(store::Tx& tx, const std::string& name) const {
    return need_user(tx, name);
}

Result<User> Accounts::create_user(store::Tx& tx, const Actor& actor, const NewUser& wanted) const {
    TRY(check_name(wanted.name));
    if (wanted.is_admin && !actor.caller.is_admin) return needs_admin("make another one");
    TRY_ASSIGN(const auto users, sql::list_users(tx, workspace_id_));
    for (const auto& row : users) {
        if (equals_ignoring_case(row.user.name, wanted.name))
            return fail(Code::already_exists,
                        "there is a user " + quoted(row.user.name) + " already", "name");
    }
    TRY(note(tx, actor, "create_user", "user " + wanted.name, "done",
             Value(Value::Object{{"kind", json::text_of(wanted.kind)},
                                 {"admin", wanted.is_admin},
                                 {"role", json::text_of(wanted.role)}})
                 .dump()));
    sql::UserRow row;
    row.user = {.name = wanted.name,
                .kind = wanted.kind,
                .is_admin = wanted.is_admin,
                .role = wanted.role,
                .created = env_.now(),
                .updated = env_.now()};
    row.password = wanted.password_hash;
    TRY_ASSIGN(const auto id, sql::insert_user(tx, row));
    if (!id)
        return fail(Code::already_exists, "there is a user " + quoted(wanted.name) + " already");
    row.user.id = *id;
    TRY(sql::set_role(tx, workspace_id_, *id, wanted.role));
    TRY(sql::bump_version(tx));
    return row.user;
}

Result<User> Accounts::change_user(store::Tx& tx, const Actor& actor, const std::string& name,
                                   const UserChange& change) const {
    TRY_ASSIGN(User user, need_user(tx, name));
    if ((user.is_admin || change.is_admin.value_or(false)) && !actor.caller.is_admin)
        return needs_admin("change one");
    Value::Object before, after;
    const auto differs = [&](const char* what, Value old_value, Value new_value) {
        before.emplace_back(what, std::move(old_value));
        after.emplace_back(what, std::move(new_value));
    };
    if (change.is_admin) differs("admin", user.is_admin, *change.is_admin);
    if (change.disabled) differs("disabled", user.disabled, *change.disabled);
    if (change.role) differs("role", json::text_of(user.role), json::text_of(*change.role));
    TRY(note(
        tx, actor, "change_user", "user " + name, "done",
        Value(Value::Object{{"before", std::move(before)}, {"after", std::move(after)}}).dump()));
    user.is_admin = change.is_admin.value_or(user.is_admin);
    user.disabled = change.disabled.value_or(user.disabled);
    user.updated = env_.now();
    TRY(sql::update_user(tx, user));
    if (change.role) {
        TRY(sql::set_role(tx, workspace_id_, user.id, *change.role));
        user.role = *change.role;
    }
    TRY(sql::bump_version(tx));
    return user;
}

Status Accounts::set_password(store::Tx& tx, const Actor& actor, const std::string& name,
                              const std::string& hash) const {
    TRY_ASSIGN(const User user, need_user(tx, name));
    if (user.kind == UserKind::service)
        return fail(Code::conflict, quoted(name) +
                                        " is a service: only tokens open it; make one "
                                        "with `rondo token create`");
    const bool own_account = user.id == actor.caller.user_id;
    if (!own_account && user.is_admin && !actor.caller.is_admin)
        return needs_admin("change an administrator's password");
    TRY(note(tx, actor, "set_password", "user " + name, "done", ""));
    TRY(sql::set_password(tx, user.id, hash, env_.now()));
    TRY(sql::delete_tokens_of(tx, user.id, TokenKind::session));
    return sql::bump_version(tx);
}

Status Accounts::delete_user(store::Tx& tx, const Actor& actor, const std::string& name) const {
    TRY_ASSIGN(const User user, need_user(tx, name));
    if (user.is_admin && !actor.caller.is_admin) return needs_admin("delete one");
    TRY(note(tx, actor, "delete_user", "user " + name, "done", ""));
    TRY(sql::delete_user(tx, user.id));
    return sql::bump_version(tx);
}

Result<std::vector<User>> Accounts::list_users(store::Tx& tx) const {
    TRY_ASSIGN(auto rows, sql::list_users(tx, workspace_id_));
    std::vector<User> found;
    for (auto& row : rows) found.push_back(std::move(row.user));
    return found;
}

Result<Token> Accounts::create_token(store::Tx& tx, const Actor& actor, const NewToken& wanted,
                                     const std::string& hash) const {
    TRY_ASSIGN(const User user, need_user(tx, wanted.user));
    if (user.id != actor.caller.user_id) {
        if (!administers(actor.caller))
            return fail(Code::permission_denied,
                        "a token for another account is an administrator's to make");
        if (user.is_admin && !actor.caller.is_admin)
            return needs_admin("make a token of an administrator");
    }
    // A token never leads to more than what it was made with.
    if (wanted.scope > actor.caller.scope || actor.caller.scope == Scope::invoke)
        return fail(Code::permission_denied,
                    "a token of scope " + std::string(json::text_of(actor.caller.scope)) +
                        " cannot make one of scope " + std::string(json::text_of(wanted.scope)),
                    "scope");
    if (wanted.name.size() > kMaxTokenName)
        return fail(Code::invalid, "a token's name has at most 200 bytes", "name");
    if (wanted.expires && *wanted.expires <= env_.now())
        return fail(Code::invalid, "the token would have expired already", "expires");
    TRY_ASSIGN(const auto held, sql::list_tokens(tx, user.id));
    if (held.size() >= kMaxTokens)
        return fail(Code::exhausted, quoted(user.name) + " has 1,000 tokens; revoke some first");
    Value::Object detail{{"scope", json::text_of(wanted.scope)}};
    if (!wanted.name.empty()) detail.emplace_back("name", wanted.name);
    TRY(note(tx, actor, wanted.kind == TokenKind::session ? "sign_in" : "create_token",
             "user " + user.name, "done", Value(detail).dump()));
    Token token{.user_id = user.id,
                .kind = wanted.kind,
                .user = user.name,
                .name = wanted.name,
                .scope = wanted.scope,
                .created = env_.now(),
                .expires = wanted.expires};
    TRY_ASSIGN(token.id, sql::insert_token(tx, token, hash));
    TRY(sql::bump_version(tx));
    return token;
}

Result<std::vector<Token>> Accounts::list_tokens(store::Tx& tx, const Actor& actor,
                                                 const std::string& user) const {
    int64_t user_id = actor.caller.user_id;
    if (!user.empty() && user != actor.caller.name) {
        if (!administers(actor.caller))
            return fail(Code::permission_denied, "other people's tokens are an administrator's");
        TRY_ASSIGN(const User found, need_user(tx, user));
        user_id = found.id;
    } else if (user.empty() && administers(actor.caller)) {
        user_id = 0;
    } else if (user_id == 0) {
        return std::vector<Token>();
    }
    TRY_ASSIGN(auto rows, sql::list_tokens(tx, user_id));
    std::vector<Token> found;
    for (auto& row : rows) found.push_back(std::move(row.token));
    return found;
}

Status Accounts::revoke_token(store::Tx& tx, const Actor& actor, int64_t id) const {
    TRY_ASSIGN(const auto token, sql::find_token(tx, id));
    // Numbers of others' tokens are nobody's to find out.
    if (!token || (token->user_id != actor.caller.user_id && !administers(actor.caller)))
        return fail(Code::not_found,
                    "no token " + std::to_string(id) + "; `rondo token list` shows them");
    TRY(note(tx, actor, token->kind == TokenKind::session ? "sign_out" : "revoke_token",
             "token " + std::to_string(id) + " of " + token->user, "done", ""));
    TRY(sql::delete_token(tx, id));
    return sql::bump_version(tx);
}

Result<Token> Accounts::create_task_token(store::Tx& tx, const std::string& task, Time expires,
                                          const std::string& hash) const {
    const Actor ourselves{{.name = "the server", .is_admin = true}, ""};
    const std::string name{kTaskUser};
    TRY_ASSIGN(const auto found, sql::find_user(tx, workspace_id_, name));
    if (!found)
        TRY(create_user(tx, ourselves,
                        {.name = name, .kind = UserKind::service, .role = Role::editor}));
    TRY(sql::delete_expired_tokens(tx, env_.now(), kExpiredSlice));
    return create_token(tx, ourselves,
                        {.user = name,
                         .name = task,
                         .kind = TokenKind::task,
                         .scope = Scope::write,
                         .expires = expires},
                        hash);
}

Status Accounts::put_grant(store::Tx& tx, const Actor& actor, const Grant& grant,
                           const ObjectRef& object) const {
    TRY_ASSIGN(const User user, need_user(tx, grant.user));
    TRY(note(
        tx, actor, "grant", grant.kind + " " + grant.name, "done",
        Value(Value::Object{{"user", grant.user}, {"level", json::text_of(grant.level)}}).dump()));
    TRY(sql::put_grant(tx, workspace_id_, user.id, object, grant.level));
    return sql::bump_version(tx);
}

Status Accounts::delete_grant(store::Tx& tx, const Actor& actor, const std::string& name,
                              const ObjectRef& object) const {
    TRY_ASSIGN(const User user, need_user(tx, name));
    TRY(note(tx, actor, "revoke_grant", object.kind + " " + std::to_string(object.id), "done",
             Value(Value::Object{{"user", name}}).dump()));
    TRY_ASSIGN(const int64_t deleted, sql::delete_grant(tx, user.id, object));
    if (deleted == 0)
        return fail(Code::not_found, quoted(name) + " has no grant on that " + object.kind);
    return sql::bump_version(tx);
}

Result<std::optional<Level>> Accounts::find_grant(store::Tx& tx, const User& user,
                                                  const ObjectRef& object) const {
    return sql::find_grant(tx, user.id, object);
}

Result<Standing> Accounts::standing_of(store::Tx& tx, const User& user,
                                       const ObjectRef& object) const {
    return sql::find_standing(tx, user.id, object);
}

Result<std::vector<Accounts::Held>> Accounts::grants_of(store::Tx& tx, const User& user) const {
    TRY_ASSIGN(auto rows, sql::list_grants(tx, workspace_id_, user.id));
    std::vector<Held> found;
    for (auto& row : rows) found.push_back({std::move(row.object), row.level});
    return found;
}

Status own(store::Tx& tx, const Caller* caller, const ObjectRef& object) {
    if (caller == nullptr || caller->user_id == 0) return ok();
    return sql::put_grant(tx, kOnlyWorkspace, caller->user_id, object, Level::manage);
}

Status forget(store::Tx& tx, const ObjectRef& object) { return sql::delete_grants_on(tx, object); }

}  // namespace rondo::auth
