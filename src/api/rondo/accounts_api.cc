#include "api/rondo/accounts_api.h"

#include "base/text.h"
#include "platform/auth/store.h"
#include "platform/auth/token.h"

namespace rondo::api {
namespace {

constexpr rpc::Permission kSignedIn{"own_account", rpc::Reach::signed_in, "", ""};
constexpr rpc::Permission kMe{"own_account", rpc::Reach::optional, "", ""};
constexpr rpc::Permission kAccounts{"accounts", rpc::Reach::admin, "", ""};
constexpr rpc::Permission kAudit{"audit", rpc::Reach::admin, "", ""};

constexpr std::chrono::hours kSessionLength{24 * 7};
constexpr int32_t kAuditSlice = 5'000;

auth::Actor actor_of(const rpc::Context& context) {
    return {*context.request->caller, context.request->peer};
}

std::string session_cookie(std::string_view value, bool secure, int64_t seconds) {
    std::string out = std::string(auth::cookie_name(secure)) + "=" + std::string(value) +
                      "; Path=/; HttpOnly; SameSite=Lax; Max-Age=" + std::to_string(seconds);
    if (secure) out += "; Secure";
    return out;
}

}  // namespace

std::vector<rpc::Row> AccountsApi::rows() {
    using rpc::del;
    using rpc::get;
    using rpc::kOpen;
    using rpc::patch;
    using rpc::post;
    using rpc::put;
    using Api = AccountsApi;
    const std::string v1 = "/api/rondo/v1/";
    return {
        post<&Api::sign_in>(v1 + "sign-in", kOpen, "Open a browser's session"),
        post<&Api::sign_out>(v1 + "sign-out", kSignedIn, "End it"),
        get<&Api::me>(v1 + "me", kMe, "Who asks, and whether there are accounts"),
        put<&Api::change_own_password>(v1 + "me/password", kSignedIn, "Change the own password"),
        get<&Api::list_users>(v1 + "users", kAccounts, "All users"),
        post<&Api::create_user>(v1 + "users", kAccounts, "Make a user"),
        get<&Api::get_user>(v1 + "users/{name}", kAccounts, "A user"),
        patch<&Api::change_user>(v1 + "users/{name}", kAccounts,
                                 "Change a user's role, or lock it out"),
        put<&Api::set_password>(v1 + "users/{name}/password", kAccounts, "Set a user's password"),
        del<&Api::delete_user>(v1 + "users/{name}", kAccounts,
                               "Delete a user with its tokens and grants"),
        get<&Api::list_tokens>(v1 + "tokens", kSignedIn, "Tokens, without their secrets"),
        post<&Api::create_token>(v1 + "tokens", kSignedIn, "Make a token"),
        del<&Api::revoke_token>(v1 + "tokens/{id}", kSignedIn, "Revoke a token"),
        get<&Api::list_grants>(v1 + "grants", kAccounts, "Who may do what on single objects"),
        put<&Api::put_grant>(v1 + "grants", kSignedIn,
                             "Grant a level on an object; for who manages it"),
        post<&Api::delete_grant>(v1 + "grants/revoke", kSignedIn,
                                 "Take a grant back; the role counts again"),
        get<&Api::audit>(v1 + "audit", kAudit, "Who did what, newest first"),
        get<&Api::check_audit>(v1 + "audit/check", kAudit, "Compute the trail's hashes again"),
    };
}

Task<Result<net::Response>> AccountsApi::sign_in(SignIn wanted, rpc::Context context) {
    const net::Request& request = *context.request;
    if (!parts_.gate.has_accounts())
        co_return fail(Code::conflict,
                       "this server has no accounts; `rondo user create` makes the first");
    CO_TRY_ASSIGN(const auth::Caller caller,
                  co_await parts_.gate.sign_in(wanted.name, wanted.password, request.peer));
    const std::string secret = auth::make_token(parts_.env, auth::TokenKind::session);
    const auth::NewToken session{.user = caller.name,
                                 .name = "browser",
                                 .kind = auth::TokenKind::session,
                                 .scope = auth::Scope::admin,
                                 .expires = parts_.env.now() + kSessionLength};
    CO_TRY(co_await parts_.desk.change([this, session, hash = auth::hash_of(secret),
                                        actor = auth::Actor{caller, request.peer}](store::Tx& tx) {
        return parts_.accounts.create_token(tx, actor, session, hash);
    }));
    net::Response response;
    response.body = json::write(Me{true, caller.name, caller.role, caller.is_admin, caller.scope});
    response.header("set-cookie", session_cookie(secret, request.secure,
                                                 std::chrono::seconds(kSessionLength).count()));
    response.header("cache-control", "no-store");
    co_return response;
}

Task<Result<net::Response>> AccountsApi::sign_out(rpc::None, rpc::Context context) {
    const auth::Actor actor = actor_of(context);
    if (actor.caller.token_id) {
        CO_TRY(co_await parts_.desk.change([this, actor](store::Tx& tx) {
            return parts_.accounts.revoke_token(tx, actor, *actor.caller.token_id);
        }));
    }
    net::Response response;
    response.body = "{}";
    response.header("set-cookie", session_cookie("", context.request->secure, 0));
    co_return response;
}

Result<AccountsApi::Me> AccountsApi::me(rpc::None, rpc::Context context) {
    Me out{.accounts = parts_.gate.has_accounts()};
    const auth::Caller* caller = context.request->caller.get();
    if (caller == nullptr) return out;
    if (out.accounts) out.name = caller->name;
    out.role = caller->role;
    out.is_admin = caller->is_admin;
    out.scope = caller->scope;
    return out;
}

Task<Result<rpc::None>> AccountsApi::change_own_password(NewPassword wanted, rpc::Context context) {
    CO_TRY(co_await parts_.desk.change_own_password(
        actor_of(context), std::move(wanted.old_password), std::move(wanted.password)));
    co_return rpc::None{};
}

Task<Result<AccountsApi::UserList>> AccountsApi::list_users(rpc::None, rpc::Context) {
    co_return co_await parts_.db.read([this](store::Tx& tx) -> Result<UserList> {
        TRY_ASSIGN(auto users, parts_.accounts.list_users(tx));
        return UserList{std::move(users)};
    });
}

Task<Result<auth::User>> AccountsApi::create_user(NewUser wanted, rpc::Context context) {
    co_return co_await parts_.desk.create_user(actor_of(context),
                                               {.name = std::move(wanted.name),
                                                .kind = wanted.kind,
                                                .is_admin = wanted.is_admin,
                                                .role = wanted.role},
                                               std::move(wanted.password));
}

Task<Result<auth::User>> AccountsApi::get_user(Named named, rpc::Context) {
    co_return co_await parts_.db.read(
        [this, named](store::Tx& tx) { return parts_.accounts.get_user(tx, named.name); });
}

Task<Result<auth::User>> AccountsApi::change_user(UserChange wanted, rpc::Context context) {
    co_return co_await parts_.desk.change([this, wanted, actor = actor_of(context)](store::Tx& tx) {
        return parts_.accounts.change_user(tx, actor, wanted.name,
                                           {wanted.is_admin, wanted.disabled, wanted.role});
    });
}

Task<Result<rpc::None>> AccountsApi::set_password(NewPassword wanted, rpc::Context context) {
    CO_TRY(co_await parts_.desk.set_password(actor_of(context), std::move(wanted.name),
                                             std::move(wanted.password)));
    co_return rpc::None{};
}

Task<Result<rpc::None>> AccountsApi::delete_user(Named named, rpc::Context context) {
    CO_TRY(co_await parts_.desk.change([this, named, actor = actor_of(context)](store::Tx& tx) {
        return parts_.accounts.delete_user(tx, actor, named.name);
    }));
    co_return rpc::None{};
}

Task<Result<AccountsApi::TokenList>> AccountsApi::list_tokens(TokensQuery query,
                                                              rpc::Context context) {
    co_return co_await parts_.db.read(
        [this, query, actor = actor_of(context)](store::Tx& tx) -> Result<TokenList> {
            TRY_ASSIGN(auto tokens, parts_.accounts.list_tokens(tx, actor, query.user));
            return TokenList{std::move(tokens)};
        });
}

Task<Result<AccountsApi::MadeToken>> AccountsApi::create_token(NewToken wanted,
                                                               rpc::Context context) {
    const auth::Actor actor = actor_of(context);
    if (wanted.user.empty() && actor.caller.user_id == 0)
        co_return fail(Code::invalid, "say whose token it is; `rondo user list` shows the accounts",
                       "user");
    auth::NewToken made{.user = wanted.user.empty() ? actor.caller.name : wanted.user,
                        .name = wanted.name,
                        .scope = wanted.scope};
    if (wanted.expires_in) made.expires = parts_.env.now() + *wanted.expires_in;
    const std::string secret = auth::make_token(parts_.env, auth::TokenKind::personal);
    CO_TRY_ASSIGN(auto token, co_await parts_.desk.change(
                                  [=, this, hash = auth::hash_of(secret)](store::Tx& tx) {
                                      return parts_.accounts.create_token(tx, actor, made, hash);
                                  }));
    co_return MadeToken{secret, std::move(token)};
}

Task<Result<rpc::None>> AccountsApi::revoke_token(TokenId wanted, rpc::Context context) {
    CO_TRY(co_await parts_.desk.change([this, wanted, actor = actor_of(context)](store::Tx& tx) {
        return parts_.accounts.revoke_token(tx, actor, wanted.id);
    }));
    co_return rpc::None{};
}

Task<Result<AccountsApi::GrantList>> AccountsApi::list_grants(rpc::None, rpc::Context) {
    co_return co_await parts_.db.read([this](store::Tx& tx) -> Result<GrantList> {
        TRY_ASSIGN(const auto rows, auth::sql::list_grants(tx, 1, 0));
        GrantList out;
        for (const auto& row : rows) {
            TRY_ASSIGN(std::string name, parts_.gate.name_of(tx, row.object));
            out.grants.push_back({row.user, row.object.kind, std::move(name), row.level});
        }
        return out;
    });
}

Result<auth::ObjectRef> AccountsApi::object_to_share(store::Tx& tx, const auth::Caller& caller,
                                                     const std::string& kind,
                                                     const std::string& name) const {
    // Experiments are listed by name. An id goes first, so that nobody names one like another's id.
    if (kind == "experiment")
        return parts_.desk.object_to_share(tx, caller, {kind, "experiment_name"}, name);
    return parts_.desk.object_to_share(tx, caller, {kind}, name);
}

Task<Result<auth::Grant>> AccountsApi::put_grant(auth::Grant grant, rpc::Context context) {
    co_return co_await parts_.desk.change([this, grant, actor = actor_of(context)](
                                              store::Tx& tx) mutable -> Result<auth::Grant> {
        TRY_ASSIGN(const auto object, object_to_share(tx, actor.caller, grant.kind, grant.name));
        grant.kind = object.kind;  // not how it was found
        TRY(parts_.accounts.put_grant(tx, actor, grant, object));
        return grant;
    });
}

Task<Result<rpc::None>> AccountsApi::delete_grant(GrantRef wanted, rpc::Context context) {
    CO_TRY(co_await parts_.desk.change([this, wanted,
                                        actor = actor_of(context)](store::Tx& tx) -> Status {
        TRY_ASSIGN(const auto object, object_to_share(tx, actor.caller, wanted.kind, wanted.name));
        return parts_.accounts.delete_grant(tx, actor, wanted.user, object);
    }));
    co_return rpc::None{};
}

Task<Result<AccountsApi::AuditList>> AccountsApi::audit(AuditQuery query, rpc::Context) {
    if (query.limit < 1 || query.limit > 1000)
        co_return fail(Code::invalid, "limit has to be 1 to 1,000", "limit");
    co_return co_await parts_.db.read([query](store::Tx& tx) -> Result<AuditList> {
        TRY_ASSIGN(auto rows, auth::read_audit(tx, query.before, query.limit));
        return AuditList{std::move(rows)};
    });
}

Task<Result<AccountsApi::AuditVerdict>> AccountsApi::check_audit(rpc::None, rpc::Context) {
    AuditVerdict out;
    auth::AuditCheck at;
    while (true) {
        CO_TRY_ASSIGN(at, co_await parts_.db.read([at](store::Tx& tx) {
            return auth::check_audit(tx, at.last_id, at.last_hash, kAuditSlice);
        }));
        out.rows += at.rows;
        out.broken_at = at.broken_at;
        out.whole = !at.broken_at;
        if (at.broken_at || at.rows < kAuditSlice) co_return out;
    }
}

}  // namespace rondo::api
