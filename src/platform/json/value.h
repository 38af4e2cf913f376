// A JSON document as a tree, for documents that have no table: a model's MLmodel file, a server's
// answer that the command line prints. Messages of our own use field tables (shape.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace rondo::json {

class Value {
  public:
    using List = std::vector<Value>;
    using Object = std::vector<std::pair<std::string, Value>>;  // in the document's order

    Value() = default;
    Value(bool v) : data_(v) {}
    Value(int64_t v) : data_(v) {}
    Value(int v) : data_(static_cast<int64_t>(v)) {}
    Value(double v) : data_(v) {}
    Value(std::string v) : data_(std::move(v)) {}
    Value(std::string_view v) : data_(std::string(v)) {}
    Value(const char* v) : data_(std::string(v)) {}
    Value(List v) : data_(std::move(v)) {}
    Value(Object v) : data_(std::move(v)) {}

    static Result<Value> parse(std::string_view text);
    // Compact JSON; NaN and infinities as strings.
    std::string dump() const;
    // Indented by two spaces, for people.
    std::string pretty() const;

    bool is_null() const { return std::holds_alternative<std::monostate>(data_); }
    bool is_object() const { return std::holds_alternative<Object>(data_); }
    bool is_list() const { return std::holds_alternative<List>(data_); }
    bool is_text() const { return std::holds_alternative<std::string>(data_); }
    bool is_number() const {
        return std::holds_alternative<int64_t>(data_) || std::holds_alternative<double>(data_);
    }
    bool is_int() const { return std::holds_alternative<int64_t>(data_); }
    bool is_bool() const { return std::holds_alternative<bool>(data_); }

    // The held value, or an empty one of that type when something else is held.
    std::string_view text() const;
    double number() const;
    int64_t integer() const;
    bool boolean() const;
    const List& list() const;
    const Object& object() const;
    List& make_list();
    Object& make_object();

    // Member of an object by name; a null Value when absent or no object.
    const Value& operator[](std::string_view name) const;
    // Adds or replaces a member.
    void set(std::string_view name, Value value);

  private:
    std::variant<std::monostate, bool, int64_t, double, std::string, List, Object> data_;
};

// YAML as JSON text: the plain subset that configuration needs. Tags, anchors and aliases are
// refused, depth is bounded, and scalars follow YAML 1.2's core schema (so `no` is a string). As
// text: every scalar but null is the text it is written as, for files of programs whose readers
// know their fields; they may be larger.
enum class Scalars : uint8_t { typed, text };
Result<Value> parse_yaml(std::string_view text, Scalars scalars = Scalars::typed);

}  // namespace rondo::json
