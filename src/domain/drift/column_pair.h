// Both sides of one column, made ready to be compared: sorted, summed up, categories numbered
// alike.
#pragma once

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "domain/drift/calibrated.h"
#include "domain/drift/model.h"
#include "domain/drift/sorted_column.h"
#include "platform/columnar/table.h"

namespace rondo::drift {

// What both files have in a column of one name.
class ColumnPair {
  public:
    // Fails when the two have no type in common; the message says so.
    static Result<ColumnPair> make(SortedColumn reference,
                                   std::shared_ptr<const columnar::Column> current);

    // By Evidently's rules, on the whole current column.
    Kind kind() const { return kind_; }
    stats::evidently::Column column() const;
    bool is_text() const { return text_; }
    const columnar::Column& current() const { return *current_; }

    // The reference's; to be asked for once.
    SideValues take_reference();
    // Of these rows; all when there are none named.
    SideValues current_values(const Rows* rows, bool in_order) const;
    // The name of a category.
    std::string label(double value) const;

  private:
    SideValues current_words(const Rows* rows, bool in_order) const;
    void rank_words();
    Kind find_kind() const;

    SortedColumn reference_;
    std::shared_ptr<const columnar::Column> current_;
    bool text_ = false;
    Kind kind_ = Kind::other;
    // Text: the place of each word among the sorted ones of both sides, and the words.
    std::vector<uint32_t> reference_ranks_, current_ranks_;
    std::vector<std::string_view> words_;
};

// How often each different value stands on either side, ascending; the values go to `values`.
CellCounts count_values(const stats::evidently::Pair& data, std::vector<double>& values);

}  // namespace rondo::drift
