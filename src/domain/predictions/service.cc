#include "domain/predictions/service.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "base/text.h"
#include "domain/predictions/schema.h"

namespace rondo::predictions {
namespace {

// The order of evidence: never the order of arrival, so that retries, concurrency and kills
// cannot change a result.
bool in_evidence_order(const Row& a, const Row& b) {
    return std::tie(a.key.event_us, a.unit, a.key.sequence) <
           std::tie(b.key.event_us, b.unit, b.key.sequence);
}

// Joins by key; returns how many labels found no row.
int64_t join(std::vector<Row>& rows, std::span<const Label> labels) {
    std::vector<Row*> by_key;
    by_key.reserve(rows.size());
    for (Row& row : rows) by_key.push_back(&row);
    std::sort(by_key.begin(), by_key.end(),
              [](const Row* a, const Row* b) { return a->key < b->key; });
    int64_t unmatched = 0;
    for (const Label& label : labels) {
        const auto found =
            std::lower_bound(by_key.begin(), by_key.end(), label.key,
                             [](const Row* row, const Key& key) { return row->key < key; });
        if (found == by_key.end() || (*found)->key != label.key) {
            ++unmatched;
            continue;
        }
        (*found)->labelled = true;
        (*found)->label = label.value;
        (*found)->known_us = to_micros(label.known);
    }
    return unmatched;
}

// Sorts into the order of evidence. Of rows with one key the first to arrive stays.
std::vector<Row> sorted_without_repeats(std::vector<Row> rows) {
    std::vector<Row*> order;
    order.reserve(rows.size());
    for (Row& row : rows) order.push_back(&row);
    // Addresses break ties: rows lie in the order of arrival.
    std::sort(order.begin(), order.end(), [](const Row* a, const Row* b) {
        if (in_evidence_order(*a, *b)) return true;
        return !in_evidence_order(*b, *a) && a < b;
    });
    std::vector<Row> out;
    out.reserve(rows.size());
    for (Row* row : order) {
        if (out.empty() || out.back().key != row->key) out.push_back(std::move(*row));
    }
    return out;
}

}  // namespace

Result<AcceptedLabels> Service::accept_labels(store::Tx& tx, int64_t endpoint_id,
                                              const std::string& subject,
                                              std::span<const Label> labels) const {
    AcceptedLabels out;
    std::optional<Time> contradicted;  // on the endpoint's clock
    const Time now = env_.now();
    TRY_ASSIGN(const auto sealed, sql::sealed_day(tx, endpoint_id));
    for (const Label& label : labels) {
        TRY_ASSIGN(const auto inserted, sql::insert_label(tx, endpoint_id, label, now));
        switch (inserted) {
            case sql::Inserted::yes:
                ++out.accepted;
                if (sealed && day_of(from_micros(label.key.event_us)) <= *sealed) ++out.late;
                break;
            case sql::Inserted::repeated:
                ++out.repeated;
                break;
            case sql::Inserted::contradictory:
                ++out.contradictory;
                if (!contradicted) contradicted = label.known;
                break;
        }
    }
    if (out.contradictory > 0)
        TRY(events_.publish(tx, {.kind = "labels.contradictory",
                                 .subject = subject,
                                 .data = "{\"labels\":" + std::to_string(out.contradictory) + "}",
                                 .happened = contradicted}));
    if (out.late > 0 || out.contradictory > 0) {
        sql::Sums more;
        more.labels_late = out.late;
        more.labels_contradictory = out.contradictory;
        TRY(sql::add_to_sums(tx, endpoint_id, more));
    }
    return out;
}

Result<SealedDay> Service::seal(EndpointLog& log, int64_t endpoint_id, Day day,
                                std::span<const Label> labels) const {
    TRY(log.flush());
    TRY_ASSIGN(DecodedFile file, log.read_day(day));
    file.rows = sorted_without_repeats(std::move(file.rows));
    return store_day(std::move(file), endpoint_id, day, labels);
}

Result<Service::Joined> Service::seal_pieces(int64_t endpoint_id, Day day,
                                             std::span<const Chunk> chunks,
                                             std::span<const Label> labels) const {
    DecodedFile all;
    all.header = {endpoint_id, format_day(day), {}};
    std::map<std::string, ServerSums> counts;
    std::vector<ServerSums*> origin;  // of each row
    for (const Chunk& chunk : chunks) {
        TRY_ASSIGN(const auto digest, blob::Digest::parse(chunk.digest));
        TRY_ASSIGN(const std::string bytes, blobs_.read_all(digest, kMaxSegmentBytes));
        TRY_ASSIGN(DecodedFile part, decode_file(bytes));
        if (part.whole_bytes != bytes.size())
            return fail(Code::internal, "a piece of " + format_day(day) + " from server " +
                                            chunk.server +
                                            " is cut short; restore it from a backup");
        ServerSums& of = counts[chunk.server];
        of.server = chunk.server;
        origin.insert(origin.end(), part.rows.size(), &of);
        append_part(all, std::move(part));
        if (all.rows.size() * sizeof(Row) > kMaxSegmentBytes)
            return fail(Code::too_large, "a day of predictions is too large to be sealed");
    }
    // By arrival first, so that of a repeated key the first stays, as in the log of one server.
    std::vector<size_t> order(all.rows.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
        const Row &x = all.rows[a], &y = all.rows[b];
        if (in_evidence_order(x, y)) return true;
        if (in_evidence_order(y, x)) return false;
        return std::tie(x.arrived_us, origin[a]->server, a) <
               std::tie(y.arrived_us, origin[b]->server, b);
    });
    std::vector<Row> rows;
    rows.reserve(order.size());
    for (const size_t i : order) {
        Row& row = all.rows[i];
        const auto arm = static_cast<size_t>(row.arm);
        if (!rows.empty() && rows.back().key == row.key) {
            ++origin[i]->twice[arm];
            continue;
        }
        ++origin[i]->sealed[arm];
        rows.push_back(std::move(row));
    }
    all.rows = std::move(rows);
    Joined out;
    TRY_ASSIGN(out.day, store_day(std::move(all), endpoint_id, day, labels));
    for (auto& [server, sums] : counts) out.counts.push_back(std::move(sums));
    return out;
}

