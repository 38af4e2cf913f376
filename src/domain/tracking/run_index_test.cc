#include "domain/tracking/run_index.h"

#include "domain/schema/test_database.h"
#include "domain/schema/test_env.h"
#include "domain/tracking/service.h"

#include <doctest/doctest.h>

#include <limits>
#include <random>

namespace rondo::tracking {
namespace {

constexpr int kRuns = 6000;  // more than a search looks at one by one

struct House {
    TestDatabase db;
    TestEnv env;
    artifacts::Service artifacts{env, 1};
    Service service{{env, artifacts, 1}};
    std::mt19937 random{11};
    std::vector<std::string> runs;
    std::vector<int64_t> experiments;  // the first has the runs, the others are empty

    explicit House(int count = kRuns) {
        REQUIRE(db.write([&](store::Tx& tx) -> Status {
            TRY(
                tx.exec("INSERT INTO leases (name, owner, fence, expires_at) "
                        "VALUES ('index_runs', 'me', 1, 0)"));
            for (int i = 0; i < 18; ++i) {
                TRY_ASSIGN(const int64_t id,
                           service.create_experiment(tx, {.name = "e" + std::to_string(i)}));
                experiments.push_back(id);
            }
            for (int i = 0; i < count; ++i) {
                const bool goes_on = i % 50 == 0;
                TRY_ASSIGN(const Run run,
                           service.create_run(
                               tx, {.experiment_id = experiments[0],
                                    .start_ms = goes_on ? to_millis(env.now())
                                                        : static_cast<int64_t>(random() % 500)}));
                runs.push_back(run.run_id);
                TRY(service.log_batch(tx, run.run_id, batch(true)));
                if (!goes_on) TRY(service.update_run(tx, {run.run_id, RunStatus::finished, 5}));
            }
            return ok();
        }));
        index();
    }
    Batch batch(bool params) {
        Batch out;
        double loss = static_cast<double>(random() % 1000) / 1000;
        if (random() % 40 == 0) loss = std::numeric_limits<double>::quiet_NaN();
        if (random() % 20 != 0) out.metrics.push_back({.key = "loss", .value = loss});
        if (random() % 20 != 0)
            out.metrics.push_back({.key = "f1", .value = static_cast<double>(random() % 7)});
        for (Metric& metric : out.metrics) metric.step = ++step;
        if (params && random() % 20 != 0)
            out.params = {{"model", std::string(1, static_cast<char>('a' + random() % 5))},
                          {"depth", std::to_string(random() % 400)}};
        out.tags = {{"team", "team " + std::to_string(random() % 3)}};
        return out;
    }
    void round() {
        const jobs::Fence fence{"index_runs", "me", 1};
        std::string place;
        while (true) {
            const auto next = index_slice(env, {}, {fence, place, *db});
            REQUIRE(next);
            if (next->ended) return;
            place = next->place;
        }
    }
    void index() {
        round();
        env.pass(std::chrono::minutes{1});
        round();
    }
    int64_t count(const std::string& sql) {
        return db.write([&](store::Tx& tx) { return tx.one<int64_t>(sql); }).value().value();
    }
    std::vector<std::string> search(const RunQuery& query) {
        const auto page = db.write([&](store::Tx& tx) { return service.search_runs(tx, query); });
        REQUIRE(page);
        std::vector<std::string> out;
        for (const Run& run : page->items) out.push_back(run.run_id);
        out.push_back(page->next_token.empty() ? "the end" : "more");
        return out;
    }
    // Looking at so many experiments at once, a search does without the index.
    void compare(RunQuery query) {
        query.experiment_ids = {experiments[0]};
        const auto found = search(query);
        query.experiment_ids = experiments;
        CHECK_MESSAGE(found == search(query), query.filter);
    }
    int64_t step = 0;
};

}  // namespace

TEST_CASE(
    "both engines: a search by the index finds what one without it finds, in the same order") {
    House house;
    CHECK(house.count("SELECT count(*) FROM runs WHERE indexed = 0") == kRuns / 50);
    const char* const filters[] = {
        "",
        "metrics.loss < 0.2",
        "metrics.loss < 0.2 AND params.model = 'b'",
        "metrics.loss >= 0.999",
        "metrics.f1 = 3 AND tags.team = 'team 1'",
        "params.depth = '17'",
        "params.depth = '17' AND metrics.loss > 0.5",
        "params.model = 'nobody'",
        "metrics.none > 1",
        "params.model != 'a' AND metrics.f1 > 5",
        "tags.team LIKE '%2' AND params.model = 'c'",
        "metrics.loss != 0.5",
        "attributes.status = 'RUNNING'",
    };
    const std::vector<std::string> orders[] = {
        {},
        {"metrics.loss"},
        {"metrics.loss DESC"},
        {"metrics.f1 DESC", "metrics.loss"},
        {"metrics.none"},
        {"params.depth", "metrics.f1"},
        {"start_time ASC"},
    };
    for (int round = 0; round < 3; ++round) {
        for (const char* const filter : filters) {
            for (const auto& order : orders)
                house.compare({.filter = filter,
                               .order_by = order,
                               .max_results = static_cast<int64_t>(1 + house.random() % 300)});
        }
        // Runs change: out of the index, and in again under values that they had not before.
        REQUIRE(house.db.write([&](store::Tx& tx) -> Status {
            for (int i = 0; i < 400; ++i) {
                const std::string& run = house.runs[house.random() % kRuns];
                TRY(house.service.log_batch(tx, run, house.batch(false)));
                if (i % 10 == 0) TRY(house.service.delete_tag(tx, run, "team"));
            }
            return ok();
        }));
        CHECK(house.count("SELECT count(*) FROM runs WHERE indexed = 0") > 300);
        if (round == 1) house.index();
    }
}

TEST_CASE("a page behind a page goes on where that one ended") {
    House house;
    RunQuery query{.experiment_ids = {house.experiments[0]},
                   .filter = "metrics.loss < 0.9",
                   .order_by = {"metrics.f1 DESC"},
                   .max_results = 150};
    std::vector<std::string> paged;
    for (int i = 0; i < 8; ++i) {
        const auto page =
            house.db.write([&](store::Tx& tx) { return house.service.search_runs(tx, query); });
        for (const Run& run : page->items) paged.push_back(run.run_id);
        query.page_token = page->next_token;
    }
    query = {.experiment_ids = house.experiments,
             .filter = "metrics.loss < 0.9",
             .order_by = {"metrics.f1 DESC"},
             .max_results = 1200};
    paged.push_back("more");
    CHECK(paged == house.search(query));
}

TEST_CASE("a run that is written to between the mark and the reading stays out of the index") {
    House house(10);
    const std::string& run = house.runs[7];
    const auto log = [&] {
        REQUIRE(house.db.write(
            [&](store::Tx& tx) { return house.service.log_batch(tx, run, house.batch(false)); }));
    };
    const std::string indexed = "SELECT indexed FROM runs WHERE run_id = '" + run + "'";
    log();
    CHECK(house.count(indexed) == 0);
    house.round();  // marks
    house.round();  // too early to read
    CHECK(house.count(indexed) == 0);
    log();
    house.env.pass(std::chrono::minutes{1});
    house.round();  // the mark is gone: marks
    CHECK(house.count(indexed) == 0);
    house.env.pass(std::chrono::minutes{1});
    house.round();
    CHECK(house.count(indexed) == 1);
}

}  // namespace rondo::tracking
