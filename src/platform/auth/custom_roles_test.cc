#include "platform/auth/custom_roles.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <set>

#include "domain/schema/test_database.h"
#include "domain/schema/test_env.h"
#include "domain/search/statement.h"
#include "platform/auth/directory.h"
#include "platform/auth/readable.h"
#include "platform/auth/store.h"
#include "platform/auth/store_roles.h"

namespace rondo::auth {
namespace {

constexpr int kUsers = 12, kRoles = 6, kObjects = 8;
constexpr std::array<std::string_view, 2> kKinds{"experiment", "model"};

// What was written down, and the rule said once more over it.
struct World {
    struct Said {
        ObjectRef object;
        Level level;
    };
    std::vector<User> users;
    std::map<int64_t, std::vector<Said>> own;      // by user
    std::map<int64_t, std::vector<Said>> of_role;  // by role
    std::map<int64_t, std::set<int64_t>> roles;    // by user

    Level level(const User& user, const ObjectRef& object) const {
        if (const auto found = own.find(user.id); found != own.end()) {
            for (const Said& said : found->second) {
                if (said.object == object) return said.level;
            }
        }
        Level most = level_of(user.role);
        bool closed = false;
        const auto held = roles.find(user.id);
        if (held == roles.end()) return most;
        for (const int64_t role : held->second) {
            const auto says = of_role.find(role);
            if (says == of_role.end()) continue;
            for (const Said& said : says->second) {
                if (said.object.kind != object.kind) continue;
                if (said.object.id != object.id && said.object.id != kEveryObject) continue;
                closed = closed || said.level == Level::none;
                most = std::max(most, said.level);
            }
        }
        return closed ? Level::none : most;
    }
};

// Few kinds of many things, so that everything meets everything.
Status fill(store::Tx& tx, World& world, std::mt19937& random) {
    const auto pick = [&](int below) {
        return static_cast<int>(random() % static_cast<unsigned>(below));
    };
    const auto any_level = [&] { return static_cast<Level>(pick(5)); };
    for (int i = 0; i < kUsers; ++i) {
        User user{.name = "user" + std::to_string(i), .role = static_cast<Role>(pick(5))};
        if (i % 3 == 0) user.role = Role::none;
        TRY_ASSIGN(const auto id, sql::insert_user(tx, {.user = user, .password = ""}));
        user.id = *id;
        TRY(sql::set_role(tx, 1, user.id, user.role));
        world.users.push_back(user);
    }
    std::vector<int64_t> roles;
    for (int i = 0; i < kRoles; ++i) {
        TRY_ASSIGN(
            const auto id,
            sql::insert_role(
                tx, 1, {.name = "role" + std::to_string(i), .description = {}, .grants = {}}));
        roles.push_back(*id);
        const int grants = pick(4);
        for (int j = 0; j < grants; ++j) {
            const RoleGrant grant{.object = {std::string(kKinds[static_cast<size_t>(pick(2))]),
                                             pick(kObjects + 1) - 1},
                                  .level = any_level()};
            TRY_ASSIGN(const auto made, sql::insert_role_grant(tx, *id, grant));
            if (made) world.of_role[*id].push_back({grant.object, grant.level});
        }
    }
    for (const User& user : world.users) {
        for (int i = pick(3); i > 0; --i) {
            const int64_t role = roles[static_cast<size_t>(pick(kRoles))];
            TRY(sql::insert_member(tx, user.id, role));
            world.roles[user.id].insert(role);
        }
        for (int i = pick(4); i > 0; --i) {
            const ObjectRef object{std::string(kKinds[static_cast<size_t>(pick(2))]),
                                   pick(kObjects)};
            auto& own = world.own[user.id];
            if (std::ranges::find(own, object, &World::Said::object) != own.end()) continue;
            own.push_back({object, any_level()});
            TRY(sql::put_grant(tx, 1, user.id, object, own.back().level));
        }
    }
    TRY(tx.exec("CREATE TABLE things (id BIGINT PRIMARY KEY)"));
    for (int i = 0; i < kObjects; ++i) TRY(tx.exec("INSERT INTO things (id) VALUES ($1)", i));
    return sql::bump_version(tx);
}

Caller caller_of(const Directory::Account& account) {
    return {.user_id = account.user.id,
            .name = account.user.name,
            .role = account.user.role,
            .is_admin = account.user.is_admin,
            .restricted = account.restricted,
            .by_roles = account.by_roles};
}

TEST_CASE("T18 one rule for levels, searches, sets at hand and what a process remembers") {
    int by_role_alone = 0, closed = 0, remembered = 0;
    for (unsigned seed = 0; seed < 12; ++seed) {
        TestDatabase database;
        World world;
        std::mt19937 random(seed);
        REQUIRE(database.write([&](store::Tx& tx) { return fill(tx, world, random); }));
        Directory directory(*database, 1);
        REQUIRE(directory.refresh_now());
        const auto checked = database.write([&](store::Tx& tx) -> Status {
            for (const User& user : world.users) {
                const Caller caller = caller_of(*directory.view()->find(user.id));
                for (const std::string_view kind : kKinds) {
                    const Readable readable = readable_by(&caller);
                    TRY_ASSIGN(const auto set, ReadableSet::load(tx, readable, kind));
                    search::Statement search;
                    search.add("SELECT id FROM things WHERE id >= 0");
                    search.add_readable(readable, kind, "things.id");
                    std::set<int64_t> found;
                    TRY(search.each(tx, [&](const store::Row& row) {
                        found.insert(row.integer(0));
                        return true;
                    }));
                    for (int64_t id = 0; id < kObjects; ++id) {
                        const ObjectRef object{std::string(kind), id};
                        const Level level = world.level(user, object);
                        INFO("seed ", seed, ", ", user.name, ", ", kind, " ", id, ", level ",
                             static_cast<int>(level));
                        TRY_ASSIGN(const Standing standing,
                                   sql::find_standing(tx, user.id, object));
                        CHECK(level_of(standing, user.role) == level);
                        CHECK(set.contains(id) == (level >= Level::read));
                        CHECK(found.contains(id) == (level >= Level::read));
                        // What is decided from memory is never more than what the rows say.
                        if (!caller.restricted) CHECK(level_everywhere(caller, kind) <= level);
                        by_role_alone += level > level_of(user.role) && !standing.granted;
                        closed += level == Level::none && level_of(user.role) != Level::none;
                        remembered += !caller.restricted &&
                                      level_everywhere(caller, kind) > level_of(user.role);
                    }
                }
            }
            return ok();
        });
        REQUIRE(checked);
    }
    // The cases that are about custom roles have been there.
    CHECK(by_role_alone > 100);
    CHECK(closed > 30);
    CHECK(remembered > 20);
}

struct Office {
    TestDatabase database;
    TestEnv env;
    Accounts accounts{env, 1};
    CustomRoles roles{env, accounts, 1};
    Actor boss{{.user_id = 1, .name = "boss", .role = Role::admin, .is_admin = true}, "here"};

