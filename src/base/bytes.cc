#include "base/bytes.h"

#include <array>

namespace rondo {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr auto reverse_of(std::string_view alphabet) {
    std::array<int8_t, 256> table{};
    table.fill(-1);
    for (size_t i = 0; i < alphabet.size(); ++i)
        table[static_cast<uint8_t>(alphabet[i])] = static_cast<int8_t>(i);
    return table;
}
constexpr auto kFromHex = reverse_of(kHex);
constexpr auto kFromBase64 = reverse_of(kBase64);

}  // namespace

std::string to_hex(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        out += kHex[static_cast<uint8_t>(c) >> 4];
        out += kHex[static_cast<uint8_t>(c) & 15];
    }
    return out;
}

Result<std::string> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return fail(Code::invalid, "hex text of odd length");
    std::string out;
    out.reserve(text.size() / 2);
    for (size_t i = 0; i < text.size(); i += 2) {
        const int high = kFromHex[static_cast<uint8_t>(text[i])];
        const int low = kFromHex[static_cast<uint8_t>(text[i + 1])];
        if (high < 0 || low < 0) return fail(Code::invalid, "not hex text");
        out += static_cast<char>(high << 4 | low);
    }
    return out;
}

std::string to_base64url(std::string_view bytes) {
    std::string out;
    out.reserve((bytes.size() * 4 + 2) / 3);
    uint32_t bits = 0;
    int count = 0;
    for (const char c : bytes) {
        bits = bits << 8 | static_cast<uint8_t>(c);
        count += 8;
        while (count >= 6) {
            count -= 6;
            out += kBase64[bits >> count & 63];
        }
    }
    if (count > 0) out += kBase64[bits << (6 - count) & 63];
    return out;
}

Result<std::string> from_base64url(std::string_view text) {
    std::string out;
    out.reserve(text.size() * 3 / 4);
    uint32_t bits = 0;
    int count = 0;
    for (const char c : text) {
        const int value = kFromBase64[static_cast<uint8_t>(c)];
        if (value < 0) return fail(Code::invalid, "not base64url text");
        bits = bits << 6 | static_cast<uint32_t>(value);
        count += 6;
        if (count >= 8) {
            count -= 8;
            out += static_cast<char>(bits >> count & 255);
        }
    }
    // The leftover bits must be zero, or two texts would mean the same bytes.
    if (count >= 6 || (bits & ((1U << count) - 1)) != 0)
        return fail(Code::invalid, "not base64url text");
    return out;
}

bool is_storable_text(std::string_view text) {
    size_t i = 0;
    while (i < text.size()) {
        const auto c = static_cast<uint8_t>(text[i]);
        if (c == 0) return false;
        if (c < 0x80) {
            ++i;
            continue;
        }
        int more = 0;
        uint32_t point = 0;
        if (c >= 0xC2 && c <= 0xDF) {
            more = 1;
            point = c & 0x1F;
        } else if (c >= 0xE0 && c <= 0xEF) {
            more = 2;
            point = c & 0x0F;
        } else if (c >= 0xF0 && c <= 0xF4) {
            more = 3;
            point = c & 0x07;
        } else {
            return false;
        }
        if (text.size() - i <= static_cast<size_t>(more)) return false;
        for (int k = 1; k <= more; ++k) {
            const auto next = static_cast<uint8_t>(text[i + static_cast<size_t>(k)]);
            if ((next & 0xC0) != 0x80) return false;
            point = point << 6 | (next & 0x3F);
        }
        const bool overlong = (more == 2 && point < 0x800) || (more == 3 && point < 0x10000);
        if (overlong || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return false;
        i += static_cast<size_t>(more) + 1;
    }
    return true;
}

}  // namespace rondo
