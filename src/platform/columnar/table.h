// One table from a file, column by column: Parquet, or CSV as it is or packed by gzip or zstd.
//
// What a file is, its first bytes say, not its name. A column has one type; what a cell lacks stays
// missing and is never a 0. Every count that a file declares is checked against bytes that are
// there before memory is taken for it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/env.h"
#include "platform/columnar/words.h"

namespace rondo::columnar {

enum class Type : uint8_t {
    boolean,
    integer,
    number,     // floating point, and decimals
    timestamp,  // dates too
    text,
    unread,  // nested and other columns that are not decoded; `why` says what it is
};
std::string_view name_of(Type type);

inline constexpr uint32_t kMissingCode = UINT32_MAX;

struct Column {
    Type type = Type::number;
    // All types but text: NaN where missing. Booleans are 0 and 1, timestamps microseconds since
    // 1970 in UTC (a time without zone is taken as UTC).
    std::vector<double> numbers;
    // Text: the number of each word, kMissingCode where missing.
    std::vector<uint32_t> codes;
    Words words;
    size_t missing = 0;  // nulls and NaNs
    size_t rounded = 0;  // integers beyond 2^53, which a double holds to 16 digits only

    size_t rows() const { return type == Type::text ? codes.size() : numbers.size(); }
};

struct Field {
    std::string name;
    Type type = Type::number;
    std::string why;  // of an unread one
};

struct Limits {
    size_t columns = 4096;
    uint64_t rows = 500'000'000;              // 4 GB a column
    uint64_t cells = 4'000'000'000;           // of a CSV file, which is held as a whole
    size_t page_bytes = 256U << 20;           // of one page of a Parquet file, unpacked
    uint64_t page_values = 128U << 20;        // of one page, nulls too
    size_t footer_bytes = 64U << 20;          // of a Parquet file
    size_t record_bytes = 64U << 20;          // of one line of a CSV file
    uint64_t text_bytes = uint64_t{1} << 38;  // of a CSV file, unpacked
};

struct ReadOptions {
    size_t threads = 1;
    Limits limits;
    // Called now and then by the opening thread: bytes of the file read since the last call.
    std::function<void(uint64_t)> progress = {};
};

// Any thread may read any column at the same time.
class Table {
  public:
    virtual ~Table() = default;
    const std::vector<Field>& fields() const { return fields_; }
    uint64_t rows() const { return rows_; }
    // The place of a column, or fields().size().
    size_t find(std::string_view name) const;
    // A column's values. Of a Parquet file decoded now, of a CSV file held since it was opened.
    // Fails on an unread column and on bytes that are not what they should be.
    virtual Result<std::shared_ptr<const Column>> column(size_t index) const = 0;
    // Lets go of a column that will not be asked for again.
    virtual void release(size_t) {}

  protected:
    std::vector<Field> fields_;
    uint64_t rows_ = 0;
};

// Opens a file by its first bytes. Errors name the file and what is wrong with it. A CSV file is
// read whole here: one pass, or two when a later cell changes a column's type.
Result<std::unique_ptr<Table>> open_table(Env& env, const std::string& path,
                                          const ReadOptions& options = {});
// The same of an open file; `name` is for messages.
Result<std::unique_ptr<Table>> open_table(std::shared_ptr<File> file, const std::string& name,
                                          const ReadOptions& options);

}  // namespace rondo::columnar
