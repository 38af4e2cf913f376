// Users, roles, tokens and grants: the rules. Synchronous over a transaction. Each change writes
// its audit row first, in the same transaction, and counts the version of accounts up; whoever
// changed something refreshes the Directory afterwards.
#pragma once

#include <string>
#include <vector>

#include "base/env.h"
#include "platform/auth/audit.h"
#include "platform/auth/model.h"
#include "platform/store/tx.h"

namespace rondo::auth {

// Who changes something, and from where.
struct Actor {
    Caller caller;
    std::string address;
};

struct NewUser {
    std::string name;
    UserKind kind = UserKind::person;
    std::string password_hash;  // empty for a service
    bool is_admin = false;
    Role role = Role::none;
};
struct UserChange {
    std::optional<bool> is_admin, disabled;
    std::optional<Role> role;
};
struct NewToken {
    std::string user, name;
    TokenKind kind = TokenKind::personal;
    Scope scope = Scope::write;
    std::optional<Time> expires;
};

class Accounts {
  public:
    Accounts(Env& env, int64_t workspace_id) : env_(env), workspace_id_(workspace_id) {}

    Result<User> create_user(store::Tx& tx, const Actor& actor, const NewUser& wanted) const;
    Result<User> change_user(store::Tx& tx, const Actor& actor, const std::string& name,
                             const UserChange& change) const;
    // Ends the user's sessions.
    Status set_password(store::Tx& tx, const Actor& actor, const std::string& name,
                        const std::string& hash) const;
    Status delete_user(store::Tx& tx, const Actor& actor, const std::string& name) const;
    Result<std::vector<User>> list_users(store::Tx& tx) const;
    Result<User> get_user(store::Tx& tx, const std::string& name) const;

    // `hash` of the token, which only the answer to its maker shows.
    Result<Token> create_token(store::Tx& tx, const Actor& actor, const NewToken& wanted,
                               const std::string& hash) const;
    // Of the user, or of everybody for who administers and names nobody.
    Result<std::vector<Token>> list_tokens(store::Tx& tx, const Actor& actor,
                                           const std::string& user) const;
    Status revoke_token(store::Tx& tx, const Actor& actor, int64_t id) const;
    // A token for an attempt of a task, by a service account of its own that is made at first use.
    Result<Token> create_task_token(store::Tx& tx, const std::string& task, Time expires,
                                    const std::string& hash) const;

    Status put_grant(store::Tx& tx, const Actor& actor, const Grant& grant,
                     const ObjectRef& object) const;
    Status delete_grant(store::Tx& tx, const Actor& actor, const std::string& user,
                        const ObjectRef& object) const;
    // What the user was granted on the object, if anything.
    Result<std::optional<Level>> find_grant(store::Tx& tx, const User& user,
                                            const ObjectRef& object) const;
    // What decides on the object, beside the fixed role.
    Result<Standing> standing_of(store::Tx& tx, const User& user, const ObjectRef& object) const;
    // Everything that the user was granted.
    struct Held {
        ObjectRef object;
        Level level = Level::none;
    };
    Result<std::vector<Held>> grants_of(store::Tx& tx, const User& user) const;

    // An audit row of this actor and moment.
    Result<int64_t> note(store::Tx& tx, const Actor& actor, std::string action, std::string object,
                         std::string outcome, std::string detail) const;

  private:
    Result<User> need_user(store::Tx& tx, const std::string& name) const;

    Env& env_;
    const int64_t workspace_id_;
};

bool administers(const Caller& caller);

// Who creates an object manages it. Nothing for callers without an account.
Status own(store::Tx& tx, const Caller* caller, const ObjectRef& object);
// The object is gone, and with it what was granted on it.
Status forget(store::Tx& tx, const ObjectRef& object);

}  // namespace rondo::auth
