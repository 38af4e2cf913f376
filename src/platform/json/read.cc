#include <simdjson.h>

#include <charconv>
#include <cmath>
#include <limits>

#include "base/text.h"
#include "platform/json/json.h"
#include "platform/json/parser.h"

namespace rondo::json {
namespace {

namespace dom = simdjson::dom;

// The path to the value being read, kept as a chain on the stack: building text costs only
// when there is an error.
struct Path {
    const Path* parent;
    std::string_view name;  // of a field, or empty for a list element
    size_t index = 0;

    std::string text() const {
        std::string out = parent == nullptr ? "" : parent->text();
        if (parent == nullptr) return out;
        if (name.empty()) return out + "[" + std::to_string(index) + "]";
        if (!out.empty()) out += '.';
        return out.append(name);
    }
};

constexpr std::string_view kNoNul = "text without NUL characters";

// MLflow's words for a value of the wrong type; its clients' tests know them.
std::string mlflow_words(std::string_view shown, std::string_view path, std::string_view type) {
    return "Invalid value " + std::string(shown) + " for parameter '" + std::string(path) +
           "' supplied:  Hint: Value was of type '" + std::string(type) +
           "'. See the API docs for more information about request parameters.";
}

// What Python calls the type of a value.
std::string_view python_type(dom::element in) {
    switch (in.type()) {
        case dom::element_type::ARRAY:
            return "list";
        case dom::element_type::OBJECT:
            return "dict";
        case dom::element_type::DOUBLE:
            return "float";
        case dom::element_type::STRING:
            return "str";
        case dom::element_type::BOOL:
            return "bool";
        case dom::element_type::NULL_VALUE:
            return "NoneType";
        default:
            return "int";
    }
}

class Reader {
  public:
    explicit Reader(Dialect dialect) : dialect_(dialect) {}

    Status read(const Shape& shape, dom::element in, void* out, const Path& path) {
        switch (shape.kind) {
            case Kind::text: {
                std::string_view text;
                if (in.get(text)) return wrong(in, path, "a string");
                if (!is_storable(text)) return wrong(in, path, kNoNul);
                static_cast<std::string*>(out)->assign(text);
                return ok();
            }
            case Kind::boolean:
                if (in.get(*static_cast<bool*>(out))) return wrong(in, path, "true or false");
                return ok();
            case Kind::int32: {
                TRY_ASSIGN(const int64_t value, integer(in, path));
                if (value < INT32_MIN || value > INT32_MAX)
                    return wrong(in, path, "an integer of 32 bits");
                *static_cast<int32_t*>(out) = static_cast<int32_t>(value);
                return ok();
            }
            case Kind::int64: {
                TRY_ASSIGN(*static_cast<int64_t*>(out), integer(in, path));
                return ok();
            }
            case Kind::real:
                return real(in, *static_cast<double*>(out), path);
            case Kind::time: {
                std::string_view text;
                if (in.get(text)) return wrong(in, path, "a time such as 2013-07-01T12:00:00Z");
                auto time = parse_time(text);
                if (!time) return fail(Code::invalid, time.error().message, path.text());
                *static_cast<Time*>(out) = *time;
                return ok();
            }
            case Kind::duration: {
                std::string_view text;
                if (in.get(text)) return wrong(in, path, "a duration such as 90s, 12h or 7d");
                auto duration = parse_duration(text);
                if (!duration) return fail(Code::invalid, duration.error().message, path.text());
                *static_cast<Micros*>(out) = *duration;
                return ok();
            }
            case Kind::enumeration:
                return enumeration(shape, in, out, path);
            case Kind::raw:
                static_cast<Raw*>(out)->text = simdjson::minify(in);
                return ok();
            case Kind::object:
                return object(shape.object(), in, out, path);
            case Kind::optional:
                if (in.is_null()) {
                    shape.clear(out);
                    return ok();
                }
                return read(shape.element(), in, shape.add(out, {}), path);
            case Kind::list:
                return list(shape, in, out, path);
            case Kind::map:
                return map(shape, in, out, path);
        }
        return ok();
    }

  private:
    // Text ends in text columns, and PostgreSQL's end at a NUL. Tensors of the lenient protocols
    // may hold any bytes.
    bool is_storable(std::string_view text) const {
        return dialect_ == Dialect::lenient || text.find('\0') == std::string_view::npos;
    }