// Joins sorted rows with their labels, and stores them.
Result<SealedDay> Service::store_day(DecodedFile file, int64_t endpoint_id, Day day,
                                     std::span<const Label> labels) const {
    SealedDay out;
    out.segment.unmatched = join(file.rows, labels);
    out.segment.endpoint_id = endpoint_id;
    out.segment.day = day;
    out.segment.rows = static_cast<int64_t>(file.rows.size());
    std::string bytes;
    append_header(bytes, {endpoint_id, format_day(day), file.header.schema});
    for (const Row& row : file.rows) {
        out.segment.labelled += row.labelled ? 1 : 0;
        out.segment.candidate_rows += row.arm == Arm::candidate ? 1 : 0;
        append_record(bytes, file.header.schema, row);
    }
    TRY_ASSIGN(const auto stored, blobs_.put(bytes));
    out.segment.digest = stored.digest.hex();
    out.schema = std::move(file.header.schema);
    out.rows = std::move(file.rows);
    return out;
}

Result<SealedDay> Service::read(const Segment& segment) const {
    TRY_ASSIGN(const auto digest, blob::Digest::parse(segment.digest));
    TRY_ASSIGN(const std::string bytes, blobs_.read_all(digest, kMaxSegmentBytes));
    TRY_ASSIGN(DecodedFile file, decode_file(bytes));
    if (file.whole_bytes != bytes.size())
        return fail(Code::internal, "the segment of " + format_day(segment.day) +
                                        " is cut short; restore it from a backup");
    return SealedDay{segment, std::move(file.header.schema), std::move(file.rows)};
}

Status Service::account_losses(store::Tx& tx, EndpointLog& log, int64_t endpoint_id,
                               const std::string& subject, const std::string& server) const {
    // Rows of this server that are accounted for, beside those in its files.
    std::array<int64_t, 2> known{};
    if (server.empty()) {
        TRY_ASSIGN(const sql::Sums sums, sql::sums(tx, endpoint_id));
        for (size_t arm = 0; arm < 2; ++arm) known[arm] = sums.sealed[arm] + sums.lost[arm];
    } else {
        const Counts counts = log.counts();
        if (counts.answered[0] + counts.answered[1] > 0)
            TRY(sql::take_over_sums(tx, endpoint_id, server));
        TRY_ASSIGN(const auto all, sql::server_sums(tx, endpoint_id));
        for (const ServerSums& of : all) {
            for (size_t arm = 0; arm < 2 && of.server == server; ++arm)
                known[arm] = of.sealed[arm] + of.twice[arm] + of.late[arm] + of.lost[arm];
        }
    }
    const Counts counts = log.counts();
    const auto unsealed = log.unsealed_rows();
    sql::Sums more;
    bool any = false;
    for (size_t arm = 0; arm < 2; ++arm) {
        const int64_t lost = static_cast<int64_t>(counts.answered[arm]) -
                             static_cast<int64_t>(unsealed[arm]) - known[arm];
        more.lost[arm] = std::max<int64_t>(lost, 0);
        any = any || more.lost[arm] > 0;
    }
    if (!any) return ok();
    TRY(sql::add_to_sums(tx, endpoint_id, more));
    if (!server.empty()) TRY(sql::add_lost(tx, endpoint_id, server, {more.lost[0], more.lost[1]}));
    TRY(events_.publish(tx, {.kind = "predictions.lost",
                             .subject = subject,
                             .data = "{\"champion\":" + std::to_string(more.lost[0]) +
                                     ",\"candidate\":" + std::to_string(more.lost[1]) + "}"}));
    return ok();
}

}  // namespace rondo::predictions
