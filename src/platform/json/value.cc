#include "platform/json/value.h"

#include "base/text.h"
#include "platform/json/parser.h"

namespace rondo::json {
namespace {

Value convert(simdjson::dom::element in) {
    switch (in.type()) {
        case simdjson::dom::element_type::OBJECT: {
            Value::Object out;
            for (const auto [key, value] : in.get_object().value_unsafe())
                out.emplace_back(std::string(key), convert(value));
            return out;
        }
        case simdjson::dom::element_type::ARRAY: {
            Value::List out;
            for (const auto item : in.get_array().value_unsafe()) out.push_back(convert(item));
            return out;
        }
        case simdjson::dom::element_type::STRING:
            return std::string(in.get_string().value_unsafe());
        case simdjson::dom::element_type::INT64:
            return in.get_int64().value_unsafe();
        case simdjson::dom::element_type::UINT64:
            return in.get_double().value_unsafe();
        case simdjson::dom::element_type::DOUBLE:
            return in.get_double().value_unsafe();
        case simdjson::dom::element_type::BOOL:
            return in.get_bool().value_unsafe();
        case simdjson::dom::element_type::NULL_VALUE:
            break;
    }
    return {};
}

void print(std::string& out, const Value& value, int indent, int depth) {
    const auto line = [&](int levels) {
        if (indent == 0) return;
        out += '\n';
        out.append(static_cast<size_t>(indent * levels), ' ');
    };
    if (value.is_null()) {
        out += "null";
    } else if (value.is_bool()) {
        out += value.boolean() ? "true" : "false";
    } else if (value.is_int()) {
        out += std::to_string(value.integer());
    } else if (value.is_number()) {
        append_json_double(out, value.number());
    } else if (value.is_text()) {
        append_json_string(out, value.text());
    } else if (value.is_list()) {
        out += '[';
        bool first = true;
        for (const Value& item : value.list()) {
            if (!first) out += ',';
            first = false;
            line(depth + 1);
            print(out, item, indent, depth + 1);
        }
        if (!first) line(depth);
        out += ']';
    } else {
        out += '{';
        bool first = true;
        for (const auto& [key, item] : value.object()) {
            if (!first) out += ',';
            first = false;
            line(depth + 1);
            append_json_string(out, key);
            out += indent == 0 ? ":" : ": ";
            print(out, item, indent, depth + 1);
        }
        if (!first) line(depth);
        out += '}';
    }
}

}  // namespace

Result<Value> Value::parse(std::string_view text) {
    return with_parsed(
        text, [](const simdjson::dom::element& root) -> Result<Value> { return convert(root); });
}

std::string Value::dump() const {
    std::string out;
    print(out, *this, 0, 0);
    return out;
}

std::string Value::pretty() const {
    std::string out;
    print(out, *this, 2, 0);
    return out;
}

std::string_view Value::text() const {
    const auto* held = std::get_if<std::string>(&data_);
    return held == nullptr ? std::string_view{} : *held;
}
double Value::number() const {
    if (const auto* held = std::get_if<double>(&data_)) return *held;
    return static_cast<double>(integer());
}
int64_t Value::integer() const {
    if (const auto* held = std::get_if<int64_t>(&data_)) return *held;
    return 0;
}
bool Value::boolean() const {
    const auto* held = std::get_if<bool>(&data_);
    return held != nullptr && *held;
}
const Value::List& Value::list() const {
    static const List none;
    const auto* held = std::get_if<List>(&data_);
    return held == nullptr ? none : *held;
}
const Value::Object& Value::object() const {
    static const Object none;
    const auto* held = std::get_if<Object>(&data_);
    return held == nullptr ? none : *held;
}
Value::List& Value::make_list() {
    if (!is_list()) data_ = List{};
    return std::get<List>(data_);
}
Value::Object& Value::make_object() {
    if (!is_object()) data_ = Object{};
    return std::get<Object>(data_);
}

const Value& Value::operator[](std::string_view name) const {
    static const Value none;
    for (const auto& [key, value] : object()) {
        if (key == name) return value;
    }
    return none;
}

void Value::set(std::string_view name, Value value) {
    for (auto& [key, held] : make_object()) {
        if (key == name) {
            held = std::move(value);
            return;
        }
    }
    make_object().emplace_back(std::string(name), std::move(value));
}

}  // namespace rondo::json
