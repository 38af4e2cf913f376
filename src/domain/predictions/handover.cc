#include "domain/predictions/handover.h"

#include <algorithm>

#include "domain/predictions/store.h"

namespace rondo::predictions {
namespace {

// Of one piece: what a server holds in memory for it, and what is read at once when it is sealed.
constexpr size_t kPieceBytes = 64 << 20;

constexpr std::string_view kChunkColumns =
    "SELECT day, server, generation, begin_at, end_at, digest, rows_champion, rows_candidate "
    "FROM prediction_chunks ";

Chunk chunk_from(const store::Row& row) {
    return {day_from_number(static_cast<int32_t>(row.integer(0))),
            row.get<std::string>(1),
            row.get<int32_t>(2),
            static_cast<uint64_t>(row.integer(3)),
            static_cast<uint64_t>(row.integer(4)),
            row.get<std::string>(5),
            {row.integer(6), row.integer(7)}};
}

template <class... A>
Result<std::vector<Chunk>> chunks_where(store::Tx& tx, std::string_view where, const A&... args) {
    std::vector<Chunk> found;
    TRY(tx.each(
        std::string(kChunkColumns) + std::string(where) +
            " ORDER BY day, server, generation, begin_at",
        [&](const store::Row& row) {
            found.push_back(chunk_from(row));
            return true;
        },
        args...));
    return found;
}

// The row of a server for an endpoint, made when it is not there.
Status ensure_row(store::Tx& tx, int64_t endpoint_id, const std::string& server) {
    TRY(
        tx.exec("INSERT INTO endpoint_servers (endpoint_id, server, shipped_session, shipped_us, "
                "route_seen, answered_champion, answered_candidate, sealed_champion, "
                "sealed_candidate, twice_champion, twice_candidate, late_champion, "
                "late_candidate, lost_champion, lost_candidate) VALUES ($1, $2, '', $3, 0, 0, 0, "
                "0, 0, 0, 0, 0, 0, 0, 0) ON CONFLICT DO NOTHING",
                endpoint_id, server, INT64_MIN));
    return ok();
}

Result<bool> insert_chunk(store::Tx& tx, int64_t endpoint_id, const Chunk& chunk) {
    TRY_ASSIGN(const int64_t made,
               tx.exec("INSERT INTO prediction_chunks (endpoint_id, day, server, generation, "
                       "begin_at, end_at, digest, rows_champion, rows_candidate) VALUES "
                       "($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
                       endpoint_id, to_number(chunk.day), chunk.server, chunk.generation,
                       chunk.begin, chunk.end, chunk.digest, chunk.rows[0], chunk.rows[1]));
    return made == 1;
}

Status add_late(store::Tx& tx, int64_t endpoint_id, const Chunk& chunk) {
    TRY(
        tx.exec("UPDATE endpoint_servers SET late_champion = late_champion + $1, "
                "late_candidate = late_candidate + $2 WHERE endpoint_id = $3 AND server = $4",
                chunk.rows[0], chunk.rows[1], endpoint_id, chunk.server));
    return ok();
}

}  // namespace

namespace sql {

Result<std::vector<Chunk>> open_chunks(store::Tx& tx, int64_t endpoint_id, Day first, Day last) {
    return chunks_where(tx, "WHERE endpoint_id = $1 AND day >= $2 AND day <= $3 AND digest <> ''",
                        endpoint_id, to_number(first), to_number(last));
}

Result<std::optional<Day>> first_open_day(store::Tx& tx, int64_t endpoint_id) {
    TRY_ASSIGN(const auto day, tx.one<std::optional<int32_t>>(
                                   "SELECT min(day) FROM prediction_chunks WHERE endpoint_id = $1 "
                                   "AND digest <> ''",
                                   endpoint_id));
    if (!day || !*day) return std::nullopt;
    return day_from_number(**day);
}

Result<std::vector<Chunk>> chunks_of_server(store::Tx& tx, int64_t endpoint_id,
                                            const std::string& server) {
    return chunks_where(tx, "WHERE endpoint_id = $1 AND server = $2", endpoint_id, server);
}

Status close_chunks(store::Tx& tx, int64_t endpoint_id, Day day) {
    TRY(tx.exec("UPDATE prediction_chunks SET digest = '' WHERE endpoint_id = $1 AND day = $2",
                endpoint_id, to_number(day)));
    return ok();
}

Result<std::vector<ServerSums>> server_sums(store::Tx& tx, int64_t endpoint_id) {
    std::vector<ServerSums> sums;
    TRY(tx.each(
        "SELECT server, answered_champion, answered_candidate, sealed_champion, "
        "sealed_candidate, twice_champion, twice_candidate, late_champion, late_candidate, "
        "lost_champion, lost_candidate FROM endpoint_servers WHERE endpoint_id = $1 "
        "ORDER BY server",
        [&](const store::Row& row) {
            const auto pair = [&](int column) {
                return std::array{row.integer(column), row.integer(column + 1)};
            };
            sums.push_back(
                {row.get<std::string>(0), pair(1), pair(3), pair(5), pair(7), pair(9), {}});
            return true;
        },
        endpoint_id));
    TRY(tx.each(
        "SELECT server, sum(rows_champion), sum(rows_candidate) FROM prediction_chunks "
        "WHERE endpoint_id = $1 AND digest <> '' GROUP BY server",
        [&](const store::Row& row) {
            for (ServerSums& of : sums) {
                if (of.server == row.text(0)) of.open = {row.integer(1), row.integer(2)};
            }
            return true;
        },
        endpoint_id));
    return sums;
}

Status add_sealed(store::Tx& tx, int64_t endpoint_id, const ServerSums& more) {
    TRY(tx.exec(
        "UPDATE endpoint_servers SET sealed_champion = sealed_champion + $1, "
        "sealed_candidate = sealed_candidate + $2, twice_champion = twice_champion + $3, "
        "twice_candidate = twice_candidate + $4 WHERE endpoint_id = $5 AND server = $6",
        more.sealed[0], more.sealed[1], more.twice[0], more.twice[1], endpoint_id, more.server));
    return ok();
}

Status add_lost(store::Tx& tx, int64_t endpoint_id, const std::string& server,
                std::array<int64_t, 2> lost) {
    TRY(ensure_row(tx, endpoint_id, server));
    TRY(
        tx.exec("UPDATE endpoint_servers SET lost_champion = lost_champion + $1, "
                "lost_candidate = lost_candidate + $2 WHERE endpoint_id = $3 AND server = $4",
                lost[0], lost[1], endpoint_id, server));
    return ok();
}

Status put_route_seen(store::Tx& tx, int64_t endpoint_id, const std::string& server,
                      int64_t route_number) {
    TRY(ensure_row(tx, endpoint_id, server));
    TRY(tx.exec(
        "UPDATE endpoint_servers SET route_seen = $1 WHERE endpoint_id = $2 AND server = $3",
        route_number, endpoint_id, server));
    return ok();
}

Result<std::vector<std::string>> behind(store::Tx& tx, int64_t endpoint_id,
                                        const Handover& wanted) {
    return tx.all<std::string>(
        "SELECT s.address FROM servers s LEFT JOIN endpoint_servers e ON e.server = s.id AND "
        "e.endpoint_id = $1 WHERE s.state = 'running' AND (e.server IS NULL OR "
        "e.shipped_us < $2 OR e.shipped_session <> $3) ORDER BY s.address LIMIT 100",
        endpoint_id, to_micros(wanted.until), wanted.session);
}

Result<std::vector<std::string>> not_following(store::Tx& tx, int64_t endpoint_id,
                                               const std::string& session) {
    return tx.all<std::string>(
        "SELECT s.address FROM servers s LEFT JOIN endpoint_servers e ON e.server = s.id AND "
        "e.endpoint_id = $1 WHERE s.state = 'running' AND (e.server IS NULL OR "
        "s.session_seen <> $2 OR e.route_seen < (SELECT coalesce(max(number), 0) FROM routes "
        "WHERE endpoint_id = $3)) ORDER BY s.address LIMIT 100",
        endpoint_id, session, endpoint_id);
}

}  // namespace sql

Status Shipper::recall(EndpointLog& log, int64_t endpoint_id) const {
    TRY_ASSIGN(const auto chunks, db_.read_now([&](store::Tx& tx) {
        return sql::chunks_of_server(tx, endpoint_id, server_);
    }));
    for (const Chunk& chunk : chunks) log.mark_handed_over(chunk.day, chunk.generation, chunk.end);
    return ok();
}

Status Shipper::hand_over(EndpointLog& log, int64_t endpoint_id,
                          const std::optional<Handover>& done) const {
    while (true) {
        TRY(log.flush());
        const Counts counts = log.counts();
        TRY_ASSIGN(const auto pieces, log.pieces(kPieceBytes));
        std::vector<Chunk> chunks;
        for (const Piece& piece : pieces) {
            TRY_ASSIGN(const auto stored, blobs_.put(piece.bytes));
            chunks.push_back(
                {piece.day,
                 server_,
                 piece.generation,
                 piece.begin,
                 piece.end,
                 stored.digest.hex(),
                 {static_cast<int64_t>(piece.rows[0]), static_cast<int64_t>(piece.rows[1])}});
        }
        const bool all =
            std::none_of(pieces.begin(), pieces.end(), [](const Piece& p) { return p.cut; });
        const Status registered = db_.write_now(store::Durability::full, [&](store::Tx& tx) {
            return register_pieces(tx, endpoint_id, chunks, counts, all ? done : std::nullopt);
        });
        if (!registered) TRY(recall(log, endpoint_id));
        TRY(registered);
        for (const Chunk& chunk : chunks)
            log.mark_handed_over(chunk.day, chunk.generation, chunk.end);
        if (all) return ok();
    }
}

Status Shipper::register_pieces(store::Tx& tx, int64_t endpoint_id,
                                const std::vector<Chunk>& chunks, const Counts& counts,
                                const std::optional<Handover>& done) const {
    TRY(ensure_row(tx, endpoint_id, server_));
    TRY_ASSIGN(const auto sealed, sql::sealed_day(tx, endpoint_id));
    for (Chunk chunk : chunks) {
        const bool late = sealed && chunk.day <= *sealed;
        if (late) chunk.digest.clear();
        TRY_ASSIGN(const bool made, insert_chunk(tx, endpoint_id, chunk));
        // A commit whose answer was cut off had come through: look what it holds.
        if (!made) return fail(Code::conflict, "a piece of the log is registered already");
        if (late) TRY(add_late(tx, endpoint_id, chunk));
    }
    TRY(
        tx.exec("UPDATE endpoint_servers SET answered_champion = $1, answered_candidate = $2 "
                "WHERE endpoint_id = $3 AND server = $4",
                counts.answered[0], counts.answered[1], endpoint_id, server_));
    if (!done) return ok();
    TRY(
        tx.exec("UPDATE endpoint_servers SET shipped_session = $1, shipped_us = $2 "
                "WHERE endpoint_id = $3 AND server = $4",
                done->session, to_micros(done->until), endpoint_id, server_));
    return ok();
}

Status Shipper::close_days(EndpointLog& log, int64_t endpoint_id, Day sealed) const {
    const auto days = log.open_days();
    if (days.empty() || days.front() > sealed) return ok();
    // What came too late is registered as such first: a kill in between counts nothing twice.
    TRY(hand_over(log, endpoint_id, std::nullopt));
    for (const Day day : days) {
        if (day <= sealed) TRY(log.drop_day(day));
    }
    return db_.write_now(store::Durability::normal, [&](store::Tx& tx) -> Status {
        TRY(
            tx.exec("DELETE FROM prediction_chunks WHERE endpoint_id = $1 AND server = $2 AND "
                    "day <= $3 AND digest = ''",
                    endpoint_id, server_, to_number(sealed)));
        return ok();
    });
}

}  // namespace rondo::predictions
