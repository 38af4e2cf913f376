// What a comparison needs of the reference, whether it comes from a table or was prepared.
#pragma once

#include <memory>
#include <vector>

#include "domain/drift/duplicates.h"
#include "domain/drift/sorted_column.h"

namespace rondo::drift {

class Reference {
  public:
    virtual ~Reference() = default;
    virtual const std::vector<columnar::Field>& fields() const = 0;
    virtual uint64_t rows() const = 0;
    // The place of a column, or fields().size().
    size_t find(std::string_view name) const;

    // Before any column: repeated() will be asked for.
    virtual void expect_repeated() = 0;
    // A column, to be asked for once; any thread. Timestamps, which nobody compares, come without
    // values. Fails on unread columns and on bytes that are not what they should be.
    virtual Result<SortedColumn> take(size_t index, bool in_order) = 0;
    // Rows that repeat an earlier one in these columns, which are all that were taken.
    virtual Result<int64_t> repeated(const std::vector<size_t>& columns) = 0;
};

// The reference is a table, which has to outlive it.
class TableReference : public Reference {
  public:
    explicit TableReference(columnar::Table& table) : table_(table), hashes_(0) {}
    const std::vector<columnar::Field>& fields() const override { return table_.fields(); }
    uint64_t rows() const override { return table_.rows(); }
    void expect_repeated() override { hashes_.expect(table_.rows()); }
    Result<SortedColumn> take(size_t index, bool in_order) override;
    Result<int64_t> repeated(const std::vector<size_t>&) override { return hashes_.repeated(); }

  private:
    columnar::Table& table_;
    RowHashes hashes_;
};

}  // namespace rondo::drift
