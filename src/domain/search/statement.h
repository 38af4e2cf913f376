// A SQL statement that grows from left to right, with its parameters numbered in order of use.
// Values of callers enter through bind() alone.
#pragma once

#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/auth/readable.h"
#include "platform/store/tx.h"

namespace rondo::search {

class Statement {
  public:
    // `sql` is text of our own.
    Statement& add(std::string_view sql);
    // Appends the next parameter; texts are copied.
    Statement& bind(const store::Arg& value);
    // Appends " AND ..." that keeps the rows whose object the caller may read; `kind` is the
    // object's, `column` holds its key.
    Statement& add_readable(const auth::Readable& readable, std::string_view kind,
                            std::string_view column);
    // Appends a list in parentheses. Lengths are rounded up to powers of two by repeating the last
    // value, so that a handful of prepared statements serves all lengths. Never empty.
    Statement& bind_list(std::span<const store::Arg> values);

    const std::string& sql() const { return sql_; }
    std::span<const store::Arg> args() const { return args_; }

    Status each(store::Tx& tx, const store::RowVisitor& visit) const;

  private:
    std::string sql_;
    std::vector<store::Arg> args_;
    std::deque<std::string> texts_;  // what the arguments point to
};

}  // namespace rondo::search