    template <class F>
    auto act(F fn) {
        return database.write([&](store::Tx& tx) { return fn(tx); });
    }
    int64_t version() {
        return *act([](store::Tx& tx) { return sql::version(tx); });
    }
    std::string last_action() {
        return act([](store::Tx& tx) { return read_audit(tx, 0, 1); })->at(0).action;
    }
};

TEST_CASE("a role is made, changed and deleted, each with its row of the trail") {
    Office office;
    const auto create = [&](const std::string& name) {
        return office.act(
            [&](store::Tx& tx) { return office.roles.create(tx, office.boss, name, "what for"); });
    };
    const auto made = create("Data scientists");
    REQUIRE(made);
    CHECK(office.last_action() == "create_role");
    CHECK(create("Data scientists").error().code == Code::already_exists);
    for (const char* fixed : {"viewer", "Admin", "none"})
        CHECK_MESSAGE(create(fixed).error().code == Code::already_exists, fixed);
    for (const std::string& wrong :
         {std::string(), std::string(" x"), std::string("x\n"), std::string(256, 'x'),
          std::string("__user_7__"), std::string("a\0b", 3)})
        CHECK_MESSAGE(create(wrong).error().code == Code::invalid, wrong);

    const auto before = office.version();
    const auto grant = office.act([&](store::Tx& tx) {
        return office.roles.add_grant(tx, office.boss, *made, {"model", 7}, "m", Level::use);
    });
    REQUIRE(grant);
    CHECK(office.last_action() == "change_role_grant");
    CHECK(office.version() > before);
    const auto role = office.act([&](store::Tx& tx) { return office.roles.get(tx, made->id); });
    REQUIRE(role);
    REQUIRE(role->grants.size() == 1);
    CHECK(role->grants[0].object == ObjectRef{"model", 7});
    CHECK(role->description == "what for");
    const auto again = office.act([&](store::Tx& tx) {
        return office.roles.add_grant(tx, office.boss, *made, {"model", 7}, "m", Level::read);
    });
    CHECK(again.error().code == Code::already_exists);
    // Nothing of the workspace but the right to create: no other way to administer accounts.
    for (const Level level : {Level::none, Level::read, Level::edit, Level::manage}) {
        const auto workspace = office.act([&](store::Tx& tx) {
            return office.roles.add_grant(tx, office.boss, *made,
                                          {std::string(kWorkspaceKind), kEveryObject}, "*", level);
        });
        CHECK(workspace.error().code == Code::invalid);
    }
    // What is gone is nothing to say something of.
    REQUIRE(office.act([&](store::Tx& tx) { return forget(tx, {"model", 7}); }));
    CHECK(
        office.act([&](store::Tx& tx) { return office.roles.get(tx, made->id); })->grants.empty());
    REQUIRE(office.act([&](store::Tx& tx) { return office.roles.remove(tx, office.boss, *made); }));
    CHECK(office.last_action() == "delete_role");
    CHECK(office.act([&](store::Tx& tx) { return office.roles.get(tx, made->id); }).error().code ==
          Code::not_found);
}

TEST_CASE("T19 roles of an administrator of the server are another one's to change") {
    Office office;
    const auto made = office.act([&](store::Tx& tx) {
        return office.roles.create(tx, office.boss, "painters", std::nullopt);
    });
    const auto user = [&](const std::string& name, bool is_admin) {
        return *office.act([&](store::Tx& tx) {
            return office.accounts.create_user(tx, office.boss,
                                               {.name = name, .is_admin = is_admin});
        });
    };
    const User ann = user("ann", false), boss = user("boss", true);
    const Actor chief{{.user_id = 9, .name = "chief", .role = Role::admin}, "here"};
    const auto assign = [&](const Actor& actor, const User& to) {
        return office.act([&](store::Tx& tx) { return office.roles.assign(tx, actor, to, *made); });
    };
    CHECK(assign(chief, boss).error().code == Code::permission_denied);
    CHECK(assign(office.boss, boss));
    CHECK(assign(chief, ann));
    CHECK(assign(chief, ann).error().code == Code::already_exists);
    const auto unassign = [&](const Actor& actor, const User& from) {
        return office.act(
            [&](store::Tx& tx) { return office.roles.unassign(tx, actor, from, *made); });
    };
    CHECK(unassign(chief, boss).error().code == Code::permission_denied);
    CHECK(unassign(chief, ann));
    CHECK(unassign(chief, ann).error().code == Code::not_found);
    // Who is deleted has no role any more.
    CHECK(assign(chief, ann));
    REQUIRE(office.act(
        [&](store::Tx& tx) { return office.accounts.delete_user(tx, office.boss, "ann"); }));
    const auto left = office.act([&](store::Tx& tx) { return office.roles.members(tx, made->id); });
    REQUIRE(left->size() == 1);
    CHECK(left->at(0).user == "boss");
}

}  // namespace
}  // namespace rondo::auth
