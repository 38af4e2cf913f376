// Universal Binary JSON (ubjson.org, draft 12) as XGBoost writes it; reading only. Numbers are
// big-endian; lists and objects may carry their count (`#`) and their elements' type (`$`).
// Numbers as text (`H`) and no-ops (`N`) are refused: no writer we know emits them.
//
// A Value is a place in somebody else's bytes: nothing is copied, the bytes have to outlive it.
// Every step checks its bounds, a length is checked against the bytes that are left before anything
// is made of it, and nesting ends at kMaxDepth. Looking up a member costs a walk over its siblings.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace rondo::serving::trees::ubj {

// XGBoost's files nest eight deep.
inline constexpr int kMaxDepth = 32;

class Value {
  public:
    // The root object of a document. All of it is walked once, so that what a later look-up does
    // not find is really not there.
    static Result<Value> parse(std::string_view document);

    bool is_object() const { return marker_ == '{'; }
    bool is_list() const { return marker_ == '['; }
    std::optional<std::string_view> text() const;
    // The first member of that name; nothing if there is none or this is no object.
    std::optional<Value> member(std::string_view name) const;
    // All elements of a list, if each is a number that T holds: whole numbers in range for a whole
    // T, any number for float. T is uint8_t, int32_t, int64_t or float.
    template <class T>
    std::optional<std::vector<T>> numbers() const;

  private:
    friend class Items;
    // Moves behind a value whose marker has been read.
    static void skip(ByteReader& in, char marker, int depth);
    Value(char marker, ByteReader payload, int depth)
        : marker_(marker), depth_(depth), payload_(payload) {}

    char marker_;
    int depth_;           // of containers around it
    ByteReader payload_;  // starts behind the marker
};

// Steps through the elements of a list or the members of an object, in the file's order.
// A malformed container ends early; Value::parse has seen to it that there is none.
class Items {
  public:
    explicit Items(const Value& container);

    std::optional<Value> next();
    // The name of the member that next() gave.
    std::string_view key() const { return key_; }

    // The numbers of a list whose type is told once, in front: this many of this type.
    bool is_packed() const;
    char element_marker() const { return element_marker_; }
    std::string_view packed_bytes();

    // Moves behind the last element and hands out what follows the container.
    ByteReader finish();

  private:
    bool at_end();

    ByteReader in_;
    bool is_object_;
    int depth_;
    char element_marker_ = 0;       // 0: each element has its own
    std::optional<uint64_t> left_;  // elements to come, when the container tells
    std::string_view key_;
};

}  // namespace rondo::serving::trees::ubj
