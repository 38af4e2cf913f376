// Bytes as text and back, and little-endian encoding that checks its bounds.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/result.h"

namespace rondo {

// Lower-case hex.
std::string to_hex(std::string_view bytes);
Result<std::string> from_hex(std::string_view text);

// base64 with the URL alphabet and no padding (RFC 4648 section 5).
std::string to_base64url(std::string_view bytes);
Result<std::string> from_base64url(std::string_view text);

static_assert(std::endian::native == std::endian::little, "formats on disk are little-endian");

template <class T>
concept Scalar = std::is_arithmetic_v<T>;

// Appends a number's little-endian bytes.
template <Scalar T>
void put(std::string& out, T value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
}
// Appends a string with its length (u32) in front.
inline void put_text(std::string& out, std::string_view text) {
    put(out, static_cast<uint32_t>(text.size()));
    out.append(text);
}

// Reads what put() wrote. Any read beyond the end sets failed() and yields zeros, so a decoder
// checks once at the end of a record instead of after each field.
class ByteReader {
  public:
    explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

    template <Scalar T>
    T get() {
        T value{};
        if (failed_ || bytes_.size() - pos_ < sizeof value) {
            failed_ = true;
            return value;
        }
        std::memcpy(&value, bytes_.data() + pos_, sizeof value);
        pos_ += sizeof value;
        return value;
    }
    std::string_view take(size_t n) {
        if (failed_ || bytes_.size() - pos_ < n) {
            failed_ = true;
            return {};
        }
        pos_ += n;
        return bytes_.substr(pos_ - n, n);
    }
    std::string_view get_text() { return take(get<uint32_t>()); }

    bool failed() const { return failed_; }
    size_t position() const { return pos_; }
    size_t left() const { return bytes_.size() - pos_; }

  private:
    std::string_view bytes_;
    size_t pos_ = 0;
    bool failed_ = false;
};

// True when the text is well-formed UTF-8 without NUL; what a text column of both engines takes.
bool is_storable_text(std::string_view text);

}  // namespace rondo
