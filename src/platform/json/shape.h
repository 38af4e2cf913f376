// Field tables: a struct says once, as data, how it looks as JSON. One non-template reader
// (read.h) and one writer (write.h) walk the tables, so six hundred messages cost no template
// instances beyond the tables themselves. OpenAPI is printed from the same tables.
//
//   struct LogMetric {
//       std::string run_id, key;
//       double value = 0;
//       std::optional<int64_t> step;                       // absent stays absent
//       static constexpr auto fields = std::tuple{
//           field("run_id", &LogMetric::run_id, "Run to log to", required),
//           field("key", &LogMetric::key, "Metric name", required),
//           field("value", &LogMetric::value, "Value; NaN and infinities as strings", required),
//           field("step", &LogMetric::step, "Training step")};
//   };
//
// A member may be: std::string, bool, int32_t, int64_t, double, rondo::Time (RFC 3339 text),
// rondo::Micros (a duration such as "12h"), an enum with enum_names, json::Raw, another struct
// with fields, or std::optional, std::vector or std::map<std::string, T> of these.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include "base/check.h"
#include "base/time.h"

namespace rondo::json {

// A piece of JSON kept as text: valid, and passed through untouched.
struct Raw {
    std::string text = "null";
    friend bool operator==(const Raw&, const Raw&) = default;
};

enum class Presence : uint8_t { may_be_absent, required };
inline constexpr Presence required = Presence::required;

template <class Struct, class Member>
struct Field {
    std::string_view name;
    Member Struct::* member;
    std::string_view doc;
    Presence presence;
};

template <class Struct, class Member>
constexpr Field<Struct, Member> field(std::string_view name, Member Struct::* member,
                                      std::string_view doc,
                                      Presence presence = Presence::may_be_absent) {
    return {name, member, doc, presence};
}

// Specialise for an enum: template <> inline constexpr auto enum_names<Mode> =
//     std::array{std::pair{Mode::read, std::string_view("read")}, ...};
template <class E>
inline constexpr auto enum_names = nullptr;

enum class Kind : uint8_t {
    text,
    boolean,
    int32,
    int64,
    real,
    time,
    duration,
    enumeration,
    raw,
    object,
    optional,
    list,
    map
};

struct ObjectInfo;

// How a value of one C++ type lies in memory. Exactly the members that its kind needs are set.
struct Shape {
    Kind kind;
    const ObjectInfo& (*object)() = nullptr;
    const Shape& (*element)() = nullptr;
    // optional, list, map: reach the held values without knowing the type.
    size_t (*size)(const void*) = nullptr;
    void* (*add)(void*, std::string_view key) = nullptr;
    const void* (*at)(const void*, size_t index, std::string_view* key) = nullptr;
    void (*clear)(void*) = nullptr;
    // enumeration
    std::span<const std::string_view> (*names)() = nullptr;
    int (*get_enum)(const void*) = nullptr;
    void (*set_enum)(void*, int index) = nullptr;
};

struct FieldInfo {
    std::string_view name;
    std::string_view doc;
    const Shape* shape;
    size_t offset;
    Presence presence;
};

struct ObjectInfo {
    std::string name;  // of the C++ type with its namespace ("mlflow.Run"), for OpenAPI
    std::vector<FieldInfo> fields;  // at most 64
};

template <class T>
concept HasFields = requires { T::fields; };

template <class T>
const Shape& shape_of();

namespace detail {

template <class T>
std::string type_name() {
    // "... type_name() [T = rondo::api::mlflow::Run]" -> "api.mlflow.Run"
    std::string_view text = __PRETTY_FUNCTION__;
    text.remove_suffix(1);
    text.remove_prefix(text.find("T = ") + 4);
    if (text.starts_with("rondo::")) text.remove_prefix(7);
    std::string name;
    for (size_t i = 0; i < text.size(); ++i) {
        const bool colons = text.substr(i, 2) == "::";
        name += colons ? '.' : text[i];
        i += colons ? 1 : 0;
    }
    return name;
}

template <class Struct, class Member>
size_t offset_of(Member Struct::* member) {
    alignas(Struct) static char storage[sizeof(Struct)];
    const auto* object = reinterpret_cast<const Struct*>(storage);
    return static_cast<size_t>(reinterpret_cast<const char*>(&(object->*member)) - storage);
}

template <HasFields T>
const ObjectInfo& object_info() {
    static const ObjectInfo info = [] {
        ObjectInfo out{type_name<T>(), {}};
        std::apply(
            [&]<class... M>(const Field<T, M>&... f) {
                (out.fields.push_back(
                     {f.name, f.doc, &shape_of<M>(), offset_of<T, M>(f.member), f.presence}),
                 ...);
            },
            T::fields);
        CHECK(out.fields.size() <= 64, "a message has at most 64 fields");
        return out;
    }();
    return info;
}

template <class T>
struct Access;

template <class T>
struct Access<std::optional<T>> {
    static constexpr Kind kind = Kind::optional;
    using Element = T;
    static size_t size(const void* v) { return get(v).has_value() ? 1 : 0; }
    static void* add(void* v, std::string_view) {
        return &static_cast<std::optional<T>*>(v)->emplace();
    }
    static const void* at(const void* v, size_t, std::string_view*) { return &*get(v); }
    static void clear(void* v) { static_cast<std::optional<T>*>(v)->reset(); }
    static const std::optional<T>& get(const void* v) {
        return *static_cast<const std::optional<T>*>(v);
    }
};

template <class T>
struct Access<std::vector<T>> {
    static constexpr Kind kind = Kind::list;
    using Element = T;
    static size_t size(const void* v) { return static_cast<const std::vector<T>*>(v)->size(); }
    static void* add(void* v, std::string_view) {
        return &static_cast<std::vector<T>*>(v)->emplace_back();
    }
    static const void* at(const void* v, size_t i, std::string_view*) {
        return &(*static_cast<const std::vector<T>*>(v))[i];
    }
    static void clear(void* v) { static_cast<std::vector<T>*>(v)->clear(); }
};

template <class T>
struct Access<std::map<std::string, T>> {
    static constexpr Kind kind = Kind::map;
    using Element = T;
    using Map = std::map<std::string, T>;
    static size_t size(const void* v) { return static_cast<const Map*>(v)->size(); }
    static void* add(void* v, std::string_view key) {
        return &(*static_cast<Map*>(v))[std::string(key)];
    }
    static const void* at(const void* v, size_t i, std::string_view* key) {
        // Maps here are small (tags, headers); walking is fine.
        auto it = static_cast<const Map*>(v)->begin();
        std::advance(it, static_cast<std::ptrdiff_t>(i));
        *key = it->first;
        return &it->second;
    }
    static void clear(void* v) { static_cast<Map*>(v)->clear(); }
};

template <class E>
struct EnumAccess {
    static std::span<const std::string_view> names() {
        static const auto list = [] {
            std::array<std::string_view, enum_names<E>.size()> out;
            for (size_t i = 0; i < out.size(); ++i) out[i] = enum_names<E>[i].second;
            return out;
        }();
        return list;
    }
    static int get(const void* v) {
        for (size_t i = 0; i < enum_names<E>.size(); ++i) {
            if (enum_names<E>[i].first == *static_cast<const E*>(v)) return static_cast<int>(i);
        }
        CHECK(false, "an enum value without a name");
    }
    static void set(void* v, int index) {
        *static_cast<E*>(v) = enum_names<E>[static_cast<size_t>(index)].first;
    }
};

}  // namespace detail

template <class T>
const Shape& shape_of() {
    static const Shape shape = [] {
        if constexpr (std::is_same_v<T, std::string>) {
            return Shape{.kind = Kind::text};
        } else if constexpr (std::is_same_v<T, bool>) {
            return Shape{.kind = Kind::boolean};
        } else if constexpr (std::is_same_v<T, int32_t>) {
            return Shape{.kind = Kind::int32};
        } else if constexpr (std::is_same_v<T, int64_t>) {
            return Shape{.kind = Kind::int64};
        } else if constexpr (std::is_same_v<T, double>) {
            return Shape{.kind = Kind::real};
        } else if constexpr (std::is_same_v<T, Time>) {
            return Shape{.kind = Kind::time};
        } else if constexpr (std::is_same_v<T, Micros>) {
            return Shape{.kind = Kind::duration};
        } else if constexpr (std::is_same_v<T, Raw>) {
            return Shape{.kind = Kind::raw};
        } else if constexpr (std::is_enum_v<T>) {
            using A = detail::EnumAccess<T>;
            return Shape{.kind = Kind::enumeration,
                         .names = &A::names,
                         .get_enum = &A::get,
                         .set_enum = &A::set};
        } else if constexpr (HasFields<T>) {
            return Shape{.kind = Kind::object, .object = &detail::object_info<T>};
        } else {
            using A = detail::Access<T>;
            return Shape{.kind = A::kind,
                         .element = &shape_of<typename A::Element>,
                         .size = &A::size,
                         .add = &A::add,
                         .at = &A::at,
                         .clear = &A::clear};
        }
    }();
    return shape;
}

}  // namespace rondo::json
