// The words of one entity as data: which names a filter may use, their types, and where they lie
// in the database. From terms (filter.h) to conditions and orders in SQL with bound parameters.
//
// In the SQL snippets of a table '@' stands for the alias of a joined row and '$' for the key that
// the caller asked for.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/search/filter.h"
#include "domain/search/statement.h"

namespace rondo::search {

enum class Type : uint8_t {
    text,     // = != LIKE ILIKE, and IN where lists are taken
    integer,  // = != < <= > >=
    real,     // the same
    id,       // an integer that is written as text: = != IN
};

// What one kind of name means.
struct Field {
    // Words before the dot, the first one for messages; "" allows the bare name.
    std::span<const std::string_view> scopes;
    std::string_view name;  // empty: any key (params, tags, metrics)
    Type type = Type::text;
    std::string_view column;  // "r.start_ms"; with '@' when it lies in `table`
    // For values that lie in rows of their own: "run_params @", matched by
    // "@.run = r.id AND @.key = $".
    std::string_view table = {};
    std::string_view match = {};
    std::string_view nan = {};  // column that marks NaN, whose value column is then meaningless
    bool lists = false;         // takes IN
    bool nullable = false;      // takes IS NULL
    bool filters = true;
    bool orders = false;
};

struct Grammar {
    std::string_view entity;  // "runs", for messages
    std::span<const Field> fields;
    bool repeats = false;       // an order may name a field again: it changes nothing
    bool bare_numbers = false;  // beside a text, 0.01 means '0.01'
};

// The field that a name means, or an error that lists what there is.
Result<const Field*> find_field(const Grammar& grammar, std::string_view scope,
                                std::string_view key);

// Appends " AND ..." for each term.
Status add_conditions(Statement& out, const Grammar& grammar, std::span<const Term> terms);

// An order, looked up.
struct Sorting {
    const Field* field;
    std::string key;
    bool ascending;
};
// At most kMaxOrders, none twice.
inline constexpr size_t kMaxOrders = 20;
Result<std::vector<Sorting>> parse_orders(const Grammar& grammar,
                                          std::span<const std::string> texts);
// Appends the outer joins that sorting by rows of other tables needs; for after FROM.
void add_joins(Statement& out, std::span<const Sorting> sortings);
// Appends "expression, expression, " for ORDER BY: values, then NaN, then what has none. The
// caller appends its own tie-breaker.
void add_orders(Statement& out, std::span<const Sorting> sortings);

}  // namespace rondo::search
