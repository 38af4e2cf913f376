#include "domain/series/packed.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace rondo::series {
namespace {

constexpr int kMaxVarintBytes = 10;
// A timestamp and a step take a byte each at least, and a value eight.
constexpr size_t kLeastPointBytes = 10;

void put_varint(std::string& out, uint64_t number) {
    while (number >= 0x80) {
        out += static_cast<char>(number | 0x80);
        number >>= 7;
    }
    out += static_cast<char>(number);
}

uint64_t zigzag(uint64_t difference) { return difference << 1 ^ (0 - (difference >> 63)); }
uint64_t unzigzag(uint64_t number) { return number >> 1 ^ (0 - (number & 1)); }

// Differences wrap around, so that any two numbers have one.
void put_difference(std::string& out, int64_t from, int64_t to) {
    put_varint(out, zigzag(static_cast<uint64_t>(to) - static_cast<uint64_t>(from)));
}

bool get_long_varint(const char*& at, const char* end, uint64_t& number) {
    number = 0;
    for (int i = 0; i < kMaxVarintBytes && at < end; ++i) {
        const auto byte = static_cast<uint8_t>(*at++);
        number |= static_cast<uint64_t>(byte & 0x7f) << (7 * i);
        if (byte < 0x80) return true;
    }
    return false;
}

// The number at `at`, which moves on; false when there is none before `end`. Nearly all have one
// byte or two.
[[gnu::always_inline]] inline bool get_varint(const char*& at, const char* end, uint64_t& number) {
    if (end - at < 2) return get_long_varint(at, end, number);
    const uint64_t first = static_cast<uint8_t>(at[0]), second = static_cast<uint8_t>(at[1]);
    if (first < 0x80) {
        number = first;
        ++at;
        return true;
    }
    if (second < 0x80) {
        number = (first & 0x7f) | second << 7;
        at += 2;
        return true;
    }
    return get_long_varint(at, end, number);
}

std::unexpected<Error> damaged() {
    return fail(Code::internal, "points of a metric are stored in bytes that cannot be read");
}

}  // namespace

void pack(std::string& out, std::span<const Point> points) {
    put_varint(out, points.size());
    int64_t timestamp = 0, step = 0;
    for (const Point& point : points) {
        put_difference(out, timestamp, point.timestamp);
        put_difference(out, step, point.step);
        timestamp = point.timestamp;
        step = point.step;
    }
    const size_t values = out.size();
    out.resize(values + points.size() * sizeof(double));
    char* at = out.data() + values;
    for (const Point& point : points) {
        const double value = point.is_nan ? std::numeric_limits<double>::quiet_NaN() : point.value;
        std::memcpy(at, &value, sizeof value);
        at += sizeof value;
    }
}

Status unpack(std::string_view bytes, std::vector<Point>& out) {
    const char* at = bytes.data();
    const char* const end = at + bytes.size();
    uint64_t count = 0;
    if (!get_varint(at, end, count) || count > bytes.size() / kLeastPointBytes) return damaged();
    const size_t first = out.size();
    out.resize(first + count);
    uint64_t timestamp = 0, step = 0, difference = 0;
    for (Point& point : std::span(out).subspan(first)) {
        if (!get_varint(at, end, difference)) return damaged();
        timestamp += unzigzag(difference);
        if (!get_varint(at, end, difference)) return damaged();
        step += unzigzag(difference);
        point.timestamp = static_cast<int64_t>(timestamp);
        point.step = static_cast<int64_t>(step);
    }
    if (static_cast<size_t>(end - at) != count * sizeof(double)) return damaged();
    for (Point& point : std::span(out).subspan(first)) {
        double value = 0;
        std::memcpy(&value, at, sizeof value);
        at += sizeof value;
        point.is_nan = std::isnan(value);
        point.value = point.is_nan ? 0 : value;
    }
    return ok();
}

std::string pack_batch(std::vector<KeyedPoint>& points) {
    const auto by_key_and_time = [](const KeyedPoint& a, const KeyedPoint& b) {
        return a.key_id != b.key_id ? a.key_id < b.key_id : is_before(a.point, b.point);
    };
    if (!std::ranges::is_sorted(points, {}, &KeyedPoint::key_id))
        std::ranges::sort(points, by_key_and_time);
    std::string out, part;
    std::vector<Point> same;
    for (size_t i = 0; i < points.size();) {
        const int64_t key_id = points[i].key_id;
        same.clear();
        for (; i < points.size() && points[i].key_id == key_id; ++i)
            same.push_back(points[i].point);
        part.clear();
        pack(part, same);
        put_varint(out, static_cast<uint64_t>(key_id));
        put_varint(out, part.size());
        out += part;
    }
    return out;
}

bool BatchReader::next(Part& part) {
    if (left_.empty() || damaged_) return false;
    const char* at = left_.data();
    const char* const end = at + left_.size();
    uint64_t key_id = 0, length = 0;
    if (!get_varint(at, end, key_id) || !get_varint(at, end, length) ||
        length > static_cast<size_t>(end - at)) {
        damaged_ = true;
        return false;
    }
    part = {static_cast<int64_t>(key_id), std::string_view(at, length)};
    left_ = std::string_view(at + length, static_cast<size_t>(end - at) - length);
    return true;
}

Status BatchReader::status() const {
    if (damaged_) return damaged();
    return ok();
}

}  // namespace rondo::series
