// CHECK(condition, "what broke"): for invariants of our own code only. Aborts with file, line and
// message on stderr, in every build. Never used for anything that input or the disk can cause.
#pragma once

#include <string_view>

namespace rondo {
[[noreturn]] void check_failed(const char* file, int line, const char* condition,
                               std::string_view message);
}  // namespace rondo

#define CHECK(condition, message)                                           \
    do {                                                                    \
        if (!(condition)) [[unlikely]]                                      \
            ::rondo::check_failed(__FILE__, __LINE__, #condition, message); \
    } while (false)
