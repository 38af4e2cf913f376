#include "domain/drift/prepared_format.h"

#include <cmath>
#include <unordered_set>

#include "base/bytes.h"

namespace rondo::drift {
namespace {

void put_part(std::string& out, const PreparedPart& part) {
    put(out, part.offset);
    put(out, part.bytes);
    put(out, part.checksum);
}

PreparedPart get_part(ByteReader& in) {
    PreparedPart part;
    part.offset = in.get<uint64_t>();
    part.bytes = in.get<uint64_t>();
    part.checksum = in.get<uint64_t>();
    return part;
}

void put_moment(std::string& out, const std::optional<double>& value) {
    put(out, static_cast<uint8_t>(value.has_value()));
    put(out, value.value_or(0));
}
std::optional<double> get_moment(ByteReader& in) {
    const bool has = in.get<uint8_t>() != 0;
    const auto value = in.get<double>();
    return has ? std::optional(value) : std::nullopt;
}

constexpr std::array kMoments = {&Side::min, &Side::max, &Side::mean, &Side::deviation,
                                 &Side::median};

std::unexpected<Error> damaged() { return fail(Code::invalid, "its index is damaged"); }

// Whether the counts of a column fit each other and its parts.
bool fits(const PreparedColumn& column, uint64_t rows) {
    const uint64_t values = column.values.bytes / sizeof(double);
    const auto missing = static_cast<uint64_t>(column.side.missing);
    const auto infinite = static_cast<uint64_t>(column.side.infinite);
    const auto distinct = static_cast<uint64_t>(column.side.distinct);
    if (column.values.bytes % sizeof(double) != 0 || missing > rows) return false;
    if (column.field.type == columnar::Type::unread)
        return column.values.bytes + column.words.bytes + column.order.bytes == 0;
    if (column.order.bytes != rows * sizeof(uint32_t)) return false;
    if (column.field.type == columnar::Type::text)
        return infinite == 0 && distinct == values && column.words.bytes / 8 >= values;
    return column.words.bytes == 0 && infinite <= rows && values == rows - missing - infinite &&
           missing + infinite <= rows && distinct <= values && column.rounded <= values;
}

}  // namespace

std::string encode_index(const PreparedIndex& index) {
    std::string out;
    put(out, index.rows);
    put(out, index.repeated);
    put(out, static_cast<uint32_t>(index.columns.size()));
    for (const PreparedColumn& column : index.columns) {
        put_text(out, column.field.name);
        put(out, static_cast<uint8_t>(column.field.type));
        put_text(out, column.field.why);
        put(out, static_cast<uint64_t>(column.side.missing));
        put(out, static_cast<uint64_t>(column.side.infinite));
        put(out, column.rounded);
        put(out, static_cast<uint64_t>(column.side.distinct));
        for (const auto moment : kMoments) put_moment(out, column.side.*moment);
        put_part(out, column.values);
        put_part(out, column.words);
        put_part(out, column.order);
    }
    return out;
}

Result<PreparedIndex> decode_index(std::string_view bytes, uint64_t end) {
    const columnar::Limits limits;
    ByteReader in(bytes);
    PreparedIndex out;
    out.rows = in.get<uint64_t>();
    out.repeated = in.get<uint64_t>();
    const auto columns = in.get<uint32_t>();
    if (in.failed() || columns > limits.columns || out.rows == 0 || out.rows > limits.rows ||
        out.repeated >= out.rows)
        return damaged();
    uint64_t at = kPreparedHead;
    std::unordered_set<std::string> names;
    for (uint32_t i = 0; i < columns && !in.failed(); ++i) {
        PreparedColumn& column = out.columns.emplace_back();
        column.field.name = in.get_text();
        const auto type = in.get<uint8_t>();
        if (type > static_cast<uint8_t>(columnar::Type::unread)) return damaged();
        column.field.type = static_cast<columnar::Type>(type);
        column.field.why = in.get_text();
        column.side.rows = static_cast<int64_t>(out.rows);
        column.side.missing = static_cast<int64_t>(in.get<uint64_t>());
        column.side.infinite = static_cast<int64_t>(in.get<uint64_t>());
        column.rounded = in.get<uint64_t>();
        column.side.distinct = static_cast<int64_t>(in.get<uint64_t>());
        for (const auto moment : kMoments) column.side.*moment = get_moment(in);
        for (PreparedPart* part : {&column.values, &column.words, &column.order}) {
            *part = get_part(in);
            if (part->offset != at || part->bytes > end - at) return damaged();
            at += part->bytes;
        }
        if (!fits(column, out.rows) || !names.insert(column.field.name).second) return damaged();
    }
    if (in.failed() || in.left() > 0 || at != end) return damaged();
    return out;
}

}  // namespace rondo::drift
