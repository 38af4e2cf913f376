#include "base/ordered_id.h"

#include "base/bytes.h"
#include "base/time.h"

namespace rondo {

std::string time_ordered_id(Env& env) {
    std::string bytes(16, '\0');
    env.random(bytes);
    const auto ms = static_cast<uint64_t>(to_millis(env.now()));
    for (size_t i = 0; i < 6; ++i) bytes[i] = static_cast<char>(ms >> (8 * (5 - i)));
    bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x70);  // the version
    bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);  // the variant
    return to_hex(bytes);
}

}  // namespace rondo
