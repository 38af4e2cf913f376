#include "platform/events/consumer.h"

#include <thread>

#include "domain/schema/test_database.h"
#include "domain/schema/test_env.h"

#include <doctest/doctest.h>

namespace rondo::events {
namespace {

struct Process {
    Process(TestDatabase& db, const std::string& id, From from = From::the_beginning)
        : events(env, hub),
          servers(env, *db, events, {id, "http://" + id, "here", jobs::Company::several}),
          leases(*db, servers),
          sequencer(*db, leases),
          consumer(
              *db, leases, "test", from,
              [this](store::Tx& tx, const std::vector<Event>& found) { return keep(tx, found); }) {
        REQUIRE(servers.join());
        REQUIRE(leases.tick());
    }
    // The effect: each event's kind, once; a second time would be an error.
    Status keep(store::Tx& tx, const std::vector<Event>& found) {
        for (const Event& event : found)
            TRY(tx.exec("INSERT INTO workspaces (name, created_at) VALUES ($1, $2)", event.kind,
                        event.id));
        return ok();
    }
    bool run() {
        bool more = true;
        for (int i = 0; i < 1000 && more; ++i) {
            const auto placed = sequencer.step();
            const auto seen = consumer.step();
            if (!placed || !seen) return false;
            more = *placed || *seen;
        }
        return true;
    }
    TestEnv env;
    Hub hub;
    Events events;
    jobs::Servers servers;
    jobs::Leases leases;
    Sequencer sequencer;
    Consumer consumer;
};

int64_t effects(TestDatabase& db) {
    return **(*db).read_now([](store::Tx& tx) {
        return tx.one<int64_t>("SELECT count(*) FROM workspaces WHERE name LIKE 'e%'");
    });
}

Status publish(TestDatabase& db, const Events& events, const std::string& kind) {
    return (*db).write_now(store::Durability::normal, [&](store::Tx& tx) -> Status {
        TRY(events.publish(tx, {.kind = kind, .subject = "test"}));
        return ok();
    });
}

}  // namespace

TEST_CASE("both engines: a consumer sees each event once under concurrent writers") {
    TestDatabase db;
    Process a(db, "a");
    constexpr int kWriters = 4, kEach = 100;
    std::vector<std::thread> writers;
    std::atomic<int> written{0}, running{kWriters};
    for (int w = 0; w < kWriters; ++w) {
        writers.emplace_back([&, w] {
            for (int i = 0; i < kEach; ++i) {
                const std::string kind = "e" + std::to_string(w) + "." + std::to_string(i);
                // Some transactions take long after they got their id: others overtake them.
                const Status done =
                    (*db).write_now(store::Durability::normal, [&](store::Tx& tx) -> Status {
                        TRY(a.events.publish(tx, {.kind = kind, .subject = "test"}));
                        if (i % 10 == w) std::this_thread::sleep_for(std::chrono::milliseconds{5});
                        return ok();
                    });
                written += done ? 1 : 0;
            }
            --running;
        });
    }
    while (running > 0) (void)a.run();  // a step that meets too many writers is done again
    for (std::thread& writer : writers) writer.join();
    REQUIRE(a.run());
    REQUIRE(a.run());
    CHECK(effects(db) == written);
    CHECK(written > kWriters * kEach / 2);
    const auto progress = *(*db).read_now([](store::Tx& tx) { return consumer_progress(tx); });
    REQUIRE(progress.size() == 1);
    CHECK(progress[0].waiting == 0);
}

TEST_CASE("both engines: an owner that was overtaken has no effect") {
    TestDatabase db;
    Process a(db, "a");
    REQUIRE(a.run());
    REQUIRE(publish(db, a.events, "e1"));
    REQUIRE(a.sequencer.step());
    Process b(db, "b");
    // a believes that the consumer is its own when b takes it over.
    const auto fence = a.leases.held("events/test");
    REQUIRE(fence);
    REQUIRE(a.servers.leave());
    REQUIRE(b.leases.tick());
    CHECK(!a.consumer.step());
    REQUIRE(b.run());
    CHECK(effects(db) == 1);
    REQUIRE(publish(db, b.events, "e2"));
    REQUIRE(b.run());
    CHECK(effects(db) == 2);
}

TEST_CASE("both engines: from now on means none of the past") {
    TestDatabase db;
    TestEnv env;
    Hub hub;
    const Events before(env, hub);
    REQUIRE((*db).write_now(store::Durability::normal, [&](store::Tx& tx) -> Status {
        for (int i = 0; i < 2100; ++i)
            TRY(before.publish(tx, {.kind = "e" + std::to_string(i), .subject = "test"}));
        return ok();
    }));
    Process a(db, "a", From::now);
    REQUIRE(a.run());
    CHECK(effects(db) == 0);
    REQUIRE(publish(db, a.events, "e-new"));
    REQUIRE(a.run());
    CHECK(effects(db) == 1);
}

TEST_CASE("without consumers no event is touched") {
    TestDatabase db;
    Process a(db, "a");
    REQUIRE(publish(db, a.events, "e1"));
    CHECK(!*a.sequencer.step());
    CHECK(**(*db).read_now([](store::Tx& tx) {
        return tx.one<int64_t>("SELECT count(*) FROM events WHERE position IS NOT NULL");
    }) == 0);
}

}  // namespace rondo::events
