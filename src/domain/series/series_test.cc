#include "domain/series/history.h"

#include "domain/schema/test_database.h"
#include "domain/schema/test_env.h"
#include "domain/series/fold.h"
#include "domain/series/packed.h"
#include "domain/series/place.h"

#include <doctest/doctest.h>

#include <limits>
#include <random>
#include <set>

namespace rondo::series {
namespace {

using Points = std::vector<Point>;

struct Less {
    bool operator()(const Point& a, const Point& b) const { return is_before(a, b); }
};
using Set = std::set<Point, Less>;

// Values that meet each other often, and the extremes.
Point random_point(std::mt19937& random) {
    constexpr double kMost = std::numeric_limits<double>::max();
    constexpr double kValues[] = {0, 1, -1, 0.1, kMost, -kMost, 5e-324, -2.5};
    constexpr int64_t kNumbers[] = {0, 1, 2, 3, -1, INT64_MAX, INT64_MIN, 1'700'000'000'000};
    Point point{kNumbers[random() % 8], kNumbers[random() % 8], kValues[random() % 8], false};
    if (random() % 9 == 0) point.value = 0, point.is_nan = true;
    return point;
}

// A run whose points are in tail and chunks.
struct House {
    TestDatabase db;
    TestEnv env;
    Series series{0, 7};

