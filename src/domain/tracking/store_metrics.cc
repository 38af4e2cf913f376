#include <algorithm>
#include <cmath>
#include <limits>

#include "domain/tracking/store.h"
#include "platform/store/bulk.h"

namespace rondo::tracking {
namespace {

constexpr std::string_view kPointColumns = " k.name, p.value, p.is_nan, p.timestamp_ms, p.step ";

// The points of one run and metric, in a range of steps.
search::Statement points_of(std::string_view select, const HistoryFilter& filter) {
    search::Statement statement;
    statement.add(select).add("FROM metric_keys k JOIN metric_points p ON p.key_id = k.id ");
    statement.add("WHERE k.name = ").bind(std::string_view(filter.key));
    statement.add(" AND p.run = ").bind(filter.run);
    if (filter.first_step) statement.add(" AND p.step >= ").bind(*filter.first_step);
    if (filter.last_step) statement.add(" AND p.step <= ").bind(*filter.last_step);
    return statement;
}

// Where the j-th of n evenly spread picks lies among `total` points, both ends among them.
int64_t position_of_pick(int64_t j, int64_t n, int64_t total) {
    return n == 1 ? total - 1 : j * (total - 1) / (n - 1);
}

}  // namespace

Point stored_point(const Metric& metric, int64_t key_id) {
    constexpr double kMost = std::numeric_limits<double>::max();
    Point point{key_id, metric.timestamp, metric.step, metric.value, std::isnan(metric.value)};
    if (point.is_nan) point.value = 0;
    if (std::isinf(point.value)) point.value = std::copysign(kMost, point.value);
    if (point.value == 0) point.value = 0;  // SQLite has no negative zero
    return point;
}

bool is_later(const Point& a, const Point& b) {
    return std::tie(a.step, a.timestamp, a.value) > std::tie(b.step, b.timestamp, b.value);
}

Metric read_metric(const store::Row& row, int first_column) {
    Metric metric;
    metric.key = row.text(first_column);
    metric.value = row.get<bool>(first_column + 2) ? std::numeric_limits<double>::quiet_NaN()
                                                   : row.real(first_column + 1);
    metric.timestamp = row.integer(first_column + 3);
    metric.step = row.integer(first_column + 4);
    return metric;
}

Result<std::map<std::string, int64_t, std::less<>>> metric_key_ids(
    store::Tx& tx, std::span<const std::string> names) {
    std::map<std::string, int64_t, std::less<>> ids;
    const store::RowVisitor note = [&](const store::Row& row) {
        ids.emplace(row.text(0), row.integer(1));
        return true;
    };
    std::vector<store::Arg> wanted;
    for (const std::string& name : names) wanted.emplace_back(std::string_view(name));
    constexpr std::string_view kSelect = "SELECT name, id FROM metric_keys WHERE name IN ";
    TRY(store::each_of(tx, kSelect, wanted, "", note));
    store::Rows missing(1);
    std::erase_if(wanted, [&](const store::Arg& name) {
        return ids.contains(std::get<std::string_view>(name));
    });
    if (wanted.empty()) return ids;
    for (const store::Arg& name : wanted) missing.add(std::get<std::string_view>(name));
    TRY(store::put_many(tx, "INSERT INTO metric_keys (name) VALUES ", missing,
                        " ON CONFLICT (name) DO NOTHING"));
    TRY(store::each_of(tx, kSelect, wanted, "", note));
    return ids;
}

Status insert_points(store::Tx& tx, int64_t run, std::span<const Point> points) {
    store::Rows rows(6);
    for (const Point& p : points) rows.add(run, p.key_id, p.timestamp, p.step, p.value, p.is_nan);
    TRY(store::put_many(tx,
                        "INSERT INTO metric_points "
                        "(run, key_id, timestamp_ms, step, value, is_nan) VALUES ",
                        rows, " ON CONFLICT DO NOTHING"));
    return ok();
}

Status upsert_latest(store::Tx& tx, int64_t run, std::span<const Point> points) {
    store::Rows rows(6);
    for (const Point& p : points) rows.add(run, p.key_id, p.timestamp, p.step, p.value, p.is_nan);
    TRY(store::put_many(
        tx, "INSERT INTO latest_metrics (run, key_id, timestamp_ms, step, value, is_nan) VALUES ",
        rows,
        " ON CONFLICT (run, key_id) DO UPDATE SET timestamp_ms = excluded.timestamp_ms, "
        "step = excluded.step, value = excluded.value, is_nan = excluded.is_nan "
        "WHERE (excluded.step, excluded.timestamp_ms, excluded.value) > "
        "(latest_metrics.step, latest_metrics.timestamp_ms, latest_metrics.value)"));
    return ok();
}

Status add_metrics(store::Tx& tx, int64_t run, std::span<const Metric> metrics) {
    std::vector<std::string> names;
    for (const Metric& metric : metrics) names.push_back(metric.key);
    std::ranges::sort(names);
    names.erase(std::ranges::unique(names).begin(), names.end());
    TRY_ASSIGN(const auto ids, metric_key_ids(tx, names));
    std::vector<Point> points;
    std::map<int64_t, Point> latest;
    for (const Metric& metric : metrics) {
        const Point point = stored_point(metric, ids.at(metric.key));
        points.push_back(point);
        const auto [known, first] = latest.try_emplace(point.key_id, point);
        if (!first && is_later(point, known->second)) known->second = point;
    }
    TRY(insert_points(tx, run, points));
    std::vector<Point> newest;
    for (const auto& [id, point] : latest) newest.push_back(point);
    return upsert_latest(tx, run, newest);
}

Result<std::vector<Metric>> select_history(store::Tx& tx, const HistoryFilter& filter,
                                           const std::optional<Point>& after, int64_t limit) {
    search::Statement statement = points_of(std::string("SELECT").append(kPointColumns), filter);
    if (after) {
        statement.add(" AND (p.timestamp_ms, p.step, p.value, p.is_nan) > (")
            .bind(after->timestamp);
        statement.add(", ").bind(after->step).add(", ").bind(after->value).add(", ");
        statement.bind(int64_t{after->is_nan}).add(")");
    }
    statement.add(" ORDER BY p.timestamp_ms, p.step, p.value, p.is_nan LIMIT ").bind(limit);
    std::vector<Metric> found;
    TRY(statement.each(tx, [&](const store::Row& row) {
        found.push_back(read_metric(row, 0));
        return true;
    }));
    return found;
}

Result<std::vector<Metric>> sample_history(store::Tx& tx, const HistoryFilter& filter,
                                           int64_t limit) {
    const search::Statement counting = points_of("SELECT count(*) ", filter);
    int64_t total = 0;
    TRY(counting.each(tx, [&](const store::Row& row) {
        total = row.integer(0);
        return false;
    }));
    search::Statement statement = points_of(std::string("SELECT").append(kPointColumns), filter);
    statement.add(" ORDER BY p.step, p.timestamp_ms, p.value, p.is_nan");
    const int64_t picks = std::min(limit, total);
    std::vector<Metric> found;
    int64_t index = 0;
    TRY(statement.each(tx, [&](const store::Row& row) {
        if (index++ == position_of_pick(std::ssize(found), picks, total))
            found.push_back(read_metric(row, 0));
        return std::ssize(found) < picks;
    }));
    return found;
}

}  // namespace rondo::tracking
