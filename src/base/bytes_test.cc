#include "base/bytes.h"

#include <doctest/doctest.h>

#include "base/hash.h"

namespace rondo {
namespace {

TEST_CASE("hex") {
    CHECK(to_hex(std::string_view("\0\x7f\xff", 3)) == "007fff");
    CHECK(*from_hex("007fff") == std::string_view("\0\x7f\xff", 3));
    CHECK(from_hex("")->empty());
    for (const char* wrong : {"0", "0g", "0x", "FF", " 0", "00 "})
        CHECK_MESSAGE(!from_hex(wrong), wrong);
}

TEST_CASE("base64url, by the vectors of RFC 4648 without padding") {
    const std::pair<const char*, const char*> vectors[] = {
        {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
        {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff", "-_8"}};
    for (const auto& [bytes, text] : vectors) {
        CHECK(to_base64url(bytes) == text);
        CHECK(*from_base64url(text) == bytes);
    }
    // One byte string has one text: no padding, no other alphabet, no bits left over.
    for (const char* wrong : {"Z", "Zg=", "Zg==", "Zh", "Zm9", "+/8", "Zm9v Yg", "Zm9vY"})
        CHECK_MESSAGE(!from_base64url(wrong), wrong);
    std::string all;
    for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
    CHECK(*from_base64url(to_base64url(all)) == all);
}

TEST_CASE("T37 text that both engines store") {
    for (const char* fine :
         {"", "a", "\x7f", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
          "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"})
        CHECK_MESSAGE(is_storable_text(fine), to_hex(fine));
    for (const char* wrong :
         {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x41", "\xE0\x9F\xBF", "\xE2\x82",
          "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF", "\xF0\x90\x80", "\xF4\x90\x80\x80",
          "\xF5\x80\x80\x80", "\xFE", "\xFF", "a\xC3"})
        CHECK_MESSAGE(!is_storable_text(wrong), to_hex(wrong));
    CHECK(!is_storable_text(std::string_view("a\0b", 3)));
}

TEST_CASE("numbers and texts as bytes") {
    std::string out;
    put<uint16_t>(out, 0x0102);
    put<double>(out, -0.5);
    put_text(out, "abc");
    CHECK(to_hex(out.substr(0, 2)) == "0201");
    ByteReader in(out);
    CHECK(in.get<uint16_t>() == 0x0102);
    CHECK(in.get<double>() == -0.5);
    CHECK(in.get_text() == "abc");
    CHECK(in.left() == 0);
    CHECK(!in.failed());
    CHECK(in.get<uint8_t>() == 0);
    CHECK(in.failed());
    // A length that lies reads nothing, and everything after it reads nothing.
    std::string lies;
    put<uint32_t>(lies, UINT32_MAX);
    lies += "abc";
    ByteReader reader(lies);
    CHECK(reader.get_text().empty());
    CHECK(reader.failed());
    CHECK(reader.get<uint8_t>() == 0);
}

TEST_CASE("SipHash-2-4 by its authors' vectors") {
    const SipKey key{0x0706050403020100, 0x0f0e0d0c0b0a0908};
    std::string bytes;
    for (char c = 0; c < 64; ++c) bytes += c;
    const std::pair<size_t, uint64_t> vectors[] = {
        {0, 0x726fdb47dd0e0e31}, {1, 0x74f839c593dc67fd},  {7, 0xab0200f58b01d137},
        {8, 0x93f5f5799a932462}, {15, 0xa129ca6149be45e5}, {16, 0x3f2acc7f57c29bdb},
        {63, 0x958a324ceb064572}};
    for (const auto& [size, hash] : vectors)
        CHECK(siphash(key, std::string_view(bytes).substr(0, size)) == hash);
}

}  // namespace
}  // namespace rondo