    Status wrong(dom::element in, const Path& path, std::string_view wanted) const {
        const std::string where = path.text();
        std::string shown = simdjson::minify(in);
        if (shown.size() > 120) shown = shown.substr(0, 120) + "...";
        std::string message;
        if (dialect_ == Dialect::mlflow) {
            message = wanted == kNoNul ? "Invalid value " + shown + " for parameter '" + where +
                                             "' supplied: it has to be " + std::string(wanted)
                                       : mlflow_words(shown, where, python_type(in));
        } else if (where.empty()) {
            message = "the body has to be " + std::string(wanted);
        } else {
            message = "'" + where + "' has to be " + std::string(wanted) + ", not " + shown;
        }
        return fail(Code::invalid, std::move(message), where);
    }

    Result<int64_t> integer(dom::element in, const Path& path) const {
        int64_t value = 0;
        if (!in.get(value)) return value;
        std::string_view text;
        if (!in.get(text)) {  // protobuf's JSON writes int64 as a string
            if (const auto parsed = parse_int(text)) return *parsed;
        }
        double real = 0;
        bool number = !in.get(real);
        if (dialect_ == Dialect::mlflow && !number) {  // "1.0" too
            const auto parsed = parse_double(text);
            number = parsed.has_value();
            if (number) real = *parsed;
        }
        if (number && std::trunc(real) == real && std::abs(real) < 9.2e18)
            return static_cast<int64_t>(real);
        return std::unexpected(wrong(in, path, "an integer").error());
    }

    Status real(dom::element in, double& out, const Path& path) const {
        if (!in.is_bool() && !in.get(out)) return ok();
        std::string_view text;
        if (!in.get(text)) {
            if (text == "NaN" || text == "nan") {
                out = std::numeric_limits<double>::quiet_NaN();
                return ok();
            }
            if (text == "Infinity" || text == "-Infinity") {
                out = text[0] == '-' ? -std::numeric_limits<double>::infinity()
                                     : std::numeric_limits<double>::infinity();
                return ok();
            }
            if (dialect_ == Dialect::mlflow) {
                if (const auto parsed = parse_double(text)) {
                    out = *parsed;
                    return ok();
                }
            }
        }
        return wrong(in, path, "a number");
    }

    Status enumeration(const Shape& shape, dom::element in, void* out, const Path& path) const {
        std::string_view text;
        const auto names = shape.names();
        if (!in.get(text)) {
            for (size_t i = 0; i < names.size(); ++i) {
                if (names[i] == text) {
                    shape.set_enum(out, static_cast<int>(i));
                    return ok();
                }
            }
        }
        std::string wanted = "one of";
        for (size_t i = 0; i < names.size(); ++i)
            wanted += (i == 0 ? " " : ", ") + std::string(names[i]);
        return wrong(in, path, wanted);
    }

    Status object(const ObjectInfo& info, dom::element in, void* out, const Path& path) {
        dom::object fields;
        if (in.get(fields)) return wrong(in, path, "an object");
        uint64_t seen = 0;
        uint64_t filled = 0;
        size_t guess = 0;  // fields mostly come in the table's order
        for (const auto [name, value] : fields) {
            size_t index = info.fields.size();
            if (guess < info.fields.size() && info.fields[guess].name == name) {
                index = guess;
            } else if (const FieldInfo* found = find_field(info, name)) {
                index = static_cast<size_t>(found - info.fields.data());
            }
            const Path here{&path, name};
            if (index == info.fields.size()) {
                if (dialect_ == Dialect::rondo)
                    return fail(Code::invalid, "unknown field '" + here.text() + "'", here.text());
                continue;
            }
            if ((seen >> index & 1) != 0)
                return fail(Code::invalid, "'" + here.text() + "' is given twice", here.text());
            if (value.is_null()) continue;  // null means absent, as in protobuf's JSON
            seen |= uint64_t{1} << index;
            const FieldInfo& field = info.fields[index];
            void* const member = static_cast<char*>(out) + field.offset;
            TRY(read(*field.shape, value, member, here));
            if (!counts_as_absent(field, member)) filled |= uint64_t{1} << index;
            guess = index + 1;
        }
        for (size_t i = 0; i < info.fields.size(); ++i) {
            if (info.fields[i].presence == Presence::required && (filled >> i & 1) == 0)
                return fail(missing_field(Path{&path, info.fields[i].name}.text(), dialect_));
        }
        return ok();
    }

