#include "domain/serving/trees/ubj.h"

#include <bit>
#include <string>
#include <type_traits>
#include <utility>

namespace rondo::serving::trees::ubj {

namespace {

// Makes the reader fail for good, at the place where it stands.
void refuse(ByteReader& in) { in.take(std::string_view::npos); }

bool take_if(ByteReader& in, char expected) {
    ByteReader ahead = in;
    if (ahead.get<char>() != expected || ahead.failed()) return false;
    in = ahead;
    return true;
}

template <size_t size>
using Bits = std::conditional_t<
    size == 1, uint8_t,
    std::conditional_t<size == 2, uint16_t, std::conditional_t<size == 4, uint32_t, uint64_t>>>;

template <class T>
T get_big_endian(ByteReader& in) {
    return std::bit_cast<T>(std::byteswap(in.get<Bits<sizeof(T)>>()));
}

// Calls visit with a zero of the number type that the marker stands for; otherwise gives `none`.
template <class R, class Visit>
R with_number_type(char marker, R none, Visit visit) {
    switch (marker) {
        case 'i':
            return visit(int8_t{});
        case 'U':
        case 'C':
            return visit(uint8_t{});
        case 'I':
            return visit(int16_t{});
        case 'l':
            return visit(int32_t{});
        case 'L':
            return visit(int64_t{});
        case 'd':
            return visit(float{});
        case 'D':
            return visit(double{});
        default:
            return none;
    }
}

// Bytes of a number of that marker; 0 for everything else.
size_t width(char marker) {
    return with_number_type(marker, size_t{0}, [](auto zero) { return sizeof zero; });
}

// A count or length: a whole number that is not negative.
uint64_t get_length(ByteReader& in) {
    const auto marker = in.get<char>();
    const int64_t length =
        with_number_type(marker, int64_t{-1}, [&]<class Stored>(Stored) -> int64_t {
            if constexpr (std::is_integral_v<Stored>) return get_big_endian<Stored>(in);
            return -1;
        });
    if (length < 0) refuse(in);
    return in.failed() ? 0 : static_cast<uint64_t>(length);
}

template <class T, class Stored>
bool append(std::vector<T>& out, Stored value) {
    if constexpr (std::is_integral_v<T>) {
        if constexpr (std::is_integral_v<Stored>) {
            if (!std::in_range<T>(value)) return false;
        } else {
            return false;
        }
    }
    out.push_back(static_cast<T>(value));
    return true;
}

}  // namespace

void Value::skip(ByteReader& in, char marker, int depth) {
    if (const size_t bytes = width(marker)) {
        in.take(bytes);
        return;
    }
    switch (marker) {
        case 'Z':
        case 'T':
        case 'F':
            return;
        case 'S':
            in.take(get_length(in));
            return;
        case '[':
        case '{':
            in = Items(Value(marker, in, depth)).finish();
            return;
        default:
            refuse(in);
    }
}

Result<Value> Value::parse(std::string_view document) {
    ByteReader in(document);
    if (!take_if(in, '{'))
        return fail(Code::invalid, "the UBJSON document does not start with an object");
    const Value root('{', in, 0);
    skip(in, '{', 0);
    const std::string place = " at byte " + std::to_string(in.position());
    if (in.failed()) return fail(Code::invalid, "the UBJSON document is malformed" + place);
    if (in.left() != 0) return fail(Code::invalid, "the UBJSON document goes on" + place);
    return root;
}

std::optional<std::string_view> Value::text() const {
    if (marker_ != 'S') return std::nullopt;
    ByteReader in = payload_;
    return in.take(get_length(in));
}

std::optional<Value> Value::member(std::string_view name) const {
    if (!is_object()) return std::nullopt;
    Items items(*this);
    while (const auto item = items.next()) {
        if (items.key() == name) return item;
    }
    return std::nullopt;
}

template <class T>
std::optional<std::vector<T>> Value::numbers() const {
    if (!is_list()) return std::nullopt;
    std::vector<T> out;
    // Appends `count` numbers of one type; false if there is one that T does not hold.
    const auto append_all = [&](char marker, ByteReader in, size_t count) {
        return with_number_type(marker, false, [&]<class Stored>(Stored) {
            for (size_t i = 0; i < count; ++i) {
                if (!append(out, get_big_endian<Stored>(in))) return false;
            }
            return true;
        });
    };
    Items items(*this);
    if (items.is_packed()) {
        const std::string_view bytes = items.packed_bytes();
        const size_t count = bytes.size() / width(items.element_marker());
        out.reserve(count);
        if (!append_all(items.element_marker(), ByteReader(bytes), count)) return std::nullopt;
        return out;
    }
    while (const auto item = items.next()) {
        if (!append_all(item->marker_, item->payload_, 1)) return std::nullopt;
    }
    return out;
}
template std::optional<std::vector<uint8_t>> Value::numbers() const;
template std::optional<std::vector<int32_t>> Value::numbers() const;
template std::optional<std::vector<int64_t>> Value::numbers() const;
template std::optional<std::vector<float>> Value::numbers() const;

Items::Items(const Value& container)
    : in_(container.payload_), is_object_(container.is_object()), depth_(container.depth_ + 1) {
    if (depth_ > kMaxDepth) refuse(in_);
    const bool is_typed = take_if(in_, '$');
    if (is_typed) element_marker_ = in_.get<char>();
    if (take_if(in_, '#')) {
        left_ = get_length(in_);
        // An element is a byte at least, except those that are all marker: of these a short file
        // could announce any number.
        const bool has_no_bytes =
            is_typed && (element_marker_ == 0 || std::string_view("ZTF").contains(element_marker_));
        if (has_no_bytes || *left_ > in_.left()) refuse(in_);
    } else if (is_typed) {
        refuse(in_);
    }
}

bool Items::at_end() {
    if (in_.failed()) return true;
    if (left_) return *left_ == 0;
    return take_if(in_, is_object_ ? '}' : ']');
}

std::optional<Value> Items::next() {
    if (at_end()) {
        left_ = 0;
        return std::nullopt;
    }
    if (left_) --*left_;
    if (is_object_) key_ = in_.take(get_length(in_));
    const char marker = element_marker_ != 0 ? element_marker_ : in_.get<char>();
    const Value value(marker, in_, depth_);
    Value::skip(in_, marker, depth_);
    if (in_.failed()) return std::nullopt;
    return value;
}

bool Items::is_packed() const { return !is_object_ && width(element_marker_) != 0; }

std::string_view Items::packed_bytes() {
    const uint64_t count = left_.value_or(0);
    left_ = 0;
    if (count > in_.left() / width(element_marker_)) {
        refuse(in_);
        return {};
    }
    return in_.take(count * width(element_marker_));
}

ByteReader Items::finish() {
    if (is_packed()) {
        packed_bytes();
    } else {
        while (next()) continue;
    }
    return in_;
}

}  // namespace rondo::serving::trees::ubj
