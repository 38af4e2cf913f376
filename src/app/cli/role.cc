// Who may do what: grants of users on single objects, and custom roles.
#include "app/cli/show.h"
#include "base/text.h"

namespace rondo::app::cli {
namespace {

using json::Value;

constexpr char kGrants[] = "/api/rondo/v1/grants";
constexpr char kRoles[] = "/api/rondo/v1/roles";

// grants of users ------------------------------------------------------------------------------

struct GrantFlags {
    std::string user, object, level;
};

// "experiment/fraud" -> its kind and name.
Result<Value> object_of(const std::string& object) {
    const size_t slash = object.find('/');
    if (slash == std::string::npos || slash == 0 || slash + 1 == object.size())
        return fail(Code::invalid, quoted(object) +
                                       " is no object; write KIND/NAME, such as experiment/fraud "
                                       "(experiment, model, endpoint, pipeline, dataset)");
    std::string kind = object.substr(0, slash);
    const std::string name = object.substr(slash + 1);
    // People name experiments; programs number them.
    if (kind == "experiment" && name != "*" && !parse_int(name)) kind = "experiment_name";
    return Value(Value::Object{{"object", kind}, {"name", name}});
}

Status role_grant(const Common& common, const GrantFlags& flags) {
    TRY_ASSIGN(Value wanted, object_of(flags.object));
    wanted.set("user", flags.user);
    wanted.set("level", flags.level);
    TRY_ASSIGN(auto session, Session::open(common));
    TRY_ASSIGN(const auto answer, session.send("PUT", kGrants, wanted));
    return say(session, answer, flags.user + ": " + flags.level + " on " + flags.object);
}

Status role_revoke(const Common& common, const GrantFlags& flags) {
    TRY_ASSIGN(Value wanted, object_of(flags.object));
    wanted.set("user", flags.user);
    TRY_ASSIGN(auto session, Session::open(common));
    TRY_ASSIGN(const auto answer, session.send("POST", std::string(kGrants) + "/revoke", wanted));
    return say(session, answer, flags.user + " has no grant on " + flags.object + " any more");
}

// custom roles ---------------------------------------------------------------------------------

struct RoleFlags {
    std::string role, description, name, object, level, user;
    bool yes = false;
};

std::string path_of(const std::string& role) { return std::string(kRoles) + "/" + segment(role); }

std::string joined(const Value& list, const std::string& last = "") {
    std::string out;
    for (const Value& each : list.list()) {
        if (!out.empty()) out += ", ";
        out += last.empty()
                   ? text(each)
                   : text(each["object"]) + "/" + text(each["name"]) + " " + text(each[last]);
    }
    return out;
}

// Custom roles, then what single users were granted.
Status role_list(const Common& common) {
    TRY_ASSIGN(auto session, Session::open(common));
    TRY_ASSIGN(Value answer, session.get(kGrants));
    TRY_ASSIGN(const Value roles, session.get(kRoles));
    if (session.json()) {
        answer.set("roles", roles["roles"]);
        print_json(answer);
        return ok();
    }
    if (!roles["roles"].list().empty()) {
        TablePrinter table({"ROLE", "MAY", "USERS"});
        for (const Value& role : roles["roles"].list())
            table.add({text(role["name"]), joined(role["grants"], "level"), joined(role["users"])});
        table.print();
        print_line("");
    }
    return show_list(
        session, answer, "grants",
        {{"USER", "user"}, {"OBJECT", "object"}, {"NAME", "name"}, {"LEVEL", "level"}});
}

Status role_create(const Common& common, const RoleFlags& flags) {
    Value wanted = Value::Object{{"name", flags.role}};
    if (!flags.description.empty()) wanted.set("description", flags.description);
    TRY_ASSIGN(auto session, Session::open(common));
    TRY_ASSIGN(const auto made, session.send("POST", kRoles, wanted));
    return say(session, made, "role " + flags.role + ", which says nothing yet");
}

Status role_show(const Common& common, const RoleFlags& flags) {
    TRY_ASSIGN(auto session, Session::open(common));
    TRY_ASSIGN(const auto role, session.get(path_of(flags.role)));
    if (session.json()) {
        print_json(role);
        return ok();
    }
    if (role["description"].is_text()) print_line(text(role["description"]));
    print_line("users: " + joined(role["users"]));
    return show_list(session, role, "grants",
                     {{"OBJECT", "object"}, {"NAME", "name"}, {"LEVEL", "level"}});
}

Status role_change(const Common& common, const RoleFlags& flags) {
    Value change = Value::Object{};
    if (!flags.name.empty()) change.set("name", flags.name);
    if (!flags.description.empty()) change.set("description", flags.description);
    if (change.object().empty())
        return fail(Code::invalid, "say what changes: --name or --description");
    TRY_ASSIGN(auto session, Session::open(common));
    TRY_ASSIGN(const auto changed, session.send("PATCH", path_of(flags.role), change));
    return say(session, changed, "role " + text(changed["name"]) + " is changed");
}

Status put_rule(const Common& common, const RoleFlags& flags, const std::string& level) {
    TRY_ASSIGN(Value wanted, object_of(flags.object));
    wanted.set("level", level);
    TRY_ASSIGN(auto session, Session::open(common));
    TRY_ASSIGN(const auto changed, session.send("PUT", path_of(flags.role) + "/grants", wanted));
    return say(session, changed, flags.role + ": " + level + " on " + flags.object);
}

Status role_allow(const Common& common, const RoleFlags& flags) {
    return put_rule(common, flags, flags.level);
}

Status role_deny(const Common& common, const RoleFlags& flags) {
    return put_rule(common, flags, "none");
}

Status role_clear(const Common& common, const RoleFlags& flags) {
    TRY_ASSIGN(const Value wanted, object_of(flags.object));
    TRY_ASSIGN(auto session, Session::open(common));
    TRY_ASSIGN(const auto answer,
               session.send("POST", path_of(flags.role) + "/grants/revoke", wanted));
    return say(session, answer, flags.role + " says nothing of " + flags.object + " any more");
}

Status role_assign(const Common& common, const RoleFlags& flags) {
    TRY_ASSIGN(auto session, Session::open(common));
    TRY_ASSIGN(const auto answer,
               session.send("PUT", path_of(flags.role) + "/users/" + segment(flags.user),
                            Value::Object{}));
    return say(session, answer, flags.user + " has the role " + flags.role);
}

Status role_unassign(const Common& common, const RoleFlags& flags) {
    TRY_ASSIGN(auto session, Session::open(common));
    TRY_ASSIGN(const auto answer,
               session.send("DELETE", path_of(flags.role) + "/users/" + segment(flags.user),
                            Value::Object{}));
    return say(session, answer, flags.user + " has the role " + flags.role + " no more");
}

Status role_delete(const Common& common, const RoleFlags& flags) {
    if (!flags.yes)
        return fail(Code::invalid,
                    "deleting " + quoted(flags.role) + " takes it from whoever has it; say --yes");
    TRY_ASSIGN(auto session, Session::open(common));
    TRY_ASSIGN(const auto answer, session.send("DELETE", path_of(flags.role), Value::Object{}));
    return say(session, answer, "role " + flags.role + " is deleted");
}

void add_grants(Noun& role) {
    const auto flags = std::make_shared<GrantFlags>();
    Verb grant = role.verb("grant", "Grant a user a level on an object", with(flags, role_grant));
    grant.positional("user", flags->user, "Name of the user").required();
    grant.positional("object", flags->object, "KIND/NAME, such as experiment/fraud").required();
    grant.positional("level", flags->level, "none, read, use, edit or manage").required();
    Verb revoke =
        role.verb("revoke", "Take a grant back; the roles count again", with(flags, role_revoke));
    revoke.positional("user", flags->user, "Name of the user").required();
    revoke.positional("object", flags->object, "KIND/NAME").required();
}

}  // namespace

void add_role(Noun& root) {
    Noun role = root.noun("role", "Who may do what: grants on single objects, roles of one's own");
    add_grants(role);
    role.verb("list", "All custom roles and all grants", role_list);
    const auto flags = std::make_shared<RoleFlags>();
    const auto named = [&](const char* verb, const char* help, auto work) {
        Verb added = role.verb(verb, help, with(flags, work));
        added.positional("role", flags->role, "Name of the role").required();
        return added;
    };
    const auto about = [&](const char* verb, const char* help, auto work) {
        Verb added = named(verb, help, work);
        added
            .positional("object", flags->object,
                        "KIND/NAME, such as experiment/fraud; KIND/* for every one")
            .required();
        return added;
    };
    named("create", "Make a role", role_create)
        .option("--description", flags->description, "What it is for");
    named("show", "What a role says, and who has it", role_show);
    Verb change = named("change", "Change a role's name or description", role_change);
    change.option("--name", flags->name, "Its new name");
    change.option("--description", flags->description, "What it is for");
    about("allow", "Let a role give a level on an object; use on workspace/* lets create",
          role_allow)
        .positional("level", flags->level, "read, use, edit or manage")
        .required();
    about("deny", "Let a role close an object, whatever other roles say", role_deny);
    about("clear", "Let a role say nothing of an object any more", role_clear);
    named("assign", "Give a user a role", role_assign)
        .positional("user", flags->user, "Name of the user")
        .required();
    named("unassign", "Take a role away", role_unassign)
        .positional("user", flags->user, "Name of the user")
        .required();
    named("delete", "Delete a role", role_delete).option("--yes", flags->yes, "Do it");
}

}  // namespace rondo::app::cli
