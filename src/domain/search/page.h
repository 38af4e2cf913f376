// Page tokens: an offset that belongs to one query. A token that was altered, or comes from
// another query, is Code::invalid; it never shows other rows.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace rondo::search {

// Rows that one page may hold at most in any search; also what MLflow's clients ask for at most.
inline constexpr int64_t kMaxPage = 50'000;

template <class T>
struct Page {
    std::vector<T> items;
    std::string next_token;  // empty on the last page
};

// What makes a query this one: filter, order, experiments, view.
uint64_t fingerprint(std::span<const std::string> parts);

// 0 for an empty token.
Result<int64_t> read_page_token(std::string_view token, uint64_t query);
std::string make_page_token(int64_t offset, uint64_t query);

// max_results has to lie in 1..limit.
Status check_max_results(int64_t max_results, int64_t limit);

}  // namespace rondo::search
