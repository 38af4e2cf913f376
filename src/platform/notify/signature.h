// What proves that a message is ours and was not changed (docs/formats/webhooks.md): HMAC-SHA256
// over "id.seconds.body", in the form of Standard Webhooks. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.h"

namespace rondo::notify {

// "whsec_" and base64 of 32 random bytes.
std::string make_secret(Env& env);
// 16 to 1,024 bytes of printable ASCII; after "whsec_" base64 of 16 bytes or more.
Status check_secret(std::string_view secret);
// MLflow's are any text of its clients': 1 to 1,024 bytes without control characters.
Status check_mlflow_secret(std::string_view secret);

// "v1,BASE64". The key is what base64 after "whsec_" holds, or the secret's own bytes.
std::string signature(std::string_view secret, std::string_view id, int64_t seconds,
                      std::string_view body);
// The same with the secret's own bytes as the key in any case, as MLflow does it.
std::string signature_by_text(std::string_view secret, std::string_view id, int64_t seconds,
                              std::string_view body);
// One for each secret, with blanks between: whoever knows one of them can check.
std::string signatures(const std::vector<std::string>& secrets, std::string_view id,
                       int64_t seconds, std::string_view body);

}  // namespace rondo::notify
