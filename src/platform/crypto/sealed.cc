#include "platform/crypto/sealed.h"

#include <openssl/evp.h>

#include <memory>

#include "base/bytes.h"
#include "base/check.h"

namespace rondo {
namespace {

constexpr std::string_view kForm = "a256gcm.";
constexpr size_t kNonce = 12, kTag = 16;

using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;
enum class Direction : int { open = 0, close = 1 };

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

// A cipher that has seen the owner and waits for the text.
Context begin(Direction direction, std::string_view key, std::string_view nonce,
              std::string_view owner) {
    CHECK(key.size() == kSealKeyBytes, "a key of another length");
    Context context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
    int ignored = 0;
    CHECK(EVP_CipherInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key),
                            bytes_of(nonce), static_cast<int>(direction)) == 1,
          "no AES-256-GCM");
    CHECK(EVP_CipherUpdate(context.get(), nullptr, &ignored, bytes_of(owner),
                           static_cast<int>(owner.size())) == 1,
          "AES-256-GCM refuses the owner");
    return context;
}

std::string run(EVP_CIPHER_CTX* context, std::string_view text) {
    std::string out(text.size(), '\0');
    int size = 0;
    CHECK(EVP_CipherUpdate(context, reinterpret_cast<unsigned char*>(out.data()), &size,
                           bytes_of(text), static_cast<int>(text.size())) == 1,
          "AES-256-GCM refuses the text");
    return out;
}

}  // namespace

std::string seal(Env& env, std::string_view key, std::string_view plain, std::string_view owner) {
    std::string nonce(kNonce, '\0'), tag(kTag, '\0');
    env.random(nonce);
    const Context context = begin(Direction::close, key, nonce, owner);
    const std::string hidden = run(context.get(), plain);
    int ignored = 0;
    unsigned char rest[EVP_MAX_BLOCK_LENGTH];
    CHECK(EVP_CipherFinal_ex(context.get(), rest, &ignored) == 1, "AES-256-GCM does not end");
    CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTag, tag.data()) == 1,
          "AES-256-GCM gives no tag");
    return std::string(kForm) + to_base64url(nonce + hidden + tag);
}

Result<std::string> unseal(std::string_view key, std::string_view sealed, std::string_view owner) {
    const auto closed = [] {
        return fail(Code::invalid, "a stored secret does not open with this key");
    };
    if (!sealed.starts_with(kForm)) return closed();
    const auto bytes = from_base64url(sealed.substr(kForm.size()));
    if (!bytes || bytes->size() < kNonce + kTag) return closed();
    const std::string_view all = *bytes;
    const Context context = begin(Direction::open, key, all.substr(0, kNonce), owner);
    std::string plain = run(context.get(), all.substr(kNonce, all.size() - kNonce - kTag));
    std::string tag(all.substr(all.size() - kTag));
    int ignored = 0;
    unsigned char rest[EVP_MAX_BLOCK_LENGTH];
    if (EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTag, tag.data()) != 1 ||
        EVP_CipherFinal_ex(context.get(), rest, &ignored) != 1)
        return closed();
    return plain;
}

}  // namespace rondo
