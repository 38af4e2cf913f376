// Narrow tables of (owner, key, value): tags and params of everything.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "platform/store/bulk.h"

namespace rondo::tracking {

// Adds the question for the pairs of all owners, which appends them, each to what list_of(owner)
// returns, in order of their keys. `table` and `owner` are SQL of our own.
template <class ListOf>
void add_pairs(std::vector<store::Question>& questions, std::string_view table,
               std::string_view owner, std::span<const store::Arg> ids, ListOf list_of) {
    const std::string column(owner);
    store::add_each_of(
        questions,
        "SELECT " + column + ", key, value FROM " + std::string(table) + " WHERE " + column +
            " IN ",
        ids, " ORDER BY " + column + ", key", [list_of](const store::Row& row) {
            list_of(row.integer(0)).push_back({row.get<std::string>(1), row.get<std::string>(2)});
            return true;
        });
}

// Asks it.
template <class ListOf>
Status load_pairs(store::Tx& tx, std::string_view table, std::string_view owner,
                  std::span<const store::Arg> ids, ListOf list_of) {
    std::vector<store::Question> questions;
    add_pairs(questions, table, owner, ids, list_of);
    return tx.run_all(questions);
}

}  // namespace rondo::tracking