    // MLflow's protobuf cannot tell an empty text from none: a required one has to say something.
    bool counts_as_absent(const FieldInfo& field, const void* member) const {
        return dialect_ == Dialect::mlflow && field.shape->kind == Kind::text &&
               static_cast<const std::string*>(member)->empty();
    }

    Status list(const Shape& shape, dom::element in, void* out, const Path& path) {
        dom::array items;
        if (in.get(items)) return wrong(in, path, "a list");
        shape.clear(out);
        size_t index = 0;
        for (const dom::element item : items) {
            TRY(read(shape.element(), item, shape.add(out, {}), Path{&path, {}, index++}));
        }
        return ok();
    }

    Status map(const Shape& shape, dom::element in, void* out, const Path& path) {
        dom::object items;
        if (in.get(items)) return wrong(in, path, "an object");
        shape.clear(out);
        for (const auto [key, value] : items) {
            const Path here{&path, key};
            if (!is_storable(key))
                return fail(Code::invalid, "'" + path.text() + "' has a key with a NUL character",
                            path.text());
            const size_t before = shape.size(out);
            void* const element = shape.add(out, key);
            if (shape.size(out) == before)
                return fail(Code::invalid, "'" + here.text() + "' is given twice", here.text());
            TRY(read(shape.element(), value, element, here));
        }
        return ok();
    }

    Dialect dialect_;
};

}  // namespace

const FieldInfo* find_field(const ObjectInfo& object, std::string_view name) {
    for (const FieldInfo& field : object.fields) {
        if (field.name == name) return &field;
    }
    return nullptr;
}

Error missing_field(std::string_view path, Dialect dialect) {
    std::string message =
        dialect == Dialect::mlflow
            ? "Missing value for required parameter '" + std::string(path) +
                  "'. See the API docs for more information about request parameters."
            : "'" + std::string(path) + "' is required";
    return {Code::invalid, std::move(message), std::string(path)};
}

Status read_into(const Shape& shape, std::string_view text, void* out, Dialect dialect) {
    return with_parsed(text, [&](const dom::element& root) {
        return Reader(dialect).read(shape, root, out, Path{nullptr, {}});
    });
}

Status read_query_value(const Shape& shape, std::string_view name, std::string_view text, void* out,
                        Dialect dialect) {
    const auto wrong = [&](std::string_view wanted) {
        return fail(Code::invalid,
                    dialect == Dialect::mlflow
                        ? mlflow_words("\"" + std::string(text) + "\"", name, "str")
                        : "'" + std::string(name) + "' has to be " + std::string(wanted),
                    std::string(name));
    };
    switch (shape.kind) {
        case Kind::text:
            static_cast<std::string*>(out)->assign(text);
            return ok();
        case Kind::boolean:
            if (text != "true" && text != "false") return wrong("true or false");
            *static_cast<bool*>(out) = text == "true";
            return ok();
        case Kind::int32:
        case Kind::int64: {
            const auto value = parse_int(text);
            if (!value) return wrong("an integer");
            if (shape.kind == Kind::int64) {
                *static_cast<int64_t*>(out) = *value;
                return ok();
            }
            if (*value < INT32_MIN || *value > INT32_MAX) return wrong("an integer of 32 bits");
            *static_cast<int32_t*>(out) = static_cast<int32_t>(*value);
            return ok();
        }
        case Kind::real: {
            const auto value = parse_double(text);
            if (!value) return wrong("a number");
            *static_cast<double*>(out) = *value;
            return ok();
        }
        case Kind::time: {
            auto time = parse_time(text);
            if (!time) return fail(Code::invalid, time.error().message, std::string(name));
            *static_cast<Time*>(out) = *time;
            return ok();
        }
        case Kind::duration: {
            auto duration = parse_duration(text);
            if (!duration) return fail(Code::invalid, duration.error().message, std::string(name));
            *static_cast<Micros*>(out) = *duration;
            return ok();
        }
        case Kind::enumeration: {
            const auto names = shape.names();
            for (size_t i = 0; i < names.size(); ++i) {
                if (names[i] == text) {
                    shape.set_enum(out, static_cast<int>(i));
                    return ok();
                }
            }
            return wrong("a known name");
        }
        case Kind::optional:
        case Kind::list:
            return read_query_value(shape.element(), name, text, shape.add(out, {}), dialect);
        case Kind::raw:
        case Kind::object:
        case Kind::map:
            return wrong("sent in the body");
    }
    return ok();
}

}  // namespace rondo::json
