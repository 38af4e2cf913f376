#include "platform/store/pg_array.h"

#include <bit>
#include <cstring>

#include "base/check.h"

namespace rondo::store {
namespace {

struct Type {
    std::string_view name;
    uint32_t oid;
};
// In the order of the alternatives of Arg.
constexpr Type kTypes[] = {
    {"", 0}, {"bigint", 20}, {"double precision", 701}, {"text", 25}, {"bytea", 17}};

template <class T>
void append_big_endian(std::string& out, T value) {
    value = std::byteswap(value);
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    out.append(bytes, sizeof bytes);
}

void append_value(std::string& out, const Arg& arg) {
    if (std::holds_alternative<std::monostate>(arg)) return append_big_endian<uint32_t>(out, -1U);
    if (const auto* integer = std::get_if<int64_t>(&arg)) {
        append_big_endian<uint32_t>(out, sizeof *integer);
        return append_big_endian(out, *integer);
    }
    if (const auto* real = std::get_if<double>(&arg)) {
        append_big_endian<uint32_t>(out, sizeof *real);
        // SQLite has no negative zero
        return append_big_endian(out, std::bit_cast<uint64_t>(*real + 0.0));
    }
    const auto* text = std::get_if<std::string_view>(&arg);
    const std::string_view bytes = text != nullptr ? *text : std::get<Blob>(arg).bytes;
    append_big_endian(out, static_cast<uint32_t>(bytes.size()));
    out += bytes;
}

// 0 when the column tells no type.
size_t type_of(const Rows& rows, size_t column) {
    size_t type = 0;
    for (size_t i = column; i < rows.values().size(); i += rows.columns()) {
        const size_t found = rows.values()[i].index();
        if (found == 0 || found == type) continue;
        if (type != 0) return 0;
        type = found;
    }
    return type;
}

// PostgreSQL's binary form: dimensions, whether there are nulls, the type; then the one dimension's
// length and first index; then each value after its length.
std::string array_of(const Rows& rows, size_t column, const Type& type) {
    std::string out;
    append_big_endian<uint32_t>(out, 1);
    append_big_endian<uint32_t>(out, 1);
    append_big_endian(out, type.oid);
    append_big_endian(out, static_cast<uint32_t>(rows.count()));
    append_big_endian<uint32_t>(out, 1);
    for (size_t i = column; i < rows.values().size(); i += rows.columns())
        append_value(out, rows.values()[i]);
    return out;
}

}  // namespace

std::optional<Unnested> unnested(std::string_view head, const Rows& rows, std::string_view tail) {
    constexpr std::string_view kValues = "VALUES ";
    CHECK(head.ends_with(kValues), "the head of an insertion ends with VALUES and a space");
    Unnested out;
    if (rows.count() == 1) {
        out.sql = head;
        for (size_t column = 0; column < rows.columns(); ++column)
            out.sql.append(column == 0 ? "($" : ", $").append(std::to_string(column + 1));
        out.sql.append(")").append(tail);
        out.args.assign(rows.values().begin(), rows.values().end());
        return out;
    }
    head.remove_suffix(kValues.size());
    out.sql.append(head).append("SELECT * FROM unnest(");
    for (size_t column = 0; column < rows.columns(); ++column) {
        const size_t type = type_of(rows, column);
        if (type == 0) return std::nullopt;
        out.sql.append(column == 0 ? "$" : ", $").append(std::to_string(column + 1));
        out.sql.append("::").append(kTypes[type].name).append("[]");
        out.arrays.push_back(array_of(rows, column, kTypes[type]));
    }
    out.sql.append(")").append(tail);
    for (const std::string& array : out.arrays) out.args.emplace_back(Blob{array});
    return out;
}

}  // namespace rondo::store