    House() {
        const auto run = db.write([&](store::Tx& tx) -> Result<int64_t> {
            TRY(
                tx.exec("INSERT INTO leases (name, owner, fence, expires_at) "
                        "VALUES ('fold', 'me', 1, 0)"));
            TRY(
                tx.exec("INSERT INTO experiments (id, workspace_id, name, artifact_location, "
                        "deleted, created_ms, updated_ms) VALUES (5, 1, 'e', '', 0, 0, 0)"));
            TRY_ASSIGN(const auto id,
                       tx.one<int64_t>("INSERT INTO runs (run_id, experiment_id, name, user_id, "
                                       "status, start_ms, deleted, artifact_uri) VALUES "
                                       "('r', 5, '', '', 'RUNNING', 0, 0, '') RETURNING id"));
            return *id;
        });
        REQUIRE(run);
        series.run = *run;
    }
    void append(const Points& points) {
        std::vector<KeyedPoint> keyed;
        for (const Point& point : points) keyed.push_back({series.key_id, point});
        REQUIRE(db.write([&](store::Tx& tx) {
            return series::append(tx, series.run, keyed, to_millis(env.now()));
        }));
    }
    Result<jobs::Next> slice(const std::string& place) {
        const jobs::Fence fence{"fold", "me", 1};
        return fold_slice(env, {}, {fence, place, *db});
    }
    // Slices until the round is done; how many folded something.
    int fold() {
        std::string place;
        for (int slices = 0;; ++slices) {
            const auto next = slice(place);
            REQUIRE(next);
            if (next->ended) return slices;
            place = next->place;
        }
    }
    void fold_all() {
        env.pass(Settings{}.tail + Micros{1'000'000});
        fold();
        REQUIRE(count("metric_tail") == 0);
    }
    Points page(const After& after, int64_t limit) {
        return db.write([&](store::Tx& tx) { return series::page(tx, series, after, limit); })
            .value();
    }
    Points all() { return page({}, INT64_MAX); }
    int64_t count(const std::string& table) {
        return db
            .write([&](store::Tx& tx) { return tx.one<int64_t>("SELECT count(*) FROM " + table); })
            .value()
            .value();
    }
};

// Steps and times that rise together, as training has them.
Points training(int64_t first, int64_t count) {
    Points out;
    for (int64_t i = first; i < first + count; ++i)
        out.push_back({1'700'000'000'000 + i * 137, i, 1.0 / static_cast<double>(i + 1), false});
    return out;
}

}  // namespace

TEST_CASE("places have the order of points") {
    std::mt19937 random(3);
    for (int i = 0; i < 20'000; ++i) {
        const Point a = random_point(random), b = random_point(random);
        CHECK((place_of(a) < place_of(b)) == is_before(a, b));
        CHECK((place_of(a) == place_of(b)) == (a == b));
    }
}

TEST_CASE("points are read as they were packed, and damaged bytes are refused") {
    std::mt19937 random(4);
    for (int round = 0; round < 200; ++round) {
        Points points, read;
        for (size_t n = random() % 100; n > 0; --n) points.push_back(random_point(random));
        std::string bytes;
        pack(bytes, points);
        REQUIRE(unpack(bytes, read));
        CHECK(read == points);
        CHECK(!unpack(bytes + "x", read));
        if (!points.empty()) CHECK(!unpack(bytes.substr(0, bytes.size() - 1), read));
    }
    std::string bytes;
    pack(bytes, training(5000, kChunkPoints));
    CHECK(bytes.size() < 12 * kChunkPoints);
}

TEST_CASE("both engines: tail and chunks together are the set of all points") {
    std::mt19937 random(6);
    for (int round = 0; round < 6; ++round) {
        House house;
        Set expected;
        int folds = 0;
        for (int step = 0; step < 40; ++step) {
            Points points;
            const bool trains = random() % 2 == 0;
            if (trains) points = training(random() % 20'000, 1 + random() % 3000);
            for (size_t n = trains ? 0 : 1 + random() % 40; n > 0; --n)
                points.push_back(random_point(random));
            house.append(points);
            if (random() % 4 == 0) house.append(points);  // sent again
            expected.insert(points.begin(), points.end());
            if (random() % 3 == 0) folds += house.fold();
            if (step % 8 != 7) continue;
            const Points wanted(expected.begin(), expected.end());
            CHECK(house.all() == wanted);
            // Page by page.
            Points paged;
            const auto size = static_cast<int64_t>(1 + random() % 5000);
            for (After after;;) {
                const Points page = house.page(after, size);
                paged.insert(paged.end(), page.begin(), page.end());
                if (std::ssize(page) < size) break;
                after = page.back();
            }
            CHECK(paged == wanted);
        }
        CHECK(folds > 0);
        house.fold_all();
        CHECK(house.all() == Points(expected.begin(), expected.end()));
        CHECK(house.db
                  .write([&](store::Tx& tx) {
                      return tx.one<int64_t>("SELECT sum(points) FROM metric_chunks");
                  })
                  .value() == std::ssize(expected));
    }
}

TEST_CASE("chunks of a long run are few, whatever the size of its writes") {
    for (const int64_t size : {1, 10, 300, 5000}) {
        House house;
        const int64_t total = size < 300 ? 3000 : 30'000;
        for (int64_t at = 0; at < total; at += size) {
            house.append(training(at, size));
            if (at / size % 16 == 0) house.fold();
        }
        house.fold_all();
        CHECK(house.all() == training(0, total));
        const auto full = static_cast<int64_t>(total / kChunkPoints);
        CHECK(house.count("metric_chunks") <= 2 * full + 8);
    }
}

TEST_CASE("few new points wait, and a run that was folded before its points is left alone") {
    House house;
    house.append(training(0, kFoldPoints - 1));
    CHECK(house.fold() == 0);
    CHECK(house.count("metric_tail") == 1);
    house.append(training(1000, 1));
    CHECK(house.fold() == 1);
    CHECK(house.count("metric_tail") == 0);
}

TEST_CASE("what one slice cannot take stays for the next") {
    House house;
    for (int64_t at = 0; at < 3 * kSliceRows / 2; ++at) house.append(training(at, 1));
    CHECK(house.fold() >= 2);
    CHECK(house.all() == training(0, 3 * kSliceRows / 2));
    // Late points for more chunks than a slice rewrites.
    House late;
    const int64_t total = 300 * kChunkPoints;
    for (int64_t at = 0; at < total; at += 50'000) {
        Points part;
        for (int64_t i = at; i < std::min(total, at + 50'000); ++i) part.push_back({2 * i, i, 1});
        late.append(part);
        late.fold();
    }
    const int64_t chunks = late.count("metric_chunks");
    Points between;
    for (int64_t i = 0; i < total; i += kChunkPoints / 2) between.push_back({2 * i + 1, i, 1});
    late.append(between);
    CHECK(late.slice("").value().place == std::to_string(late.series.run - 1));
    CHECK(late.count("metric_tail") == 1);
    late.fold_all();
    CHECK(late.count("metric_chunks") >= chunks);
    CHECK(std::ssize(late.all()) == total + std::ssize(between));
}

TEST_CASE("a slice that lost its lease changes nothing") {
    House house;
    house.append(training(0, 1000));
    REQUIRE(house.db.write([&](store::Tx& tx) {
        return tx.exec("UPDATE leases SET owner = 'other', fence = 2 WHERE name = 'fold'");
    }));
    const auto next = house.slice("");
    REQUIRE(!next);
    CHECK(next.error().code == Code::conflict);
    CHECK(house.count("metric_tail") == 1);
    CHECK(house.count("metric_chunks") == 0);
}

TEST_CASE("a run that is gone keeps no points") {
    House house;
    house.append(training(0, 10'000));
    house.fold();
    house.append(training(10'000, 10));
    int64_t removed = 0;
    while (true) {
        const auto rows =
            house.db.write([&](store::Tx& tx) { return remove_rows(tx, house.series.run, 2); });
        REQUIRE(rows);
        if (*rows == 0) break;
        removed += *rows;
    }
    CHECK(removed >= 4);
    CHECK(house.all().empty());
    CHECK(house.count("metric_tail") + house.count("metric_chunks") == 0);
}

TEST_CASE("samples have the ends and even positions, in the order of steps") {
    std::mt19937 random(8);
    for (int round = 0; round < 30; ++round) {
        House house;
        Set set;
        for (size_t n = 1 + random() % 400; n > 0; --n) {
            Point point{static_cast<int64_t>(random() % 50), static_cast<int64_t>(random() % 200),
                        static_cast<double>(random() % 5), false};
            if (round % 2 == 0) point.timestamp = point.step * 3;
            set.insert(point);
        }
        house.append(Points(set.begin(), set.end()));
        if (round % 3 == 0) house.fold_all();
        const StepRange range{round % 4 == 0 ? INT64_MIN : 20, 170};
        Points all;
        for (const Point& point : set) {
            if (range.has(point.step)) all.push_back(point);
        }
        std::ranges::sort(all, is_before_by_step);
        const auto limit = static_cast<int64_t>(1 + random() % 40);
        Points expected;
        const auto picks = std::min(limit, std::ssize(all));
        for (int64_t j = 0; j < picks; ++j) {
            const auto at = j == picks - 1 ? std::ssize(all) - 1
                                           : j * (std::ssize(all) / picks) +
                                                 std::min(j, std::ssize(all) % picks);
            expected.push_back(all[static_cast<size_t>(at)]);
        }
        const auto found =
            house.db.write([&](store::Tx& tx) { return sample(tx, house.series, range, limit); });
        CHECK(found.value() == expected);
    }
}

TEST_CASE("a chart keeps the least, the greatest and the last value of each bucket") {
    House house;
    std::mt19937 random(9);
    Points points;
    for (int64_t i = 0; i < 10'000; ++i)
        points.push_back({i, i, static_cast<double>(random() % 1000), i % 97 == 0});
    for (Point& point : points) {
        if (point.is_nan) point.value = 0;
    }
    points[5000].value = 1e9;
    points[7001].value = -1e9;
    points[7001].is_nan = points[5000].is_nan = false;
    house.append(points);
    house.fold();
    const auto drawn =
        house.db.write([&](store::Tx& tx) { return chart(tx, house.series, {}, 100); });
    REQUIRE(drawn);
    CHECK(drawn->total == 10'000);
    CHECK(drawn->points.size() <= 300);
    CHECK(drawn->points.size() > 200);
    CHECK(std::ranges::is_sorted(drawn->points, is_before_by_step));
    for (int64_t bucket = 0; bucket < 100; ++bucket) {
        double least = 1e300, greatest = -1e300;
        for (int64_t i = bucket * 100; i < bucket * 100 + 100; ++i) {
            const Point& point = points[static_cast<size_t>(i)];
            if (point.is_nan) continue;
            least = std::min(least, point.value);
            greatest = std::max(greatest, point.value);
        }
        bool has_least = false, has_greatest = false, has_last = false;
        for (const Point& point : drawn->points) {
            if (point.step / 100 != bucket) continue;
            has_least |= !point.is_nan && point.value == least;
            has_greatest |= !point.is_nan && point.value == greatest;
            has_last |= point.step == bucket * 100 + 99;
        }
        CHECK((has_least && has_greatest && has_last));
    }
    // So long that only outlines are read: buckets are whole blocks, and no peak is lost.
    House tall;
    Points many = training(0, 60'000);
    many[33'333].value = 50;
    many[44'444].value = -50;
    for (size_t at = 0; at < many.size(); at += 20'000) {
        tall.append({many.begin() + static_cast<std::ptrdiff_t>(at),
                     many.begin() + static_cast<std::ptrdiff_t>(at + 20'000)});
        if (at < 40'000) tall.fold();  // the last points are in the tail
    }
    const auto small =
        tall.db.write([&](store::Tx& tx) { return chart(tx, tall.series, {}, 100); });
    CHECK(small->total == 60'000);
    CHECK(small->points.size() <= 300);
    CHECK(small->points.size() >= 150);
    CHECK(std::ranges::is_sorted(small->points, is_before_by_step));
    CHECK(std::ranges::count(small->points, many[33'333]) == 1);
    CHECK(std::ranges::count(small->points, many[44'444]) == 1);
    CHECK(small->points.back() == many.back());
    for (const Point& point : small->points) CHECK(many[static_cast<size_t>(point.step)] == point);
    // The widest range of steps there is, and one step alone.
    House wide;
    wide.append({{0, INT64_MIN, 1}, {1, INT64_MAX, 2}, {2, 0, 3}});
    const auto all = wide.db.write([&](store::Tx& tx) { return chart(tx, wide.series, {}, 10); });
    CHECK(all->points.size() == 3);
    const auto one =
        wide.db.write([&](store::Tx& tx) { return chart(tx, wide.series, {0, 0}, 10); });
    CHECK(one->points == Points{{2, 0, 3}});
    tall.append({{0, 5, 1}});
    const auto few =
        tall.db.write([&](store::Tx& tx) { return chart(tx, tall.series, {10, 309}, 100); });
    CHECK(few->points == Points(many.begin() + 10, many.begin() + 310));
    const auto none =
        wide.db.write([&](store::Tx& tx) { return chart(tx, wide.series, {5, 6}, 10); });
    CHECK(none->points.empty());
}

}  // namespace rondo::series
