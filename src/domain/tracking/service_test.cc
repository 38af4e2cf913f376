#include "domain/tracking/service.h"

#include "domain/schema/test_database.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>
#include <set>

namespace rondo::tracking {
namespace {

struct Fixture {
    TestDatabase db;
    artifacts::Service artifacts{system_env(), 1};
    Service service{{system_env(), artifacts, 1}};

    Fixture() {
        const auto made =
            db.write([&](store::Tx& tx) { return service.ensure_default_experiment(tx); });
        REQUIRE(made);
    }
    std::string new_run() {
        return db.write([&](store::Tx& tx) { return service.create_run(tx, {}); })->run_id;
    }
    Run get(const std::string& run_id) {
        return db.write([&](store::Tx& tx) { return service.get_run(tx, run_id); }).value();
    }
    Status log(const std::string& run_id, const Batch& batch) {
        return db.write([&](store::Tx& tx) { return service.log_batch(tx, run_id, batch); });
    }
};

}  // namespace

TEST_CASE("the latest metric is the greatest (step, timestamp, value), in any order of arrival") {
    Fixture f;
    std::mt19937 random(5);
    for (int round = 0; round < 20; ++round) {
        const std::string run_id = f.new_run();
        std::vector<Metric> all;
        for (int i = 0; i < 60; ++i) {
            Metric metric{.key = "m" + std::to_string(random() % 3)};
            metric.value = static_cast<double>(random() % 4) - 1.5;
            if (random() % 9 == 0) metric.value = std::numeric_limits<double>::quiet_NaN();
            metric.timestamp = random() % 3;
            metric.step = static_cast<int64_t>(random() % 4) - 1;
            all.push_back(metric);
        }
        size_t sent = 0;
        while (sent < all.size()) {
            const size_t n = std::min<size_t>(1 + random() % 20, all.size() - sent);
            Batch batch;
            batch.metrics.assign(all.begin() + static_cast<std::ptrdiff_t>(sent),
                                 all.begin() + static_cast<std::ptrdiff_t>(sent + n));
            REQUIRE(f.log(run_id, batch));
            if (random() % 3 == 0) REQUIRE(f.log(run_id, batch));  // sent again
            sent += n;
        }
        std::map<std::string, std::tuple<int64_t, int64_t, double>> naive;
        std::map<std::string, std::set<std::tuple<int64_t, int64_t, double, bool>>> points;
        for (const Metric& m : all) {
            const bool nan = std::isnan(m.value);
            const std::tuple point{m.step, m.timestamp, nan ? 0 : m.value};
            const auto [known, first] = naive.try_emplace(m.key, point);
            if (!first) known->second = std::max(known->second, point);
            points[m.key].emplace(m.timestamp, m.step, nan ? 0 : m.value, nan);
        }
        const Run run = f.get(run_id);
        REQUIRE(run.metrics.size() == naive.size());
        for (const Metric& m : run.metrics) {
            const auto& [step, timestamp, value] = naive.at(m.key);
            CHECK(m.step == step);
            CHECK(m.timestamp == timestamp);
            if (std::isnan(m.value))
                CHECK(value == 0);
            else
                CHECK(m.value == value);
            // The history has each point once, page by page in order.
            std::vector<std::tuple<int64_t, int64_t, double, bool>> seen;
            HistoryQuery query{run_id, m.key, 4, ""};
            do {
                const auto page =
                    f.db.write([&](store::Tx& tx) { return f.service.metric_history(tx, query); });
                REQUIRE(page);
                for (const Metric& p : page->items) {
                    const bool nan = std::isnan(p.value);
                    seen.emplace_back(p.timestamp, p.step, nan ? 0 : p.value, nan);
                }
                query.page_token = page->next_token;
            } while (!query.page_token.empty());
            const auto& wanted = points.at(m.key);
            CHECK(seen == std::vector(wanted.begin(), wanted.end()));
        }
    }
}

TEST_CASE("stored points: NaN, infinities and negative zero") {
    const double infinity = std::numeric_limits<double>::infinity();
    CHECK(stored_point({.value = infinity}).value == std::numeric_limits<double>::max());
    CHECK(stored_point({.value = -infinity}).value == std::numeric_limits<double>::lowest());
    CHECK(stored_point({.value = std::nan("")}).is_nan);
    CHECK(!std::signbit(stored_point({.value = -0.0}).value));
}

TEST_CASE("a batch that fails leaves nothing") {
    Fixture f;
    const std::string run_id = f.new_run();
    REQUIRE(f.log(run_id, {.params = {{"p", "1"}}}));
    CHECK(!f.log(
        run_id,
        {.metrics = {{.key = "m"}}, .params = {{"q", "1"}, {"p", "2"}}, .tags = {{"t", "1"}}}));
    const Run run = f.get(run_id);
    CHECK(run.metrics.empty());
    CHECK(run.params.size() == 1);
    CHECK(run.tags.size() == 1);  // its name
}

TEST_CASE("samples are spread evenly and keep both ends") {
    Fixture f;
    const std::string run_id = f.new_run();
    Batch batch;
    for (int i = 0; i < 1000; ++i)
        batch.metrics.push_back({.key = "m", .value = 1.0 * i, .step = i});
    REQUIRE(f.log(run_id, batch));
    for (const int64_t limit : {1, 2, 3, 10, 999, 1000, 2000}) {
        const BulkHistoryQuery query{.run_ids = {run_id}, .key = "m", .max_results = limit};
        const auto points =
            f.db.write([&](store::Tx& tx) { return f.service.sampled_history(tx, query); }).value();
        CHECK(std::ssize(points) == std::min<int64_t>(limit, 1000));
        CHECK(points.back().step == 999);
        if (limit > 1) CHECK(points.front().step == 0);
        for (size_t i = 1; i < points.size(); ++i) {
            // A part, or one with a point more; the last pick is the last point of its part.
            const int64_t gap = points[i].step - points[i - 1].step;
            const int64_t part = 1000 / std::min<int64_t>(limit, 1000);
            const bool ends = i + 1 == points.size();
            CHECK(gap >= part);
            CHECK(gap <= (ends ? 2 * part + 1 : part + 1));
        }
    }
}

TEST_CASE("what lies in another workspace is not there") {
    Fixture f;
    const Service other({system_env(), f.artifacts, 2});
    const std::string run_id = f.new_run();
    CHECK(f.db.write([&](store::Tx& tx) { return other.get_run(tx, run_id); }).error().code ==
          Code::not_found);
    CHECK(!f.db.write([&](store::Tx& tx) { return other.log_metric(tx, run_id, {.key = "m"}); }));
    CHECK(!f.db.write([&](store::Tx& tx) { return other.get_experiment(tx, int64_t{0}); }));
    RunQuery query;
    query.experiment_ids = {0};
    CHECK(f.db.write([&](store::Tx& tx) { return other.search_runs(tx, query); })->items.empty());
}

}  // namespace rondo::tracking
