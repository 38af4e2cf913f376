// SipHash-2-4: a keyed 64-bit hash. Used where an outsider must not be able to aim at a value:
// hash tables over foreign keys and the assignment of units to arms.
// Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace rondo {

using SipKey = std::array<uint64_t, 2>;

uint64_t siphash(const SipKey& key, std::string_view bytes);

}  // namespace rondo
