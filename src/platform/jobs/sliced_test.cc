#include "platform/jobs/sliced.h"

#include "base/text.h"
#include "domain/schema/test_database.h"
#include "domain/schema/test_env.h"

#include <doctest/doctest.h>

namespace rondo::jobs {
namespace {

struct Process {
    Process(store::Database& db, const std::string& id)
        : events(env, hub),
          servers(env, db, events, {id, "http://" + id, "here", Company::several}),
          leases(db, servers),
          sliced(env, db, leases) {
        REQUIRE(servers.join());
        sliced.add({"count", std::chrono::minutes{1},
                    [this](const Slice& slice) { return count(slice); }});
        REQUIRE(servers.tick());
        REQUIRE(leases.tick());
    }
    // Three slices a round, each of ten items; may be told to fail, or to lose its lease before it
    // writes.
    Result<Next> count(const Slice& slice) {
        places.push_back(slice.place);
        if (fails) return fail(Code::unavailable, "out of order");
        if (idle) return Next::round_done(0);
        if (before_write) before_write();
        const int64_t at = parse_int(slice.place).value_or(0) + 10;
        TRY(slice.write([&](store::Tx& tx) {
            return tx.exec(
                "INSERT INTO workspaces (name, created_at) VALUES ($1, 0) "
                "ON CONFLICT DO NOTHING",
                "at " + std::to_string(at));
        }));
        if (at == 30) return Next::round_done(10);
        return Next::from(std::to_string(at), 10);
    }
    TestEnv env;
    events::Hub hub;
    events::Events events;
    Servers servers;
    Leases leases;
    Sliced sliced;
    std::vector<std::string> places;
    std::function<void()> before_write;
    bool fails = false, idle = false;
};

JobProgress progress(TestDatabase& db) {
    return (*(*db).read_now([](store::Tx& tx) { return all_progress(tx); })).at(0);
}

}  // namespace

TEST_CASE("both engines: a job goes on where the last owner was") {
    TestDatabase db;
    Process a(*db, "a"), b(*db, "b");
    CHECK(*a.sliced.step("count"));
    CHECK(!*b.sliced.step("count"));  // not its job
    CHECK(progress(db).place == "10");
    REQUIRE(a.servers.leave());
    REQUIRE(b.leases.tick());
    CHECK(*b.sliced.step("count"));
    CHECK(*b.sliced.step("count"));
    CHECK(b.places == std::vector<std::string>{"10", "20"});
    CHECK(progress(db).rounds == 1);
    CHECK(progress(db).items == 30);
    CHECK(!*b.sliced.step("count"));  // the next round is not due
    b.env.pass(std::chrono::minutes{1});
    REQUIRE(b.servers.tick());
    CHECK(*b.sliced.step("count"));
    CHECK(progress(db).place == "10");
}

TEST_CASE("both engines: an owner that was overtaken during its slice writes nothing") {
    TestDatabase db;
    Process a(*db, "a"), b(*db, "b");
    a.before_write = [&] {  // as if it was frozen here for long
        REQUIRE(a.servers.leave());
        REQUIRE(b.leases.tick());
    };
    CHECK(!a.sliced.step("count"));
    const auto rows = (*db).read_now([](store::Tx& tx) {
        return tx.one<int64_t>("SELECT count(*) FROM workspaces WHERE name LIKE 'at %'");
    });
    CHECK(**rows == 0);
    CHECK(((*db).read_now([](store::Tx& tx) { return all_progress(tx); }))->empty());
    CHECK(*b.sliced.step("count"));
    CHECK(b.places == std::vector<std::string>{""});
}

TEST_CASE("both engines: a slice that fails is shown and tried again from its place") {
    TestDatabase db;
    Process a(*db, "a");
    CHECK(*a.sliced.step("count"));
    a.fails = true;
    CHECK(!a.sliced.step("count"));
    CHECK(progress(db).problem == "out of order");
    CHECK(progress(db).place == "10");
    CHECK(!*a.sliced.step("count"));  // after a pause
    a.env.pass(kRetryPause);
    a.fails = false;
    REQUIRE(a.servers.tick());
    REQUIRE(a.leases.tick());
    a.sliced.hurry("count");
    // Held up for longer than its patience it may have been replaced; the heartbeat says it was
    // not.
    CHECK(*a.sliced.step("count"));
    CHECK(progress(db).problem.empty());
    CHECK(progress(db).failures == 1);
    std::string metrics;
    a.sliced.write_metrics(metrics);
    CHECK(metrics.contains("rondo_job_slices_total{job=\"count\",result=\"done\"} 2"));
    CHECK(metrics.contains("rondo_job_slices_total{job=\"count\",result=\"failed\"} 1"));
}

TEST_CASE("a round without work is written down once in a while") {
    TestDatabase db;
    Process a(*db, "a");
    a.idle = true;
    const auto pass = [&](Micros time) {
        a.env.pass(time);
        REQUIRE(a.servers.tick());
        REQUIRE(a.leases.tick());
    };
    CHECK(*a.sliced.step("count"));
    CHECK(progress(db).rounds == 1);
    for (int i = 0; i < 5; ++i) {
        pass(std::chrono::minutes{1});
        CHECK(*a.sliced.step("count"));
    }
    CHECK(progress(db).rounds == 1);
    pass(kTellIdle);
    CHECK(*a.sliced.step("count"));
    CHECK(progress(db).rounds == 2);
    a.idle = false;
    pass(std::chrono::minutes{1});
    CHECK(*a.sliced.step("count"));
    CHECK(progress(db).slices == 3);
}

}  // namespace rondo::jobs
