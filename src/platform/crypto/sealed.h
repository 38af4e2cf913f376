// Small secrets at rest: AES-256-GCM by OpenSSL, each with a nonce of its own. What a secret
// belongs to is authenticated with it, so that a sealed text that is copied elsewhere does not open
// there. Any thread; a few microseconds.
#pragma once

#include <string>
#include <string_view>

#include "base/env.h"

namespace rondo {

inline constexpr size_t kSealKeyBytes = 32;

// Text that goes into a column of the database.
std::string seal(Env& env, std::string_view key, std::string_view plain, std::string_view owner);
// Code::invalid when the key, the owner or the text is another one.
Result<std::string> unseal(std::string_view key, std::string_view sealed, std::string_view owner);

}  // namespace rondo
