#include "platform/jobs/leases.h"

#include "domain/schema/test_database.h"
#include "domain/schema/test_env.h"

#include <doctest/doctest.h>

namespace rondo::jobs {
namespace {

constexpr Micros kPatience{6'000'000};
constexpr Micros kTick{1'000'000};

// A server of a test: its own clock, the common database.
struct Process {
    Process(store::Database& db, const std::string& id, Company company = Company::several)
        : database(db),
          events(env, hub),
          servers(env, db, events, {id, "http://" + id, "here", company, kPatience}),
          leases(db, servers) {
        REQUIRE(servers.join());
    }
    void tick() {
        REQUIRE(servers.tick());
        REQUIRE(leases.tick());
    }
    // Time passes with a heartbeat every second.
    void live(Micros time, std::vector<Process*> others = {}) {
        for (Micros t{0}; t < time; t += kTick) {
            env.pass(kTick);
            tick();
            for (Process* other : others) {
                other->env.pass(kTick);
                other->tick();
            }
        }
    }
    Status write_under(const Fence& fence) {
        return database.write_now(store::Durability::full,
                                  [&](store::Tx& tx) { return fence.check(tx); });
    }
    std::string session_now() {
        return *database.read_now([](store::Tx& tx) { return session(tx); });
    }
    std::string state_of(const std::string& id) {
        return (*database.read_now([&](store::Tx& tx) { return find_server(tx, id); }))->state;
    }

    TestEnv env;
    store::Database& database;
    events::Hub hub;
    events::Events events;
    Servers servers;
    Leases leases;
};

}  // namespace

TEST_CASE("both engines: one server at a time owns a job") {
    TestDatabase db;
    Process a(*db, "a"), b(*db, "b");
    a.leases.want("loop");
    b.leases.want("loop");
    a.tick();
    b.tick();
    const auto first = a.leases.held("loop");
    REQUIRE(first);
    CHECK(first->number == 1);
    CHECK(!b.leases.held("loop"));
    CHECK(a.write_under(*first));

    SUBCASE("as long as it lives") {
        a.live(kPatience * 5, {&b});
        CHECK(a.leases.held("loop"));
        CHECK(!b.leases.held("loop"));
        CHECK(a.state_of("a") == "running");
    }
    SUBCASE("until it says good-bye: no waiting, no new session") {
        const std::string before = b.session_now();
        REQUIRE(a.servers.leave());
        b.tick();
        REQUIRE(b.leases.held("loop"));
        CHECK(b.leases.held("loop")->number == 2);
        CHECK(b.session_now() == before);
        CHECK(b.state_of("a") == "stopped");
        CHECK(!a.write_under(*first));
    }
    SUBCASE("until its heart stops: then it writes nothing any more") {
        const std::string before = b.session_now();
        b.live(kPatience + kTick * 2);
        REQUIRE(b.leases.held("loop"));
        CHECK(b.leases.held("loop")->number == 2);
        CHECK(b.state_of("a") == "dead");
        CHECK(b.session_now() != before);
        // Frozen all the while, it wakes up and goes on with what it had.
        const Status late = a.write_under(*first);
        REQUIRE(!late);
        CHECK(late.error().code == Code::conflict);
        CHECK(b.write_under(*b.leases.held("loop")));
        // It learns what happened, and comes back as another incarnation without the job.
        const std::string during = b.session_now();
        a.env.pass(kPatience * 2);
        CHECK(!a.leases.held("loop"));  // before anything is asked: it may have been taken for dead
        a.tick();
        CHECK(a.state_of("a") == "running");
        CHECK(a.servers.self().incarnation == 2);
        CHECK(!a.leases.held("loop"));
        CHECK(a.session_now() != during);
    }
    SUBCASE("a look that was enough yesterday is not enough after being frozen") {
        b.live(kTick * 2, {&a});
        b.env.pass(kPatience * 10);  // b was frozen, and wakes before a beats again
        b.tick();
        CHECK(b.state_of("a") == "running");
        a.live(kTick);
        b.live(kPatience * 2, {&a});
        CHECK(b.state_of("a") == "running");
    }
    SUBCASE("clocks that jump change nothing") {
        a.env.jump(std::chrono::hours{-30});
        b.env.jump(std::chrono::hours{24 * 365});
        b.live(kPatience * 2, {&a});
        CHECK(a.leases.held("loop"));
        CHECK(!b.leases.held("loop"));
        CHECK(b.state_of("a") == "running");
    }
    SUBCASE("the same folder started again takes over at once, in another session") {
        const std::string before = b.session_now();
        Process again(*db, "a");
        again.leases.want("loop");
        again.tick();
        REQUIRE(again.leases.held("loop"));
        CHECK(again.leases.held("loop")->number == 2);
        CHECK(again.session_now() != before);
        CHECK(!a.write_under(*first));
    }
    SUBCASE("released, it goes to the next who wants it") {
        REQUIRE(a.leases.release("loop"));
        CHECK(!a.leases.held("loop"));
        b.tick();
        CHECK(b.leases.held("loop"));
        CHECK(!a.write_under(*first));
    }
}

TEST_CASE("alone there is nobody to wait for, and nothing beats") {
    TestDatabase db;
    Process a(*db, "a", Company::alone);
    a.leases.want("loop");
    a.tick();
    REQUIRE(a.leases.held("loop"));
    const std::string before = a.session_now();
    a.env.pass(kPatience * 100);
    CHECK(a.leases.held("loop"));
    // Another folder with the same database file, after a kill.
    Process b(*db, "b", Company::alone);
    b.leases.want("loop");
    b.tick();
    CHECK(b.leases.held("loop"));
    CHECK(b.session_now() != before);
    const auto row = *(*db).read_now([&](store::Tx& tx) { return find_server(tx, "a"); });
    CHECK(row->heartbeats == 0);
}

}  // namespace rondo::jobs
