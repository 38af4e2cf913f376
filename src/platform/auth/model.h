// Accounts in plain structs: who there is, what each may do, and what a request shows to be let in.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "platform/json/shape.h"

namespace rondo::auth {

// What may be done with an object; each includes those before it. MLflow's levels.
enum class Level : uint8_t { none, read, use, edit, manage };

// What a user is in a workspace: a level for all its objects, and more. Beside these four there
// are roles that administrators make (custom_roles.h).
//   viewer      reads
//   editor      also changes, creates and calls models; manages what it has created
//   maintainer  manages everything; runs pipelines, defines endpoints, moves traffic
//   admin       also accounts
enum class Role : uint8_t { none, viewer, editor, maintainer, admin };
Level level_of(Role role);

// What a token is good for, whatever its user may do; each but invoke includes those before it.
//   invoke   calls models, nothing else
//   read     reads
//   write    changes, creates, deletes
//   operate  runs code, moves traffic
//   admin    accounts
enum class Scope : uint8_t { invoke, read, write, operate, admin };

enum class UserKind : uint8_t {
    person,
    service,  // opened by tokens alone
};

// personal: made by its user. session: a browser's. task: made for an attempt of a pipeline's task.
enum class TokenKind : uint8_t { personal, session, task };

struct User {
    int64_t id = 0;
    std::string name;
    UserKind kind = UserKind::person;
    bool is_admin = false;  // of all workspaces
    bool disabled = false;
    Role role = Role::none;  // in the workspace that was asked about
    Time created{}, updated{};
    static constexpr auto fields =
        std::tuple{json::field("name", &User::name, "Name, as given at sign-in"),
                   json::field("kind", &User::kind, "A person, or a service opened by tokens"),
                   json::field("admin", &User::is_admin, "May do everything everywhere"),
                   json::field("disabled", &User::disabled, "Locked out, with all its tokens"),
                   json::field("role", &User::role, "Role in this workspace"),
                   json::field("created", &User::created, "When it was made"),
                   json::field("updated", &User::updated, "When it was changed last")};
};

struct Token {
    int64_t id = 0;
    int64_t user_id = 0;
    TokenKind kind = TokenKind::personal;
    std::string user, name;
    Scope scope = Scope::write;
    Time created{};
    std::optional<Time> expires, last_used;
    static constexpr auto fields =
        std::tuple{json::field("id", &Token::id, "Number, to revoke it by"),
                   json::field("user", &Token::user, "Whose"),
                   json::field("kind", &Token::kind, "personal, session or task"),
                   json::field("name", &Token::name, "What it is for"),
                   json::field("scope", &Token::scope, "What it is good for"),
                   json::field("created", &Token::created, "When it was made"),
                   json::field("expires", &Token::expires, "From then on it opens nothing"),
                   json::field("last_used", &Token::last_used, "Within a minute")};
};

// An object by its kind and the key of its row.
struct ObjectRef {
    std::string kind;  // "experiment", "model", "endpoint", "pipeline", "dataset"
    int64_t id = 0;
    friend bool operator==(const ObjectRef&, const ObjectRef&) = default;
};

// In a grant of a custom role: every object of the kind. No key of a row; 0 is one.
inline constexpr int64_t kEveryObject = -1;
inline constexpr std::string_view kEveryName = "*";
// In a grant of a custom role: no object, but the right to create (level use).
inline constexpr std::string_view kWorkspaceKind = "workspace";

// What an account's custom roles say of more than single objects.
struct RoleRights {
    // By kind, where a role says something of every object; none: closed.
    std::map<std::string, Level, std::less<>> everywhere;
    bool may_create = false;
    bool closes = false;  // something, a single object or a kind
};

// What decides on one object, beside the fixed role.
struct Standing {
    std::optional<Level> granted;   // to the account itself
    std::optional<Level> by_roles;  // the most that a custom role says; none: one closes it
};
Level level_of(const Standing& standing, Role role);

struct Grant {
    std::string user, kind, name;
    Level level = Level::none;
    static constexpr auto fields = std::tuple{
        json::field("user", &Grant::user, "Whose", json::required),
        json::field("object", &Grant::kind, "experiment, model, endpoint, pipeline or dataset",
                    json::required),
        json::field("name", &Grant::name, "Its name; an experiment's id will do", json::required),
        json::field("level", &Grant::level, "none, read, use, edit or manage", json::required)};
};

// Who asks. Made once for a request; immutable.
struct Caller {
    int64_t user_id = 0;  // 0: nobody, or who holds the data folder
    std::string name;
    Role role = Role::none;
    Scope scope = Scope::admin;
    bool is_admin = false;
    // Grants that may take away what the role gives, so that they have to be looked at.
    bool restricted = false;
    std::shared_ptr<const RoleRights> by_roles;  // nothing without custom roles
    std::optional<int64_t> token_id;
    // A name and a password still to be verified, which takes longer than an I/O thread has.
    std::string password;
    // A token that this process has not seen yet; another one may just have made it.
    std::string unknown_token;
    std::shared_ptr<void> slot;  // its place among those who wait for that

    bool is_pending() const { return !password.empty() || !unknown_token.empty(); }
};

// The level on every object of a kind that no grant of its own singles out.
Level level_everywhere(const Caller& caller, std::string_view kind);

}  // namespace rondo::auth

namespace rondo::json {

template <>
inline constexpr auto enum_names<auth::Level> =
    std::array{std::pair{auth::Level::none, std::string_view("none")},
               std::pair{auth::Level::read, std::string_view("read")},
               std::pair{auth::Level::use, std::string_view("use")},
               std::pair{auth::Level::edit, std::string_view("edit")},
               std::pair{auth::Level::manage, std::string_view("manage")}};
template <>
inline constexpr auto enum_names<auth::Role> =
    std::array{std::pair{auth::Role::none, std::string_view("none")},
               std::pair{auth::Role::viewer, std::string_view("viewer")},
               std::pair{auth::Role::editor, std::string_view("editor")},
               std::pair{auth::Role::maintainer, std::string_view("maintainer")},
               std::pair{auth::Role::admin, std::string_view("admin")}};
template <>
inline constexpr auto enum_names<auth::Scope> =
    std::array{std::pair{auth::Scope::invoke, std::string_view("invoke")},
               std::pair{auth::Scope::read, std::string_view("read")},
               std::pair{auth::Scope::write, std::string_view("write")},
               std::pair{auth::Scope::operate, std::string_view("operate")},
               std::pair{auth::Scope::admin, std::string_view("admin")}};
template <>
inline constexpr auto enum_names<auth::UserKind> =
    std::array{std::pair{auth::UserKind::person, std::string_view("person")},
               std::pair{auth::UserKind::service, std::string_view("service")}};
template <>
inline constexpr auto enum_names<auth::TokenKind> =
    std::array{std::pair{auth::TokenKind::personal, std::string_view("personal")},
               std::pair{auth::TokenKind::session, std::string_view("session")},
               std::pair{auth::TokenKind::task, std::string_view("task")}};

}  // namespace rondo::json
