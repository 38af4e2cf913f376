// Page tokens: an offset that belongs to one query. A token that was altered, or comes from
// another query, is Code::invalid; it never shows other rows.
#pragma once

#include <algorithm>
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

// Bytes of one page that are loaded before it ends early; the next token goes on from there.
// Keeps a page of 50,000 rows with long texts from filling the memory.
inline constexpr size_t kPageBytes = 32 << 20;

// Fills a page with up to `limit` of the rows, whose details load(rows) fetches some at a time;
// take(row) turns a row into an item, bytes_of(item) says what it weighs.
template <class Item, class Row, class Load, class Take, class BytesOf>
Status fill_page(Page<Item>& page, std::span<Row> rows, int64_t limit, Load load, Take take,
                 BytesOf bytes_of) {
    constexpr size_t kLoadedAtOnce = 512;
    const size_t wanted = std::min(rows.size(), static_cast<size_t>(limit));
    page.items.reserve(wanted);
    size_t bytes = 0;
    while (page.items.size() < wanted && bytes < kPageBytes) {
        const size_t n = std::min(kLoadedAtOnce, wanted - page.items.size());
        const std::span<Row> some = rows.subspan(page.items.size(), n);
        TRY(load(some));
        for (Row& row : some) {
            page.items.push_back(take(row));
            bytes += bytes_of(page.items.back());
        }
    }
    return ok();
}

// What makes a query this one: filter, order, experiments, view.
uint64_t fingerprint(std::span<const std::string> parts);

// 0 for an empty token.
Result<int64_t> read_page_token(std::string_view token, uint64_t query);
std::string make_page_token(int64_t offset, uint64_t query);

// max_results has to lie in 1..limit.
Status check_max_results(int64_t max_results, int64_t limit);

}  // namespace rondo::search
