#include "platform/columnar/parquet_meta.h"

#include <algorithm>
#include <optional>

#include "base/bytes.h"
#include "base/text.h"
#include "platform/columnar/thrift.h"

namespace rondo::columnar {
namespace {

constexpr std::string_view kMark = "PAR1";
constexpr size_t kTail = 8;  // the footer's length and the mark

using Kind = ThriftReader::Field;

struct Element {
    std::optional<int64_t> type, converted;
    int64_t width = 0, repetition = 0, children = 0, scale = 0;
    std::string name;
    // Of the newer description: its number, the unit of a time, whether an integer has a sign.
    int logical = 0, unit = 0;
    bool is_signed = true;
};

// The newer description of a type is a union: one field, whose number is the kind.
void read_logical(ThriftReader& in, Element& out) {
    in.each_field([&](const Kind& kind) {
        out.logical = kind.id;
        if (kind.kind != ThriftReader::structure) return in.skip(kind);
        in.each_field([&](const Kind& field) {
            if (kind.id == 5 && field.id == 1) {
                out.scale = in.integer(field);
            } else if (kind.id == 10 && field.id == 2) {
                out.is_signed = in.boolean(field);
            } else if (field.id == 2 && field.kind == ThriftReader::structure) {
                in.each_field([&](const Kind& unit) {
                    out.unit = unit.id;
                    in.skip(unit);
                });
            } else {
                in.skip(field);
            }
        });
    });
}

Element read_element(ThriftReader& in) {
    Element out;
    in.each_field([&](const Kind& field) {
        switch (field.id) {
            case 1:
                out.type = in.integer(field);
                break;
            case 2:
                out.width = in.integer(field);
                break;
            case 3:
                out.repetition = in.integer(field);
                break;
            case 4:
                out.name = in.text(field);
                break;
            case 5:
                out.children = in.integer(field);
                break;
            case 6:
                out.converted = in.integer(field);
                break;
            case 7:
                out.scale = in.integer(field);
                break;
            case 10:
                if (field.kind == ThriftReader::structure)
                    read_logical(in, out);
                else
                    in.skip(field);
                break;
            default:
                in.skip(field);
        }
    });
    return out;
}

ParquetChunk read_chunk(ThriftReader& in, bool& elsewhere) {
    ParquetChunk out;
    int64_t data = -1, dictionary = -1, bytes = -1, values = -1;
    in.each_field([&](const Kind& field) {
        if (field.id == 1) elsewhere = true;  // a path to another file
        if (field.id != 3 || field.kind != ThriftReader::structure) return in.skip(field);
        in.each_field([&](const Kind& meta) {
            switch (meta.id) {
                case 4:
                    out.codec = static_cast<Codec>(in.integer(meta));
                    break;
                case 5:
                    values = in.integer(meta);
                    break;
                case 7:
                    bytes = in.integer(meta);
                    break;
                case 9:
                    data = in.integer(meta);
                    break;
                case 11:
                    dictionary = in.integer(meta);
                    break;
                default:
                    in.skip(meta);
            }
        });
    });
    // Some writers leave a 0 where there is no dictionary.
    const int64_t start = dictionary > 0 ? std::min(dictionary, data) : data;
    out.start = static_cast<uint64_t>(start);
    out.bytes = static_cast<uint64_t>(bytes);
    out.values = static_cast<uint64_t>(values);
    return out;
}

ParquetGroup read_group(ThriftReader& in, bool& elsewhere) {
    ParquetGroup out;
    in.each_field([&](const Kind& field) {
        if (field.id == 1)
            in.each_element(field, [&] { out.chunks.push_back(read_chunk(in, elsewhere)); });
        else if (field.id == 3)
            out.rows = static_cast<uint64_t>(in.integer(field));
        else
            in.skip(field);
    });
    return out;
}

// Which type a leaf has, by its newer description, else by the older, else by what is stored.
void describe(const Element& e, ParquetColumn& out) {
    const auto set = [&](Type type, Meaning meaning) {
        out.field.type = type;
        out.meaning = meaning;
    };
    const auto time = [&](int unit) {
        set(Type::timestamp, unit == 1   ? Meaning::milliseconds
                             : unit == 2 ? Meaning::microseconds
                                         : Meaning::nanoseconds);
    };
    const int64_t converted = e.converted.value_or(-1);
    const bool is_integer = out.physical == Physical::int32 || out.physical == Physical::int64;
    const bool is_bytes = out.physical == Physical::bytes || out.physical == Physical::fixed;
    if ((e.logical == 5 || converted == 5) && (is_integer || is_bytes))
        set(Type::number, Meaning::decimal);
    else if ((e.logical == 6 || converted == 6) && out.physical == Physical::int32)
        set(Type::timestamp, Meaning::days);
    else if (e.logical == 8 && out.physical == Physical::int64)
        time(e.unit);
    else if ((converted == 9 || converted == 10) && out.physical == Physical::int64)
        time(converted == 9 ? 1 : 2);
    else if (out.physical == Physical::int96)
        time(3);
    else if (e.logical == 15 && out.physical == Physical::fixed && out.width == 2)
        set(Type::number, Meaning::half);
    else if (is_integer)
        set(Type::integer, !e.is_signed || (converted >= 11 && converted <= 14)
                               ? Meaning::is_unsigned
                               : Meaning::plain);
    else if (out.physical == Physical::boolean)
        set(Type::boolean, Meaning::plain);
    else if (is_bytes)
        set(Type::text, out.physical == Physical::bytes ? Meaning::text : Meaning::hex);
    else
        set(Type::number, Meaning::plain);
}

// How many leaves lie below an element, which moves past it. Bounded by the list's length.
size_t skip_group(const std::vector<Element>& schema, size_t& at) {
    uint64_t open = 1;
    size_t leaves = 0;
    while (open > 0 && at < schema.size()) {
        const Element& e = schema[at++];
        --open;
        if (e.children > 0)
            open += static_cast<uint64_t>(e.children);
        else
            ++leaves;
    }
    return leaves;
}

Result<std::vector<ParquetColumn>> flat_columns(const std::vector<Element>& schema,
                                                const Limits& limits) {
    std::vector<ParquetColumn> out;
    size_t at = 1, leaf = 0;
    while (at < schema.size()) {
        if (out.size() == limits.columns)
            return fail(
                Code::too_large,
                "it has more than " + grouped(static_cast<int64_t>(limits.columns)) + " columns");
        const Element& e = schema[at];
        ParquetColumn column;
        column.field.name = e.name;
        column.leaf = leaf;
        column.optional = e.repetition == 1;
        const bool nested = e.children > 0 || e.repetition == 2;
        if (!nested && (!e.type || *e.type < 0 || *e.type > 7))
            return fail(Code::invalid, "its column " + quoted(e.name) + " has no type");
        leaf += skip_group(schema, at);
        if (nested) {
            column.field.type = Type::unread;
            column.field.why = "nested";
        } else {
            column.physical = static_cast<Physical>(*e.type);
            column.width = static_cast<size_t>(std::max<int64_t>(e.width, 0));
            if (e.scale < 0 || e.scale > 76 || e.width < 0 || column.width > limits.page_bytes ||
                (column.physical == Physical::fixed && column.width == 0))
                return fail(Code::invalid, "its column " + quoted(e.name) + " has no such width");
            column.scale = static_cast<int>(e.scale);
            describe(e, column);
        }
        // What pandas keeps its row labels in is no column to it, nor to us.
        if (!e.name.starts_with("__index_level_")) out.push_back(std::move(column));
    }
    return out;
}

Status check_groups(const ParquetMeta& meta, uint64_t file_bytes, const Limits& limits) {
    uint64_t rows = 0;
    for (const ParquetGroup& group : meta.groups) {
        if (group.rows > limits.rows || (rows += group.rows) > limits.rows)
            return fail(Code::too_large, "it says that it has more than " +
                                             grouped(static_cast<int64_t>(limits.rows)) + " rows");
        for (const ParquetColumn& column : meta.columns) {
            if (column.field.type == Type::unread) continue;
            if (column.leaf >= group.chunks.size())
                return fail(Code::invalid, "its column " + quoted(column.field.name) +
                                               " is missing in a row group");
            const ParquetChunk& chunk = group.chunks[column.leaf];
            if (chunk.start > file_bytes || chunk.bytes > file_bytes - chunk.start)
                return fail(Code::invalid, "its column " + quoted(column.field.name) +
                                               " lies beyond the file's end; is the file whole?");
            if (chunk.values != group.rows)
                return fail(Code::invalid,
                            "its column " + quoted(column.field.name) + " has not one value a row");
        }
    }
    if (rows != meta.rows)
        return fail(Code::invalid, "its row groups have other rows than the file says");
    return ok();
}

}  // namespace

Result<ParquetMeta> read_parquet_meta(File& file, const Limits& limits) {
    TRY_ASSIGN(const uint64_t size, file.size());
    if (size < kMark.size() + kTail)
        return fail(Code::invalid, "it is too short for a Parquet file");
    TRY_ASSIGN(const std::string tail, file.read_at(size - kTail, kTail));
    if (tail.substr(4) == "PARE")
        return fail(Code::unsupported, "it is encrypted; write it without encryption");
    if (tail.substr(4) != kMark)
        return fail(Code::invalid, "its end is missing: a Parquet file ends with PAR1");
    const auto length = ByteReader(tail).get<uint32_t>();
    if (length > size - kMark.size() - kTail || length > limits.footer_bytes)
        return fail(Code::invalid, "its footer says that it is longer than the file");
    TRY_ASSIGN(const std::string footer, file.read_at(size - kTail - length, length));

    std::vector<Element> schema;
    ParquetMeta meta;
    bool elsewhere = false;
    ThriftReader in(footer);
    in.each_field([&](const Kind& field) {
        if (field.id == 2)
            in.each_element(field, [&] { schema.push_back(read_element(in)); });
        else if (field.id == 3)
            meta.rows = static_cast<uint64_t>(in.integer(field));
        else if (field.id == 4)
            in.each_element(field, [&] { meta.groups.push_back(read_group(in, elsewhere)); });
        else
            in.skip(field);
    });
    if (in.failed() || schema.empty()) return fail(Code::invalid, "its footer is damaged");
    if (elsewhere) return fail(Code::unsupported, "its columns lie in other files");
    TRY_ASSIGN(meta.columns, flat_columns(schema, limits));
    TRY(check_groups(meta, size, limits));
    return meta;
}

}  // namespace rondo::columnar
