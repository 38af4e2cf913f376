#include "domain/predictions/format.h"

#include <xxhash.h>

#include "base/bytes.h"
#include "base/check.h"
#include "platform/json/json.h"

namespace rondo::predictions {
namespace {

constexpr std::string_view kMagic = "RONDOPL1";
constexpr size_t kMaxHeaderBytes = 1 << 20;

constexpr int kKindShift = 14;  // of an answer's kind, above the count of its numbers

// Flags of a record.
constexpr uint8_t kCandidateAnswered = 1, kChampionFailed = 2, kCandidateFailed = 4, kLabelled = 8;

uint32_t checksum(std::string_view bytes) {
    return static_cast<uint32_t>(XXH3_64bits(bytes.data(), bytes.size()));
}

void put_answer(std::string& out, const Answer& answer) {
    CHECK(answer.values.size() <= kMaxAnswerValues, "an answer of too many numbers");
    put(out, static_cast<uint16_t>(answer.values.size() | static_cast<size_t>(answer.kind)
                                                              << kKindShift));
    for (const double value : answer.values) put(out, value);
    put_text(out, answer.text);
}

Answer get_answer(ByteReader& in) {
    Answer answer;
    const auto packed = in.get<uint16_t>();
    const size_t count = packed & kMaxAnswerValues;
    answer.kind = static_cast<NumberKind>(packed >> kKindShift);
    if (in.left() / sizeof(double) < count) {
        in.take(in.left() + 1);  // marks the reader as failed
        return answer;
    }
    for (size_t i = 0; i < count; ++i) answer.values.push_back(in.get<double>());
    answer.text = in.get_text();
    return answer;
}

void put_row(std::string& out, const Schema& schema, const Row& row) {
    CHECK(row.features.size() == schema.columns.size(), "a row with another schema");
    put(out, row.key.event_us);
    put(out, row.key.unit_hash);
    put(out, row.key.sequence);
    put(out, row.route);
    put(out, row.share);
    const auto flags = static_cast<uint8_t>((row.arm == Arm::candidate ? kCandidateAnswered : 0) |
                                            (row.champion_failed ? kChampionFailed : 0) |
                                            (row.candidate_failed ? kCandidateFailed : 0) |
                                            (row.labelled ? kLabelled : 0));
    put(out, flags);
    put(out, row.arrived_us);
    put(out, row.champion);
    put(out, row.candidate);
    put(out, row.champion_us);
    put(out, row.candidate_us);
    put_text(out, row.unit);
    put_answer(out, row.champion_answer);
    put_answer(out, row.candidate_answer);
    for (size_t i = 0; i < schema.columns.size(); ++i)
        put_cell(out, schema.columns[i].type, row.features[i], row.texts);
    if (row.labelled) {
        put(out, row.label);
        put(out, row.known_us);
    }
}

// False when the bytes are no row of this schema.
bool get_row(std::string_view bytes, const Schema& schema, Row& row) {
    ByteReader in(bytes);
    row.key.event_us = in.get<int64_t>();
    row.key.unit_hash = in.get<uint64_t>();
    row.key.sequence = in.get<uint32_t>();
    row.route = in.get<uint32_t>();
    row.share = in.get<uint16_t>();
    const auto flags = in.get<uint8_t>();
    row.arm = (flags & kCandidateAnswered) != 0 ? Arm::candidate : Arm::champion;
    row.champion_failed = (flags & kChampionFailed) != 0;
    row.candidate_failed = (flags & kCandidateFailed) != 0;
    row.labelled = (flags & kLabelled) != 0;
    row.arrived_us = in.get<int64_t>();
    row.champion = in.get<int32_t>();
    row.candidate = in.get<int32_t>();
    row.champion_us = in.get<uint32_t>();
    row.candidate_us = in.get<uint32_t>();
    row.unit = in.get_text();
    row.champion_answer = get_answer(in);
    row.candidate_answer = get_answer(in);
    for (const Column& column : schema.columns) {
        Cell cell{};
        switch (column.type) {
            case ColumnType::float32:
                cell.real = in.get<float>();
                break;
            case ColumnType::float64:
                cell.real = in.get<double>();
                break;
            case ColumnType::int64:
                cell.integer = in.get<int64_t>();
                break;
            case ColumnType::text:
                cell.text = static_cast<uint32_t>(row.texts.size());
                row.texts.emplace_back(in.get_text());
                break;
        }
        row.features.push_back(cell);
    }
    if (row.labelled) {
        row.label = in.get<double>();
        row.known_us = in.get<int64_t>();
    }
    return !in.failed() && in.left() == 0;
}

// The body of the record that begins there, if it is whole.
std::optional<std::string_view> body_at(std::string_view bytes, size_t at) {
    ByteReader in(bytes.substr(at));
    const auto size = in.get<uint32_t>();
    const auto sum = in.get<uint32_t>();
    if (size > kMaxRecordBytes) return std::nullopt;
    const std::string_view body = in.take(size);
    if (in.failed() || body.empty() || sum != checksum(body)) return std::nullopt;
    return body;
}

// Reads records from whole_bytes on, up to the first that is not whole.
void read_records(std::string_view bytes, DecodedFile& file) {
    while (const auto body = body_at(bytes, file.whole_bytes)) {
        Row row;
        if (!get_row(*body, file.header.schema, row)) return;
        file.rows.push_back(std::move(row));
        file.whole_bytes += 2 * sizeof(uint32_t) + body->size();
    }
}

}  // namespace

void put_cell(std::string& out, ColumnType type, Cell cell, const std::vector<std::string>& texts) {
    switch (type) {
        case ColumnType::float32:
            put(out, static_cast<float>(cell.real));
            break;
        case ColumnType::float64:
            put(out, cell.real);
            break;
        case ColumnType::int64:
            put(out, cell.integer);
            break;
        case ColumnType::text:
            put_text(out, texts[cell.text]);
            break;
    }
}

void append_header(std::string& out, const FileHeader& header) {
    const std::string text = json::write(header);
    out += kMagic;
    put_text(out, text);
    put(out, checksum(text));
}

void append_record(std::string& out, const Schema& schema, const Row& row) {
    const size_t start = out.size();
    put(out, uint32_t{0});
    put(out, uint32_t{0});
    put_row(out, schema, row);
    const std::string_view body = std::string_view(out).substr(start + 8);
    const auto size = static_cast<uint32_t>(body.size());
    const uint32_t sum = checksum(body);
    std::memcpy(out.data() + start, &size, sizeof size);
    std::memcpy(out.data() + start + 4, &sum, sizeof sum);
}

Result<DecodedFile> decode_file(std::string_view bytes) {
    ByteReader in(bytes);
    if (in.take(kMagic.size()) != kMagic)
        return fail(Code::invalid, "no prediction log: the file starts with other bytes");
    const std::string_view header = in.get_text();
    const auto sum = in.get<uint32_t>();
    if (in.failed() || header.size() > kMaxHeaderBytes || sum != checksum(header))
        return fail(Code::invalid, "the header of a prediction log is damaged");
    DecodedFile file;
    TRY_ASSIGN(file.header, json::read<FileHeader>(header, json::Dialect::lenient));
    file.whole_bytes = in.position();
    read_records(bytes, file);
    return file;
}

Result<DecodedFile> salvage_file(std::string_view bytes) {
    TRY_ASSIGN(DecodedFile file, decode_file(bytes));
    // A torn end is at most one write long; in it, and before the next whole record, every place
    // may be where a record begins.
    for (size_t at = file.whole_bytes + 1; at < bytes.size(); ++at) {
        if (!body_at(bytes, at)) continue;
        const size_t before = file.whole_bytes;
        file.whole_bytes = at;
        read_records(bytes, file);
        if (file.whole_bytes == at) {  // a whole record of another schema: no row of ours
            file.whole_bytes = before;
            continue;
        }
        file.damaged_bytes += at - before;
        at = file.whole_bytes;
    }
    return file;
}

}  // namespace rondo::predictions
