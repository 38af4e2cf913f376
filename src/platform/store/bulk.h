// Many rows with few statements, on either engine. SQLite takes statements of a handful of sizes,
// which stay prepared; PostgreSQL takes one of any size, with an array for each column.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "platform/store/tx.h"

namespace rondo::store {

// Rows to insert, appended value by value. Views must outlive insert_many.
class Rows {
  public:
    explicit Rows(size_t columns) : columns_(columns) { values_.reserve(columns); }
    template <class... A>
    void add(const A&... values) {
        (values_.push_back(to_arg(values)), ...);
    }
    // A value that is bound already.
    void add_bound(const Arg& value) { values_.push_back(value); }
    size_t columns() const { return columns_; }
    size_t count() const { return values_.size() / columns_; }
    std::span<const Arg> values() const { return values_; }

  private:
    size_t columns_;
    std::vector<Arg> values_;
};

// head: "INSERT INTO t (a, b) VALUES "; tail: " ON CONFLICT (a) DO NOTHING" or nothing. The number
// of rows that were changed. Rows that meet each other under DO UPDATE are the caller's to avoid.
Result<int64_t> insert_many(Tx& tx, std::string_view head, const Rows& rows, std::string_view tail);
// The same for who does not ask how many (Tx::put).
Status put_many(Tx& tx, std::string_view head, const Rows& rows, std::string_view tail);
// The form of it with a list of values for each row: SQLite's, and PostgreSQL's where a column
// tells no type.
Result<int64_t> insert_values(Tx& tx, std::string_view head, const Rows& rows,
                              std::string_view tail);

// Texts as keys; views of them.
std::vector<Arg> args_of(std::span<const std::string> texts);

// Adds the questions head + "($1, $2, ...)" + tail for all keys, some at a time. The keys of one
// call are of one type.
void add_each_of(std::vector<Question>& questions, std::string_view head, std::span<const Arg> keys,
                 std::string_view tail, RowVisitor visit);

// Asks them, and visits each row.
Status each_of(Tx& tx, std::string_view head, std::span<const Arg> keys, std::string_view tail,
               const RowVisitor& visit);

}  // namespace rondo::store
