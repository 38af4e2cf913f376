// Accounts over HTTP: signing in and out, users, roles, tokens, grants, and the audit trail.
#pragma once

#include <vector>

#include "platform/auth/desk.h"
#include "platform/rpc/endpoint.h"

namespace rondo::api {

class AccountsApi {
  public:
    struct Parts {
        Env& env;
        store::Database& db;
        const auth::Accounts& accounts;
        auth::Gate& gate;
        auth::Desk& desk;
    };
    explicit AccountsApi(const Parts& parts) : parts_(parts) {}
    std::vector<rpc::Row> rows();

    struct SignIn {
        std::string name, password;
        static constexpr auto fields =
            std::tuple{json::field("name", &SignIn::name, "Name of the account", json::required),
                       json::field("password", &SignIn::password, "Its password", json::required)};
    };
    // What a page needs to know before anything else.
    struct Me {
        bool accounts = false;
        std::optional<std::string> name;
        auth::Role role = auth::Role::none;
        bool is_admin = false;
        auth::Scope scope = auth::Scope::admin;
        static constexpr auto fields =
            std::tuple{json::field("accounts", &Me::accounts, "Whether this server has accounts"),
                       json::field("name", &Me::name, "Who asks; absent when nobody has signed in"),
                       json::field("role", &Me::role, "Role in this workspace"),
                       json::field("admin", &Me::is_admin, "May do everything everywhere"),
                       json::field("scope", &Me::scope, "What the credentials are good for")};
    };
    struct Named {
        std::string name;
        static constexpr auto fields =
            std::tuple{json::field("name", &Named::name, "Name of the user")};
    };
    struct UserList {
        std::vector<auth::User> users;
        static constexpr auto fields =
            std::tuple{json::field("users", &UserList::users, "By name")};
    };
    struct NewUser {
        std::string name, password;
        auth::UserKind kind = auth::UserKind::person;
        auth::Role role = auth::Role::none;
        bool is_admin = false;
        static constexpr auto fields = std::tuple{
            json::field("name", &NewUser::name, "Name, not taken", json::required),
            json::field("password", &NewUser::password, "12 to 1,024 bytes; none for a service"),
            json::field("kind", &NewUser::kind, "person or service"),
            json::field("role", &NewUser::role, "Role in this workspace"),
            json::field("admin", &NewUser::is_admin, "May do everything everywhere")};
    };
    struct UserChange {
        std::string name;
        std::optional<bool> is_admin, disabled;
        std::optional<auth::Role> role;
        static constexpr auto fields = std::tuple{
            json::field("name", &UserChange::name, "Name of the user"),
            json::field("admin", &UserChange::is_admin, "May do everything everywhere"),
            json::field("disabled", &UserChange::disabled, "Locked out, with all its tokens"),
            json::field("role", &UserChange::role, "Role in this workspace")};
    };
    struct NewPassword {
        std::string name, password, old_password;
        static constexpr auto fields = std::tuple{
            json::field("name", &NewPassword::name, "Name of the user"),
            json::field("password", &NewPassword::password, "The new one", json::required),
            json::field("old_password", &NewPassword::old_password,
                        "The one until now; not needed from an administrator for others")};
    };
    struct TokensQuery {
        std::string user;
        static constexpr auto fields = std::tuple{json::field(
            "user", &TokensQuery::user, "Whose; of everybody for an administrator who names none")};
    };
    struct TokenList {
        std::vector<auth::Token> tokens;
        static constexpr auto fields =
            std::tuple{json::field("tokens", &TokenList::tokens, "Newest first")};
    };
    struct NewToken {
        std::string user, name;
        auth::Scope scope = auth::Scope::write;
        std::optional<Micros> expires_in;
        static constexpr auto fields = std::tuple{
            json::field("user", &NewToken::user, "Whose; the caller's own when absent"),
            json::field("name", &NewToken::name, "What it is for"),
            json::field("scope", &NewToken::scope, "invoke, read, write, operate or admin"),
            json::field("expires_in", &NewToken::expires_in, "Such as 30d; never when absent")};
    };
    struct MadeToken {
        std::string secret;
        auth::Token token;
        static constexpr auto fields = std::tuple{
            json::field("secret", &MadeToken::secret, "The token itself, shown this once"),
            json::field("token", &MadeToken::token, "What it is")};
    };
    struct TokenId {
        int64_t id = 0;
        static constexpr auto fields =
            std::tuple{json::field("id", &TokenId::id, "Number of the token")};
    };
    struct GrantList {
        std::vector<auth::Grant> grants;
        static constexpr auto fields =
            std::tuple{json::field("grants", &GrantList::grants, "By user and object")};
    };
    struct GrantRef {
        std::string user, kind, name;
        static constexpr auto fields =
            std::tuple{json::field("user", &GrantRef::user, "Whose", json::required),
                       json::field("object", &GrantRef::kind, "Kind of the object", json::required),
                       json::field("name", &GrantRef::name, "Its name", json::required)};
    };
    struct AuditQuery {
        int64_t before = 0;
        int32_t limit = 100;
        static constexpr auto fields =
            std::tuple{json::field("before", &AuditQuery::before, "Only rows before this number"),
                       json::field("limit", &AuditQuery::limit, "At most this many, up to 1,000")};
    };
    struct AuditList {
        std::vector<auth::AuditRow> rows;
        static constexpr auto fields =
            std::tuple{json::field("rows", &AuditList::rows, "Newest first")};
    };
    struct AuditVerdict {
        int64_t rows = 0;
        bool whole = true;
        std::optional<int64_t> broken_at;
        static constexpr auto fields = std::tuple{
            json::field("rows", &AuditVerdict::rows, "How many were looked at"),
            json::field("whole", &AuditVerdict::whole, "Every hash is right"),
            json::field("broken_at", &AuditVerdict::broken_at,
                        "The first row that was changed, or whose neighbour was taken away")};
    };

    Task<Result<net::Response>> sign_in(SignIn, rpc::Context);
    Task<Result<net::Response>> sign_out(rpc::None, rpc::Context);
    Result<Me> me(rpc::None, rpc::Context);
    Task<Result<rpc::None>> change_own_password(NewPassword, rpc::Context);
    Task<Result<UserList>> list_users(rpc::None, rpc::Context);
    Task<Result<auth::User>> create_user(NewUser, rpc::Context);
    Task<Result<auth::User>> get_user(Named, rpc::Context);
    Task<Result<auth::User>> change_user(UserChange, rpc::Context);
    Task<Result<rpc::None>> set_password(NewPassword, rpc::Context);
    Task<Result<rpc::None>> delete_user(Named, rpc::Context);
    Task<Result<TokenList>> list_tokens(TokensQuery, rpc::Context);
    Task<Result<MadeToken>> create_token(NewToken, rpc::Context);
    Task<Result<rpc::None>> revoke_token(TokenId, rpc::Context);
    Task<Result<GrantList>> list_grants(rpc::None, rpc::Context);
    Task<Result<auth::Grant>> put_grant(auth::Grant, rpc::Context);
    Task<Result<rpc::None>> delete_grant(GrantRef, rpc::Context);
    Task<Result<AuditList>> audit(AuditQuery, rpc::Context);
    Task<Result<AuditVerdict>> check_audit(rpc::None, rpc::Context);

  private:
    Result<auth::ObjectRef> object_to_share(store::Tx& tx, const auth::Caller& caller,
                                            const std::string& kind, const std::string& name) const;

    Parts parts_;
};

}  // namespace rondo::api
