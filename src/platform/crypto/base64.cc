#include "platform/crypto/base64.h"

#include <openssl/evp.h>

namespace rondo {

std::string to_base64(std::string_view bytes) {
    std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');  // and the NUL that OpenSSL adds
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
    out.resize(static_cast<size_t>(size));
    return out;
}

Result<std::string> from_base64(std::string_view text) {
    const auto broken = [] { return fail(Code::invalid, "not base64 text"); };
    if (text.size() % 4 != 0) return broken();
    constexpr std::string_view kDigits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
    if (text.substr(0, text.size() - padding).find_first_not_of(kDigits) != text.npos)
        return broken();
    std::string out(text.size() / 4 * 3, '\0');
    const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
    if (size < 0) return broken();
    out.resize(static_cast<size_t>(size) - padding);
    return out;
}

}  // namespace rondo
