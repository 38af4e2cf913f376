// The names of an enum's values as texts, from the same table as its JSON (enum_names).
#pragma once

#include <optional>
#include <string_view>

#include "base/check.h"
#include "platform/json/shape.h"

namespace rondo::json {

template <class E>
constexpr std::string_view text_of(E value) {
    for (const auto& [held, name] : enum_names<E>) {
        if (held == value) return name;
    }
    return "";
}

template <class E>
constexpr std::optional<E> value_of(std::string_view text) {
    for (const auto& [held, name] : enum_names<E>) {
        if (name == text) return held;
    }
    return std::nullopt;
}

// For texts that we wrote ourselves.
template <class E>
E stored_value_of(std::string_view text) {
    const auto value = value_of<E>(text);
    CHECK(value.has_value(), "a stored name that is no value of its enum");
    return *value;
}

}  // namespace rondo::json
