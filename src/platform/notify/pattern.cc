#include "platform/notify/pattern.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/text.h"

namespace rondo::notify {
namespace {

constexpr size_t kMaxPattern = 100;
constexpr int kMaxStars = 4;

}  // namespace

bool matches(std::string_view pattern, std::string_view text) {
    // Only the last star can need another try: an earlier one has matched as little as it could.
    size_t p = 0, t = 0, star = pattern.npos, after_star = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            after_star = t;
        } else if (p < pattern.size() && pattern[p] == text[t]) {
            ++p;
            ++t;
        } else if (star != pattern.npos) {
            p = star + 1;
            t = ++after_star;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == pattern.npos;
}

Status check_pattern(std::string_view pattern, std::string_view field) {
    const bool printable = is_storable_text(pattern) && std::ranges::all_of(pattern, [](char c) {
                               return static_cast<unsigned char>(c) > 0x20;
                           });
    if (pattern.empty() || pattern.size() > kMaxPattern || !printable)
        return fail(Code::invalid,
                    quoted(pattern) +
                        " is no pattern: 1 to 100 bytes without blanks, such as "
                        "'rollout.*'",
                    std::string(field));
    if (std::ranges::count(pattern, '*') > kMaxStars)
        return fail(Code::invalid, quoted(pattern) + " has more than four '*'", std::string(field));
    return ok();
}

}  // namespace rondo::notify
