#include "platform/auth/passwords.h"

#include <argon2.h>

#include "base/check.h"

namespace rondo::auth {
namespace {

// What OWASP recommends as the least: m=19 MiB, t=2, p=1.
constexpr uint32_t kMemoryKib = 19 << 10;
constexpr uint32_t kPasses = 2;
constexpr uint32_t kLanes = 1;
constexpr size_t kSaltBytes = 16;
constexpr size_t kHashBytes = 32;
constexpr int kThreads = 2;
// Some two seconds of work; who comes later is asked to come back.
constexpr int kMaxWaiting = 64;

std::string hash_with(Env& env, const std::string& password) {
    char salt[kSaltBytes];
    env.random(salt);
    char encoded[160];
    const int code =
        ::argon2id_hash_encoded(kPasses, kMemoryKib, kLanes, password.data(), password.size(), salt,
                                sizeof salt, kHashBytes, encoded, sizeof encoded);
    CHECK(code == ARGON2_OK, "argon2 fails with parameters that are ours");
    return encoded;
}

}  // namespace

Status check_password(std::string_view password) {
    if (password.size() < kMinPassword)
        return fail(Code::invalid, "a password has at least 12 characters", "password");
    if (password.size() > kMaxPassword)
        return fail(Code::invalid, "a password has at most 1,024 bytes", "password");
    return ok();
}

Passwords::Passwords(Env& env) : env_(env), pool_(kThreads) {}

const std::string& Passwords::hash_of_nobody() {
    std::call_once(nobody_made_, [this] { nobody_ = hash_with(env_, "nobody has this password"); });
    return nobody_;
}

Status Passwords::enter() {
    if (waiting_.fetch_add(1) < kMaxWaiting) return ok();
    waiting_.fetch_sub(1);
    return fail(Code::exhausted, "too many sign-ins at once; try again in a few seconds");
}

Task<Result<std::string>> Passwords::hash(std::string password) {
    CO_TRY(enter());
    co_return co_await pool_.run([this, password = std::move(password)] {
        std::string made = hash_with(env_, password);
        waiting_.fetch_sub(1);
        return made;
    });
}

Task<Result<bool>> Passwords::matches(std::string password, std::string hash) {
    CO_TRY(enter());
    co_return co_await pool_.run([this, password = std::move(password), hash = std::move(hash)] {
        const std::string& encoded = hash.empty() ? hash_of_nobody() : hash;
        const int code = ::argon2id_verify(encoded.c_str(), password.data(), password.size());
        waiting_.fetch_sub(1);
        return code == ARGON2_OK && !hash.empty();
    });
}

std::string Passwords::hash_now(const std::string& password) { return hash_with(env_, password); }

}  // namespace rondo::auth
