// Users, tokens and the audit trail.
#include <termios.h>
#include <unistd.h>

#include <cstdio>

#include "app/cli/commands.h"
#include "app/cli/show.h"
#include "base/text.h"

namespace rondo::app::cli {
namespace {

using json::Value;

constexpr char kApi[] = "/api/rondo/v1/";
constexpr size_t kMaxSecret = 4096;
// Keys: Ctrl-C, Ctrl-D, and the two that take a letter back.
constexpr char kInterrupt = 3, kEnd = 4, kErase = 127, kBackspace = 8;

// One line from a terminal, without showing it.
Result<std::string> prompt(const std::string& question) {
    std::fprintf(stderr, "%s: ", question.c_str());
    termios shown{};
    if (::tcgetattr(STDIN_FILENO, &shown) != 0)
        return fail(Code::invalid, "no terminal to ask on; use --password-file");
    // Keys as they come: a signal in the middle would leave the terminal without an echo.
    termios hidden = shown;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON | ISIG);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    std::string line;
    char key = 0;
    bool cancelled = false;
    while (::read(STDIN_FILENO, &key, 1) == 1 && key != '\n' && line.size() < kMaxSecret) {
        cancelled = key == kInterrupt || key == kEnd;
        if (cancelled) break;
        if (key != kErase && key != kBackspace)
            line += key;
        else if (!line.empty())
            line.pop_back();
    }
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    std::fputc('\n', stderr);
    if (cancelled) return fail(Code::cancelled, "nothing was changed");
    return line;
}

// A password, never from the command line, where others can see it: a file, "-" for standard
// input, or asked for twice.
Result<std::string> read_password(const std::string& file) {
    if (file == "-") {
        std::string all;
        for (int c = std::getchar(); c != EOF && all.size() < kMaxSecret; c = std::getchar())
            all += static_cast<char>(c);
        return std::string(trim(all));
    }
    if (!file.empty()) {
        TRY_ASSIGN(const std::string all, read_file(system_env().files(), file, kMaxSecret));
        return std::string(trim(all));
    }
    if (::isatty(STDIN_FILENO) == 0)
        return fail(Code::invalid,
                    "a password is needed: --password-file FILE, or - for standard input");
    TRY_ASSIGN(std::string once, prompt("Password"));
    TRY_ASSIGN(const std::string again, prompt("The same again"));
    if (once != again) return fail(Code::invalid, "the two passwords differ");
    return once;
}

// users ----------------------------------------------------------------------------------------

struct UserFlags {
    std::string name, role, password_file;
    bool service = false, admin = false, no_admin = false, yes = false;
};

Status user_create(const Common& common, const UserFlags& flags) {
    Value wanted = Value::Object{{"name", flags.name}};
    if (!flags.role.empty()) wanted.set("role", flags.role);
    if (flags.admin) wanted.set("admin", true);
    if (flags.service) {
        wanted.set("kind", "service");
    } else {
        TRY_ASSIGN(std::string password, read_password(flags.password_file));
        wanted.set("password", std::move(password));
    }
    TRY_ASSIGN(auto session, Session::open(common));
    TRY_ASSIGN(const auto before, session.get(std::string(kApi) + "me"));
    TRY_ASSIGN(const auto made, session.send("POST", std::string(kApi) + "users", wanted));
    TRY(say(session, made,
            "user " + flags.name + (flags.admin ? ", an administrator" : "") +
                (flags.role.empty() ? "" : ", " + flags.role)));
    if (!before["accounts"].boolean())
        std::fprintf(stderr,
                     "This is the first account: from now on every request needs "
                     "credentials. The token in the data folder stays an administrator.\n");
    return ok();
}

Status user_list(const Common& common) {
    TRY_ASSIGN(auto session, Session::open(common));
    TRY_ASSIGN(const auto answer, session.get(std::string(kApi) + "users"));
    return show_list(session, answer, "users",
                     {{"NAME", "name"},
                      {"KIND", "kind"},
                      {"ROLE", "role"},
                      {"ADMIN", "admin"},
                      {"LOCKED", "disabled"},
                      {"CREATED", "created"}});
}

Status user_change(const Common& common, const std::string& name, const Value& change,
                   const std::string& sentence) {
    TRY_ASSIGN(auto session, Session::open(common));
    TRY_ASSIGN(const auto answer,
               session.send("PATCH", std::string(kApi) + "users/" + segment(name), change));
    return say(session, answer, sentence);
}

Status user_role(const Common& common, const UserFlags& flags) {
    Value change = Value::Object{};
    if (!flags.role.empty()) change.set("role", flags.role);
    if (flags.admin || flags.no_admin) change.set("admin", flags.admin);
    if (change.object().empty())
        return fail(Code::invalid, "say what changes: --role, --admin or --no-admin");
    return user_change(common, flags.name, change, flags.name + " is changed");
}

Status user_password(const Common& common, const UserFlags& flags) {
    TRY_ASSIGN(const std::string password, read_password(flags.password_file));
    TRY_ASSIGN(auto session, Session::open(common));
    TRY_ASSIGN(const auto answer,
               session.send("PUT", std::string(kApi) + "users/" + segment(flags.name) + "/password",
                            Value::Object{{"password", password}}));
    return say(session, answer, "the password of " + flags.name + " is changed");
}

Status user_delete(const Common& common, const UserFlags& flags) {
    if (!flags.yes)
        return fail(Code::invalid, "deleting " + quoted(flags.name) +
                                       " takes its tokens and grants along; say --yes");
    TRY_ASSIGN(auto session, Session::open(common));
    TRY_ASSIGN(const auto answer,
               session.send("DELETE", std::string(kApi) + "users/" + segment(flags.name),
                            Value::Object{}));
    return say(session, answer, flags.name + " is deleted");
}

// tokens ---------------------------------------------------------------------------------------

struct TokenFlags {
    std::string user, name, scope = "write", expires_in;
    int64_t id = 0;
};

Status token_create(const Common& common, const TokenFlags& flags) {
    Value wanted = Value::Object{{"name", flags.name}, {"scope", flags.scope}};
    if (!flags.user.empty()) wanted.set("user", flags.user);
    if (!flags.expires_in.empty()) wanted.set("expires_in", flags.expires_in);
    TRY_ASSIGN(auto session, Session::open(common));
    TRY_ASSIGN(const auto made, session.send("POST", std::string(kApi) + "tokens", wanted));
    if (!session.json())
        std::fprintf(stderr, "Token %s of %s, scope %s. It is shown this once:\n",
                     text(made["token"]["id"]).c_str(), text(made["token"]["user"]).c_str(),
                     flags.scope.c_str());
    return say(session, made, text(made["secret"]));
}

Status token_list(const Common& common, const TokenFlags& flags) {
    TRY_ASSIGN(auto session, Session::open(common));
    const std::string query = flags.user.empty() ? "" : "?user=" + segment(flags.user);
    TRY_ASSIGN(const auto answer, session.get(std::string(kApi) + "tokens" + query));
    return show_list(session, answer, "tokens",
                     {{"ID", "id"},
                      {"USER", "user"},
                      {"KIND", "kind"},
                      {"NAME", "name"},
                      {"SCOPE", "scope"},
                      {"EXPIRES", "expires"},
                      {"LAST USED", "last_used"}});
}

Status token_revoke(const Common& common, const TokenFlags& flags) {
    TRY_ASSIGN(auto session, Session::open(common));
    TRY_ASSIGN(const auto answer,
               session.send("DELETE", std::string(kApi) + "tokens/" + std::to_string(flags.id),
                            Value::Object{}));
    return say(session, answer, "token " + std::to_string(flags.id) + " opens nothing any more");
}

Result<int> audit(const Common& common, bool check, int64_t before) {
    TRY_ASSIGN(auto session, Session::open(common));
    if (check) {
        TRY_ASSIGN(const auto verdict, session.get(std::string(kApi) + "audit/check"));
        const bool whole = verdict["whole"].boolean();
        TRY(say(session, verdict,
                whole ? grouped(verdict["rows"].integer()) + " rows, every hash is right"
                      : "row " + text(verdict["broken_at"]) +
                            " was changed, or the one before it was taken away"));
        return whole ? 0 : kCheckSaysNo;
    }
    TRY_ASSIGN(const auto answer,
               session.get(std::string(kApi) + "audit?limit=100&before=" + std::to_string(before)));
    TRY(show_list(session, answer, "rows",
                  {{"ID", "id"},
                   {"AT", "at"},
                   {"WHO", "actor"},
                   {"FROM", "address"},
                   {"WHAT", "action"},
                   {"OBJECT", "object"},
                   {"OUTCOME", "outcome"},
                   {"OF", "of"}}));
    return 0;
}

void add_user(Noun& root) {
    Noun user = root.noun("user", "Who has an account");
    const auto flags = std::make_shared<UserFlags>();
    const auto named = [&](const char* verb, const char* help, auto work) {
        Verb added = user.verb(verb, help, std::move(work));
        added.positional("name", flags->name, "Name of the user").required();
        return added;
    };
    const char* role_help = "viewer, editor, maintainer or admin in this workspace";
    Verb create = named("create", "Make an account", with(flags, user_create));
    create.option("--role", flags->role, role_help);
    create.option("--admin", flags->admin, "May do everything everywhere");
    create.option("--service", flags->service, "No person: opened by tokens alone");
    create.option("--password-file", flags->password_file, "Its password; - for standard input");
    user.verb("list", "All accounts", user_list);
    Verb role = named("role", "Change what an account may do", with(flags, user_role));
    role.option("--role", flags->role, role_help);
    role.option("--admin", flags->admin, "May do everything everywhere");
    role.option("--no-admin", flags->no_admin, "No longer");
    named("lock", "Lock an account out, with all its tokens", [flags](const Common& common) {
        return user_change(common, flags->name, Value::Object{{"disabled", true}},
                           flags->name + " is locked out");
    });
    named("unlock", "Let it in again", [flags](const Common& common) {
        return user_change(common, flags->name, Value::Object{{"disabled", false}},
                           flags->name + " may sign in again");
    });
    named("password", "Set an account's password", with(flags, user_password))
        .option("--password-file", flags->password_file, "The new one; - for standard input");
    named("delete", "Delete an account with its tokens and grants", with(flags, user_delete))
        .option("--yes", flags->yes, "Do it");
}

void add_token(Noun& root) {
    Noun token = root.noun("token", "What programs show to be let in");
    const auto flags = std::make_shared<TokenFlags>();
    Verb create =
        token.verb("create", "Make a token; its secret is printed once", with(flags, token_create));
    create.option("--name", flags->name, "What it is for");
    create.option("--scope", flags->scope, "invoke, read, write, operate or admin");
    create.option("--expires", flags->expires_in, "Such as 30d; never by default");
    create.option("--user", flags->user, "Whose; your own by default");
    token.verb("list", "Tokens, without their secrets", with(flags, token_list))
        .option("--user", flags->user, "Only this user's");
    token.verb("revoke", "Revoke a token", with(flags, token_revoke))
        .positional("id", flags->id, "Number of the token")
        .required();
}

}  // namespace

void add_account(Noun& root) {
    add_user(root);
    add_token(root);
    add_role(root);
    const auto check = std::make_shared<bool>(false);
    const auto before = std::make_shared<int64_t>(0);
    Verb trail = root.verb("audit", "Who did what, newest first",
                           [=](const Common& common) { return audit(common, *check, *before); });
    trail.option("--check", *check, "Compute the hashes again; exit code 10 when one is wrong");
    trail.option("--before", *before, "Only rows before this number");
}

}  // namespace rondo::app::cli
