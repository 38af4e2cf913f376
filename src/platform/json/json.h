// JSON in and out by field tables (shape.h).
//
//   TRY_ASSIGN(auto message, json::read<LogMetric>(body));
//   std::string text = json::write(message);
//
// Reading checks everything a table can say: syntax, UTF-8, depth (100), types, ranges of
// integers, required fields, duplicate keys. Errors name the path: "metrics[3].key".
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "platform/json/shape.h"

namespace rondo::json {

// Which habits a protocol has.
enum class Dialect : uint8_t {
    rondo,    // unknown fields are refused by name; empty lists are written
    lenient,  // unknown fields are ignored
    mlflow,   // unknown fields are ignored, empty lists are not written, MLflow's error texts
};

// Reads text into *out, which keeps its defaults where a field is absent.
Status read_into(const Shape& shape, std::string_view text, void* out, Dialect dialect);

template <class T>
Result<T> read(std::string_view text, Dialect dialect = Dialect::rondo) {
    T out{};
    TRY(read_into(shape_of<T>(), text, &out, dialect));
    return out;
}

// One value of a query string: text that the shape converts ("5", "true"). Appends to lists.
Status read_query_value(const Shape& shape, std::string_view name, std::string_view text, void* out,
                        Dialect dialect);

// The error for a required field that is missing, in the dialect's own words.
Error missing_field(std::string_view path, Dialect dialect);

void write_to(std::string& out, const Shape& shape, const void* value, Dialect dialect);

template <class T>
std::string write(const T& value, Dialect dialect = Dialect::rondo) {
    std::string out;
    write_to(out, shape_of<T>(), &value, dialect);
    return out;
}

// The field of an object by its name, or nullptr.
const FieldInfo* find_field(const ObjectInfo& object, std::string_view name);

// A JSON schema (OpenAPI 3.1) of the shape; objects by reference to #/components/schemas/NAME.
void write_schema(std::string& out, const Shape& shape);
// All object shapes reachable from the shape, each once, appended to `found`.
void collect_objects(const Shape& shape, std::vector<const ObjectInfo*>& found);

}  // namespace rondo::json
