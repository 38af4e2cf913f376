#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "domain/tracking/store.h"
#include "platform/store/bulk.h"

namespace rondo::tracking {
namespace {

constexpr double kMost = std::numeric_limits<double>::max();

struct KeyInBatch {
    int64_t id = 0;
    std::optional<Point> latest;
};

std::vector<Metric> metrics_of(const std::string& key, std::span<const Point> points) {
    std::vector<Metric> out;
    out.reserve(points.size());
    for (const Point& point : points) out.push_back(metric_of(key, point));
    return out;
}

}  // namespace

Point stored_point(const Metric& metric) {
    Point point{metric.timestamp, metric.step, metric.value, std::isnan(metric.value)};
    if (point.is_nan) point.value = 0;
    if (std::isinf(point.value)) point.value = std::copysign(kMost, point.value);
    if (point.value == 0) point.value = 0;  // SQLite has no negative zero
    return point;
}

Metric metric_of(const std::string& key, const Point& point) {
    return {.key = key,
            .value = point.is_nan ? std::numeric_limits<double>::quiet_NaN() : point.value,
            .timestamp = point.timestamp,
            .step = point.step};
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

Result<KeyIds> metric_key_ids(store::Tx& tx, std::span<const std::string> names,
                              MetricKeys* known) {
    KeyIds ids, asked;
    std::vector<store::Arg> wanted;
    for (const std::string& name : names) {
        if (const auto id = known != nullptr ? known->find(name) : std::nullopt)
            ids.emplace(name, *id);
        else
            wanted.emplace_back(std::string_view(name));
    }
    if (wanted.empty()) return ids;
    const store::RowVisitor note = [&](const store::Row& row) {
        asked.emplace(row.text(0), row.integer(1));
        return true;
    };
    constexpr std::string_view kSelect = "SELECT name, id FROM metric_keys WHERE name IN ";
    TRY(store::each_of(tx, kSelect, wanted, "", note));
    std::erase_if(wanted, [&](const store::Arg& name) {
        return asked.contains(std::get<std::string_view>(name));
    });
    if (!wanted.empty()) {
        store::Rows missing(1);
        for (const store::Arg& name : wanted) missing.add(std::get<std::string_view>(name));
        TRY(store::put_many(tx, "INSERT INTO metric_keys (name) VALUES ", missing,
                            " ON CONFLICT (name) DO NOTHING"));
        TRY(store::each_of(tx, kSelect, wanted, "", note));
    }
    ids.insert(asked.begin(), asked.end());
    if (known != nullptr)
        tx.after_commit([known, asked = std::move(asked)] { known->note(asked); });
    return ids;
}

Status upsert_latest(store::Tx& tx, int64_t run, std::span<const series::KeyedPoint> points) {
    store::Rows rows(6);
    for (const auto& [key_id, p] : points)
        rows.add(run, key_id, p.timestamp, p.step, p.value, p.is_nan);
    TRY(store::put_many(
        tx, "INSERT INTO latest_metrics (run, key_id, timestamp_ms, step, value, is_nan) VALUES ",
        rows,
        " ON CONFLICT (run, key_id) DO UPDATE SET timestamp_ms = excluded.timestamp_ms, "
        "step = excluded.step, value = excluded.value, is_nan = excluded.is_nan "
        "WHERE (excluded.step, excluded.timestamp_ms, excluded.value) > "
        "(latest_metrics.step, latest_metrics.timestamp_ms, latest_metrics.value)"));
    return ok();
}

Status add_metrics(store::Tx& tx, int64_t run, std::span<const Metric> metrics, int64_t now_ms,
                   MetricKeys* known) {
    // A batch has few names, each many times over.
    std::unordered_map<std::string_view, KeyInBatch> keys;
    std::vector<KeyInBatch*> key_of;
    key_of.reserve(metrics.size());
    for (const Metric& metric : metrics) key_of.push_back(&keys[metric.key]);
    std::vector<std::string> names;
    for (const auto& [name, key] : keys) names.emplace_back(name);
    std::ranges::sort(
        names);  // in one order everywhere, so that no two batches wait for each other
    TRY_ASSIGN(const auto ids, metric_key_ids(tx, names, known));
    for (auto& [name, key] : keys) key.id = ids.at(std::string(name));
    std::vector<series::KeyedPoint> points;
    points.reserve(metrics.size());
    for (size_t i = 0; i < metrics.size(); ++i) {
        KeyInBatch& key = *key_of[i];
        const Point point = stored_point(metrics[i]);
        points.push_back({key.id, point});
        if (!key.latest || is_later(point, *key.latest)) key.latest = point;
    }
    TRY(series::append(tx, run, points, now_ms));
    std::vector<series::KeyedPoint> newest;
    for (const auto& [name, key] : keys) newest.push_back({key.id, *key.latest});
    std::ranges::sort(newest, {}, &series::KeyedPoint::key_id);
    return upsert_latest(tx, run, newest);
}

Result<std::optional<series::Series>> select_series(store::Tx& tx, int64_t run,
                                                    const std::string& key) {
    TRY_ASSIGN(const auto id, tx.one<int64_t>("SELECT id FROM metric_keys WHERE name = $1", key));
    if (!id) return std::nullopt;
    return series::Series{run, *id};
}

Result<std::vector<Metric>> select_history(store::Tx& tx, int64_t run, const std::string& key,
                                           const std::optional<Point>& after, int64_t limit) {
    TRY_ASSIGN(const auto series, select_series(tx, run, key));
    if (!series) return std::vector<Metric>{};
    TRY_ASSIGN(const auto points, series::page(tx, *series, after, limit));
    return metrics_of(key, points);
}

Result<std::vector<Metric>> sample_history(store::Tx& tx, int64_t run, const std::string& key,
                                           const series::StepRange& range, int64_t limit) {
    TRY_ASSIGN(const auto series, select_series(tx, run, key));
    if (!series) return std::vector<Metric>{};
    TRY_ASSIGN(const auto points, series::sample(tx, *series, range, limit));
    return metrics_of(key, points);
}

Result<series::Chart> draw_history(store::Tx& tx, int64_t run, const std::string& key,
                                   const series::StepRange& range, int64_t buckets) {
    TRY_ASSIGN(const auto series, select_series(tx, run, key));
    if (!series) return series::Chart{};
    return series::chart(tx, *series, range, buckets);
}

}  // namespace rondo::tracking
