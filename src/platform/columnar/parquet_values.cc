#include "platform/columnar/parquet_values.h"

#include <bit>
#include <cmath>
#include <cstring>

#include "base/bytes.h"
#include "platform/columnar/bit_runs.h"

namespace rondo::columnar {
namespace {

constexpr double kExact = 9007199254740992.0;  // 2^53
constexpr int64_t kJulianDayOf1970 = 2440588;

std::unexpected<Error> cut() { return fail(Code::invalid, "a page of it ends too early"); }

template <class T>
T load(const char* at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

double half_of(uint16_t bits) {
    const int exponent = (bits >> 10) & 0x1f;
    const double mantissa = bits & 0x3ff;
    const double sign = (bits >> 15) != 0 ? -1 : 1;
    if (exponent == 31) return mantissa == 0 ? sign * INFINITY : std::nan("");
    return sign *
           (exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25));
}

// Big-endian two's complement of any width.
double wide_integer(std::string_view bytes) {
    double value = 0;
    for (size_t i = 0; i < bytes.size(); ++i) {
        const auto byte = static_cast<uint8_t>(bytes[i]);
        value = value * 256 + (i == 0 ? static_cast<double>(static_cast<int8_t>(byte)) : byte);
    }
    return value;
}

// What one unit of a stored integer is worth in the column's own unit.
double unit_of(const ParquetColumn& what) {
    switch (what.meaning) {
        case Meaning::days:
            return 86400e6;
        case Meaning::milliseconds:
            return 1e3;
        default:
            return 1;
    }
}

}  // namespace

template <class Add>
Status ParquetValues::each_bytes(std::string_view page, size_t count, Add&& add) const {
    size_t at = 0;
    for (size_t i = 0; i < count; ++i) {
        size_t size = what_.width;
        if (what_.physical == Physical::bytes) {
            if (page.size() - at < 4) return cut();
            size = load<uint32_t>(page.data() + at);
            at += 4;
        }
        if (size > page.size() - at) return cut();
        add(page.substr(at, size));
        at += size;
    }
    return ok();
}

uint32_t ParquetValues::code_of(std::string_view bytes, Column& out) {
    return out.words.add(what_.meaning == Meaning::hex ? std::string_view(to_hex(bytes)) : bytes);
}

Status ParquetValues::decode_numbers(std::string_view page, size_t count, std::vector<double>& into,
                                     Column& out) const {
    const size_t begin = into.size();
    const auto fixed = [&](size_t size) -> Status {
        if (count > page.size() / size) return cut();
        into.resize(begin + count);
        return ok();
    };
    if (count == 0) return ok();
    const char* const data = page.data();
    double* to = nullptr;
    switch (what_.physical) {
        case Physical::boolean:
            if (count > page.size() * 8) return cut();
            into.resize(begin + count);
            to = into.data() + begin;
            for (size_t i = 0; i < count; ++i)
                to[i] = (static_cast<uint8_t>(data[i / 8]) >> (i % 8)) & 1;
            return ok();
        case Physical::float64:
            TRY(fixed(8));
            std::memcpy(into.data() + begin, data, count * 8);
            return ok();
        case Physical::float32:
            TRY(fixed(4));
            to = into.data() + begin;
            for (size_t i = 0; i < count; ++i) to[i] = load<float>(data + 4 * i);
            return ok();
        case Physical::int96:
            TRY(fixed(12));
            to = into.data() + begin;
            for (size_t i = 0; i < count; ++i)
                to[i] = static_cast<double>(load<int32_t>(data + 12 * i + 8) - kJulianDayOf1970) *
                            86400e6 +
                        static_cast<double>(load<int64_t>(data + 12 * i) / 1000);
            return ok();
        case Physical::bytes:
        case Physical::fixed: {
            const double scale = std::pow(10.0, what_.scale);
            return each_bytes(page, count, [&](std::string_view bytes) {
                into.push_back(what_.meaning == Meaning::half
                                   ? half_of(load<uint16_t>(bytes.data()))
                                   : wide_integer(bytes) / scale);
            });
        }
        case Physical::int32:
        case Physical::int64:
            break;
    }
    const bool wide = what_.physical == Physical::int64;
    TRY(fixed(wide ? 8 : 4));
    to = into.data() + begin;
    if (what_.meaning == Meaning::is_unsigned) {
        for (size_t i = 0; i < count; ++i)
            to[i] = wide ? static_cast<double>(load<uint64_t>(data + 8 * i))
                         : load<uint32_t>(data + 4 * i);
    } else if (what_.meaning == Meaning::nanoseconds) {
        for (size_t i = 0; i < count; ++i)
            to[i] = static_cast<double>(load<int64_t>(data + 8 * i) / 1000);
    } else if (wide) {
        for (size_t i = 0; i < count; ++i) to[i] = static_cast<double>(load<int64_t>(data + 8 * i));
    } else {
        for (size_t i = 0; i < count; ++i) to[i] = load<int32_t>(data + 4 * i);
    }
    if (what_.meaning == Meaning::decimal) {
        const double scale = std::pow(10.0, what_.scale);
        for (size_t i = 0; i < count; ++i) to[i] /= scale;
    } else if (const double unit = unit_of(what_); unit != 1) {
        for (size_t i = 0; i < count; ++i) to[i] *= unit;
    } else if (wide && out.type == Type::integer) {
        for (size_t i = 0; i < count; ++i) out.rounded += std::abs(to[i]) >= kExact ? 1 : 0;
    }
    return ok();
}

Status ParquetValues::set_dictionary(std::string_view page, size_t count, Column& out) {
    numbers_.clear();
    codes_.clear();
    if (out.type == Type::text)
        return each_bytes(page, count,
                          [&](std::string_view bytes) { codes_.push_back(code_of(bytes, out)); });
    return decode_numbers(page, count, numbers_, out);
}

namespace {

// A NaN is as good as a null: nothing is known.
void count_missing(Column& out, size_t begin) {
    for (size_t i = begin; i < out.numbers.size(); ++i)
        out.missing += std::isnan(out.numbers[i]) ? 1 : 0;
}

}  // namespace

Status ParquetValues::append_plain(std::string_view page, size_t count, Column& out) {
    if (out.type == Type::text)
        return each_bytes(
            page, count, [&](std::string_view bytes) { out.codes.push_back(code_of(bytes, out)); });
    const size_t begin = out.numbers.size();
    TRY(decode_numbers(page, count, out.numbers, out));
    count_missing(out, begin);
    return ok();
}

Status ParquetValues::append_numbered(std::string_view page, size_t count, Column& out) {
    if (count == 0) return ok();
    const bool is_text = out.type == Type::text;
    const size_t known = is_text ? codes_.size() : numbers_.size();
    const int width = page.empty() ? -1 : page[0];
    if (width < 0 || width > 32)
        return fail(Code::invalid, "a page of it has no dictionary numbers");
    BitRuns runs(page.substr(1), width);
    constexpr size_t kAtOnce = 4096;
    indexes_.resize(kAtOnce);
    const size_t begin = out.rows();
    for (size_t done = 0; done < count;) {
        const size_t n = std::min(kAtOnce, count - done);
        if (!runs.read(indexes_.data(), n)) return cut();
        uint32_t largest = 0;
        for (size_t i = 0; i < n; ++i) largest = std::max(largest, indexes_[i]);
        if (largest >= known) return fail(Code::invalid, "a value of it is not in its dictionary");
        if (is_text) {
            for (size_t i = 0; i < n; ++i) out.codes.push_back(codes_[indexes_[i]]);
        } else {
            out.numbers.resize(out.numbers.size() + n);
            double* const to = out.numbers.data() + out.numbers.size() - n;
            for (size_t i = 0; i < n; ++i) to[i] = numbers_[indexes_[i]];
        }
        done += n;
    }
    if (!is_text) count_missing(out, begin);
    return ok();
}

Status ParquetValues::append_boolean_runs(std::string_view page, size_t count, Column& out) {
    ByteReader in(page);
    BitRuns runs(in.get_text(), 1);
    std::vector<uint32_t> bits(count);
    if (in.failed() || !runs.read(bits.data(), count)) return cut();
    out.numbers.insert(out.numbers.end(), bits.begin(), bits.end());
    return ok();
}

}  // namespace rondo::columnar
