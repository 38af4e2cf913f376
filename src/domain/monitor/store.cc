#include "domain/monitor/store.h"

#include "base/check.h"

namespace rondo::monitor::sql {
namespace {

template <class T>
T stored(std::string_view text) {
    T value{};
    const Status read = json::read_into(json::shape_of<T>(), text, &value, json::Dialect::lenient);
    CHECK(read.has_value(), "stored evidence that does not parse");
    return value;
}

template <class T>
std::string text_of(const T& value) {
    return json::write(value);
}

}  // namespace

Status put_reference(store::Tx& tx, int64_t endpoint_id, int32_t version,
                     const Reference& reference, Time now) {
    TRY(
        tx.exec("INSERT INTO monitor_references (endpoint_id, version, reference_value, cells, "
                "created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
                endpoint_id, version, reference.value, text_of(reference.cells), to_micros(now)));
    return ok();
}

Result<std::optional<Reference>> find_reference(store::Tx& tx, int64_t endpoint_id,
                                                int32_t version) {
    std::optional<Reference> found;
    TRY(tx.each(
        "SELECT reference_value, cells FROM monitor_references "
        "WHERE endpoint_id = $1 AND version = $2",
        [&](const store::Row& row) {
            found = Reference{row.real(0), stored<std::vector<stats::Cells>>(row.text(1))};
            return false;
        },
        endpoint_id, version));
    return found;
}

Status put_day(store::Tx& tx, int64_t endpoint_id, const DayStats& day) {
    TRY(
        tx.exec("INSERT INTO monitor_days (endpoint_id, version, day, level, rows_scored, "
                "labelled, loss_sum, growth, cell_counts) "
                "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
                "ON CONFLICT (endpoint_id, version, day) DO UPDATE SET level = excluded.level, "
                "rows_scored = excluded.rows_scored, labelled = excluded.labelled, "
                "loss_sum = excluded.loss_sum, growth = excluded.growth, "
                "cell_counts = excluded.cell_counts",
                endpoint_id, day.version, to_number(day.day), day.level, day.rows, day.labelled,
                day.loss_sum, text_of(day.bets), text_of(day.cell_counts)));
    return ok();
}

Result<std::vector<DayStats>> days_between(store::Tx& tx, int64_t endpoint_id, int32_t version,
                                           Day first, Day last) {
    std::vector<DayStats> days;
    TRY(tx.each(
        "SELECT day, level, rows_scored, labelled, loss_sum, growth, cell_counts "
        "FROM monitor_days WHERE endpoint_id = $1 AND version = $2 AND day >= $3 "
        "AND day <= $4 ORDER BY day",
        [&](const store::Row& row) {
            days.push_back({day_from_number(static_cast<int32_t>(row.integer(0))), version,
                            row.real(1), row.integer(2), row.integer(3), row.real(4),
                            stored<stats::LevelBets>(row.text(5)),
                            stored<std::vector<std::vector<int64_t>>>(row.text(6))});
            return true;
        },
        endpoint_id, version, to_number(first), to_number(last)));
    return days;
}

Status put_window(store::Tx& tx, int64_t endpoint_id, const Window& window) {
    TRY(
        tx.exec("INSERT INTO monitor_windows (endpoint_id, tick_us, data) VALUES ($1, $2, $3) "
                "ON CONFLICT DO NOTHING",
                endpoint_id, to_micros(window.tick), text_of(window)));
    return ok();
}

Result<std::vector<Window>> windows_after(store::Tx& tx, int64_t endpoint_id, Time after,
                                          int limit) {
    std::vector<Window> found;
    TRY(tx.each(
        "SELECT data FROM monitor_windows WHERE endpoint_id = $1 AND tick_us > $2 "
        "ORDER BY tick_us LIMIT $3",
        [&](const store::Row& row) {
            found.push_back(stored<Window>(row.text(0)));
            return true;
        },
        endpoint_id, to_micros(after), limit));
    return found;
}

Result<std::optional<Window>> latest_window(store::Tx& tx, int64_t endpoint_id) {
    std::optional<Window> found;
    TRY(tx.each(
        "SELECT data FROM monitor_windows WHERE endpoint_id = $1 "
        "ORDER BY tick_us DESC LIMIT 1",
        [&](const store::Row& row) {
            found = stored<Window>(row.text(0));
            return false;
        },
        endpoint_id));
    return found;
}

}  // namespace rondo::monitor::sql
