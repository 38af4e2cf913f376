// The filter language: comparisons joined by AND, nothing else.
//
//   metrics.loss < 0.1 AND params.`model type` = 'tree' AND tags.team IS NOT NULL
//       AND run_id IN ('a', 'b') AND attributes.run_name ILIKE '%night%'
//
// Names are plain (letters, digits, _ and .) or quoted with backticks or double quotes; texts are
// in single or double quotes, a quote inside is written twice. Keywords ignore case. One pass over
// the text, linear in its length. Errors are Code::invalid and name the position, from 1.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace rondo::search {

// Room for some ten thousand run ids in one list, and far from what a database refuses.
inline constexpr size_t kMaxFilterBytes = 512 << 10;
inline constexpr size_t kMaxTerms = 100;
inline constexpr size_t kMaxListItems = 10'000;

enum class Op : uint8_t {
    equal,
    not_equal,
    less,
    less_or_equal,
    greater,
    greater_or_equal,
    like,
    ilike,
    in,
    not_in,
    is_null,
    is_not_null,
};
std::string_view text_of(Op op);

using Texts = std::vector<std::string>;
using Value = std::variant<std::monostate, int64_t, double, std::string, Texts>;

struct Term {
    std::string scope;  // "metrics"; empty for a bare name
    std::string key;    // "loss"
    Op op = Op::equal;
    Value value;          // monostate for IS NULL and IS NOT NULL
    std::string typed;    // a number as it was written
    size_t position = 1;  // of the left side
};

// An empty text has no terms.
Result<std::vector<Term>> parse_filter(std::string_view text);

struct Order {
    std::string scope, key;
    bool ascending = true;
};

// "metrics.`val loss` DESC", "start_time".
Result<Order> parse_order(std::string_view text);

}  // namespace rondo::search
