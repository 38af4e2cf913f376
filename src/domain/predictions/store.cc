#include "domain/predictions/store.h"

namespace rondo::predictions::sql {

Result<Inserted> insert_label(store::Tx& tx, int64_t endpoint_id, const Label& label,
                              Time arrived) {
    const auto unit = static_cast<int64_t>(label.key.unit_hash);
    TRY_ASSIGN(const int64_t inserted,
               tx.exec("INSERT INTO labels (endpoint_id, event_us, unit_hash, sequence, value, "
                       "known_us, arrived_us) VALUES ($1, $2, $3, $4, $5, $6, $7) "
                       "ON CONFLICT DO NOTHING",
                       endpoint_id, label.key.event_us, unit, label.key.sequence, label.value,
                       to_micros(label.known), to_micros(arrived)));
    if (inserted == 1) return Inserted::yes;
    TRY_ASSIGN(const auto first,
               tx.one<double>("SELECT value FROM labels WHERE endpoint_id = $1 AND event_us = $2 "
                              "AND unit_hash = $3 AND sequence = $4",
                              endpoint_id, label.key.event_us, unit, label.key.sequence));
    return first == label.value ? Inserted::repeated : Inserted::contradictory;
}

Result<std::vector<Label>> labels_between(store::Tx& tx, int64_t endpoint_id, Time from, Time to,
                                          Time known_by) {
    std::vector<Label> labels;
    TRY(tx.each(
        "SELECT event_us, unit_hash, sequence, value, known_us FROM labels "
        "WHERE endpoint_id = $1 AND event_us >= $2 AND event_us < $3 AND known_us <= $4 "
        "ORDER BY event_us, unit_hash, sequence",
        [&](const store::Row& row) {
            labels.push_back({{row.integer(0), static_cast<uint64_t>(row.integer(1)),
                               static_cast<uint32_t>(row.integer(2))},
                              row.real(3),
                              from_micros(row.integer(4))});
            return true;
        },
        endpoint_id, to_micros(from), to_micros(to), to_micros(known_by)));
    return labels;
}

Result<std::set<Day>> days_of_labels(store::Tx& tx, int64_t endpoint_id, std::optional<Day> after,
                                     Day last) {
    std::set<Day> days;
    const int64_t end = to_micros(Time{last + std::chrono::days{1}});
    int64_t from = after ? to_micros(Time{*after + std::chrono::days{1}}) : INT64_MIN;
    while (from < end) {  // jumps from day to day, so it costs one look at the index for each
        TRY_ASSIGN(const auto next, tx.one<std::optional<int64_t>>(
                                        "SELECT min(event_us) FROM labels WHERE endpoint_id = $1 "
                                        "AND event_us >= $2 AND event_us < $3",
                                        endpoint_id, from, end));
        if (!next || !*next) break;
        const Day day = day_of(from_micros(**next));
        days.insert(day);
        from = to_micros(Time{day + std::chrono::days{1}});
    }
    return days;
}

Result<std::optional<Day>> sealed_day(store::Tx& tx, int64_t endpoint_id) {
    TRY_ASSIGN(const auto day,
               tx.one<std::optional<int32_t>>(
                   "SELECT max(day) FROM prediction_segments WHERE endpoint_id = $1", endpoint_id));
    if (!day || !*day) return std::nullopt;
    return day_from_number(**day);
}

Status insert_segment(store::Tx& tx, const Segment& segment, Time sealed_at) {
    TRY(
        tx.exec("INSERT INTO prediction_segments (endpoint_id, day, digest, rows_total, "
                "rows_candidate, rows_labelled, labels_unmatched, sealed_at) "
                "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                segment.endpoint_id, to_number(segment.day), segment.digest, segment.rows,
                segment.candidate_rows, segment.labelled, segment.unmatched, to_micros(sealed_at)));
    Sums more;
    more.sealed[0] = segment.rows - segment.candidate_rows;
    more.sealed[1] = segment.candidate_rows;
    more.labels_unmatched = segment.unmatched;
    return add_to_sums(tx, segment.endpoint_id, more);
}

Result<std::vector<Segment>> segments_between(store::Tx& tx, int64_t endpoint_id, Day from,
                                              Day to) {
    std::vector<Segment> segments;
    TRY(tx.each(
        "SELECT day, digest, rows_total, rows_labelled, rows_candidate, labels_unmatched "
        "FROM prediction_segments WHERE endpoint_id = $1 AND day >= $2 AND day <= $3 "
        "ORDER BY day",
        [&](const store::Row& row) {
            segments.push_back({endpoint_id, day_from_number(static_cast<int32_t>(row.integer(0))),
                                row.get<std::string>(1), row.integer(2), row.integer(3),
                                row.integer(4), row.integer(5)});
            return true;
        },
        endpoint_id, to_number(from), to_number(to)));
    return segments;
}

Result<Sums> sums(store::Tx& tx, int64_t endpoint_id) {
    Sums out;
    TRY(tx.each(
        "SELECT sealed_champion, sealed_candidate, lost_champion, lost_candidate, "
        "labels_late, labels_contradictory, labels_unmatched FROM prediction_counts "
        "WHERE endpoint_id = $1",
        [&](const store::Row& row) {
            out = {{row.integer(0), row.integer(1)},
                   {row.integer(2), row.integer(3)},
                   row.integer(4),
                   row.integer(5),
                   row.integer(6)};
            return false;
        },
        endpoint_id));
    return out;
}

Status add_to_sums(store::Tx& tx, int64_t endpoint_id, const Sums& more) {
    TRY(tx.exec(
        "INSERT INTO prediction_counts (endpoint_id, sealed_champion, sealed_candidate, "
        "lost_champion, lost_candidate, labels_late, labels_contradictory, "
        "labels_unmatched) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) "
        "ON CONFLICT (endpoint_id) DO UPDATE SET "
        "sealed_champion = prediction_counts.sealed_champion + excluded.sealed_champion, "
        "sealed_candidate = prediction_counts.sealed_candidate + excluded.sealed_candidate, "
        "lost_champion = prediction_counts.lost_champion + excluded.lost_champion, "
        "lost_candidate = prediction_counts.lost_candidate + excluded.lost_candidate, "
        "labels_late = prediction_counts.labels_late + excluded.labels_late, "
        "labels_contradictory = prediction_counts.labels_contradictory + "
        "excluded.labels_contradictory, "
        "labels_unmatched = prediction_counts.labels_unmatched + excluded.labels_unmatched",
        endpoint_id, more.sealed[0], more.sealed[1], more.lost[0], more.lost[1], more.labels_late,
        more.labels_contradictory, more.labels_unmatched));
    return ok();
}

}  // namespace rondo::predictions::sql
