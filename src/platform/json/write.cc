#include <charconv>

#include "base/text.h"
#include "platform/json/json.h"

namespace rondo::json {
namespace {

void append_int(std::string& out, int64_t value) {
    char buffer[24];
    const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
    out.append(buffer, static_cast<size_t>(end - buffer));
}

// MLflow's protobuf writes no empty list; a required one is of what it writes by hand.
bool is_omitted(const FieldInfo& field, const void* value, Dialect dialect) {
    const Shape& shape = *field.shape;
    if (shape.kind == Kind::optional) return shape.size(value) == 0;
    const bool holds_many = shape.kind == Kind::list || shape.kind == Kind::map;
    return dialect == Dialect::mlflow && holds_many && shape.size(value) == 0 &&
           field.presence != Presence::required;
}

void write_reference(std::string& out, const ObjectInfo& object) {
    out += R"({"$ref":"#/components/schemas/)";
    out += object.name;
    out += "\"}";
}

}  // namespace

void write_to(std::string& out, const Shape& shape, const void* value, Dialect dialect) {
    switch (shape.kind) {
        case Kind::text:
            append_json_string(out, *static_cast<const std::string*>(value));
            return;
        case Kind::boolean:
            out += *static_cast<const bool*>(value) ? "true" : "false";
            return;
        case Kind::int32:
            append_int(out, *static_cast<const int32_t*>(value));
            return;
        case Kind::int64:
            append_int(out, *static_cast<const int64_t*>(value));
            return;
        case Kind::real:
            append_json_double(out, *static_cast<const double*>(value));
            return;
        case Kind::time:
            out += '"' + format_time(*static_cast<const Time*>(value)) + '"';
            return;
        case Kind::duration:
            out += '"' + format_duration(*static_cast<const Micros*>(value)) + '"';
            return;
        case Kind::enumeration:
            append_json_string(out, shape.names()[static_cast<size_t>(shape.get_enum(value))]);
            return;
        case Kind::raw:
            out += static_cast<const Raw*>(value)->text;
            return;
        case Kind::object: {
            out += '{';
            bool first = true;
            for (const FieldInfo& field : shape.object().fields) {
                const void* member = static_cast<const char*>(value) + field.offset;
                if (is_omitted(field, member, dialect)) continue;
                if (!first) out += ',';
                first = false;
                out += '"';
                out += field.name;
                out += "\":";
                write_to(out, *field.shape, member, dialect);
            }
            out += '}';
            return;
        }
        case Kind::optional:
            if (shape.size(value) == 0) {
                out += "null";
            } else {
                write_to(out, shape.element(), shape.at(value, 0, nullptr), dialect);
            }
            return;
        case Kind::list: {
            out += '[';
            const size_t n = shape.size(value);
            for (size_t i = 0; i < n; ++i) {
                if (i > 0) out += ',';
                write_to(out, shape.element(), shape.at(value, i, nullptr), dialect);
            }
            out += ']';
            return;
        }
        case Kind::map: {
            out += '{';
            const size_t n = shape.size(value);
            for (size_t i = 0; i < n; ++i) {
                if (i > 0) out += ',';
                std::string_view key;
                const void* element = shape.at(value, i, &key);
                append_json_string(out, key);
                out += ':';
                write_to(out, shape.element(), element, dialect);
            }
            out += '}';
            return;
        }
    }
}

void write_schema(std::string& out, const Shape& shape) {
    switch (shape.kind) {
        case Kind::text:
            out += R"({"type":"string"})";
            return;
        case Kind::boolean:
            out += R"({"type":"boolean"})";
            return;
        case Kind::int32:
            out += R"({"type":"integer","format":"int32"})";
            return;
        case Kind::int64:
            out += R"({"type":"integer","format":"int64"})";
            return;
        case Kind::real:
            out += R"({"anyOf":[{"type":"number"},{"enum":["NaN","Infinity","-Infinity"]}]})";
            return;
        case Kind::time:
            out += R"({"type":"string","format":"date-time"})";
            return;
        case Kind::duration:
            out += R"({"type":"string","pattern":"^[0-9]+(ms|s|m|h|d)$"})";
            return;
        case Kind::enumeration: {
            out += R"({"type":"string","enum":[)";
            bool first = true;
            for (const std::string_view name : shape.names()) {
                if (!first) out += ',';
                first = false;
                append_json_string(out, name);
            }
            out += "]}";
            return;
        }
        case Kind::raw:
            out += "{}";
            return;
        case Kind::object:
            write_reference(out, shape.object());
            return;
        case Kind::optional:
            write_schema(out, shape.element());
            return;
        case Kind::list:
            out += R"({"type":"array","items":)";
            write_schema(out, shape.element());
            out += '}';
            return;
        case Kind::map:
            out += R"({"type":"object","additionalProperties":)";
            write_schema(out, shape.element());
            out += '}';
            return;
    }
}

void collect_objects(const Shape& shape, std::vector<const ObjectInfo*>& found) {
    if (shape.kind == Kind::object) {
        const ObjectInfo& object = shape.object();
        for (const ObjectInfo* known : found) {
            if (known == &object) return;
        }
        found.push_back(&object);
        for (const FieldInfo& field : object.fields) collect_objects(*field.shape, found);
    } else if (shape.element != nullptr) {
        collect_objects(shape.element(), found);
    }
}

}  // namespace rondo::json
