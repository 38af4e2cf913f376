// All SQL of accounts. Functions check nothing but what SQL checks; the rules are in accounts.h.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "platform/auth/model.h"
#include "platform/store/tx.h"

namespace rondo::auth::sql {

// Counts a change of what processes hold in memory about accounts.
Status bump_version(store::Tx& tx);
Result<int64_t> version(store::Tx& tx);

struct UserRow {
    User user;
    std::string password;  // its hash
};
// The key, or nothing when the name is taken.
Result<std::optional<int64_t>> insert_user(store::Tx& tx, const UserRow& row);
Result<std::vector<UserRow>> list_users(store::Tx& tx, int64_t workspace_id);
Result<std::optional<User>> find_user(store::Tx& tx, int64_t workspace_id, const std::string& name);
// Writes admin, disabled and time of update.
Status update_user(store::Tx& tx, const User& user);
Status set_password(store::Tx& tx, int64_t user_id, const std::string& hash, Time now);
// With tokens, roles and grants.
Status delete_user(store::Tx& tx, int64_t user_id);
Status set_role(store::Tx& tx, int64_t workspace_id, int64_t user_id, Role role);

Result<int64_t> insert_token(store::Tx& tx, const Token& token, const std::string& hash);
struct TokenRow {
    Token token;
    std::string hash;
};
// Of a user, or all when user_id is 0; newest first.
Result<std::vector<TokenRow>> list_tokens(store::Tx& tx, int64_t user_id);
Result<std::optional<Token>> find_token(store::Tx& tx, int64_t id);
Status delete_token(store::Tx& tx, int64_t id);
Status delete_tokens_of(store::Tx& tx, int64_t user_id, TokenKind kind);
// Tokens that ended before that, at most `limit`; how many.
Result<int64_t> delete_expired_tokens(store::Tx& tx, Time before, int64_t limit);
Status note_use(store::Tx& tx, int64_t token_id, Time at);

Status put_grant(store::Tx& tx, int64_t workspace_id, int64_t user_id, const ObjectRef& object,
                 Level level);
// Of users and of roles.
Status delete_grants_on(store::Tx& tx, const ObjectRef& object);
Result<int64_t> delete_grant(store::Tx& tx, int64_t user_id, const ObjectRef& object);
Result<std::optional<Level>> find_grant(store::Tx& tx, int64_t user_id, const ObjectRef& object);
struct GrantRow {
    std::string user;
    ObjectRef object;
    Level level = Level::none;
};
// Of a user, or of all when user_id is 0.
Result<std::vector<GrantRow>> list_grants(store::Tx& tx, int64_t workspace_id, int64_t user_id);
// The least that a grant leaves a user, for those who have any.
Result<std::map<int64_t, Level>> lowest_grants(store::Tx& tx, int64_t workspace_id);

}  // namespace rondo::auth::sql
