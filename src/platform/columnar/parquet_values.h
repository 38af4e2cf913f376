// Stored values of a Parquet page as cells of a column.
#pragma once

#include <vector>

#include "platform/columnar/parquet_meta.h"

namespace rondo::columnar {

// Of one chunk, which has at most one dictionary. Every append adds exactly `count` cells to the
// column, or fails.
class ParquetValues {
  public:
    explicit ParquetValues(const ParquetColumn& column) : what_(column) {}

    Status set_dictionary(std::string_view page, size_t count, Column& out);
    Status append_plain(std::string_view page, size_t count, Column& out);
    Status append_numbered(std::string_view page, size_t count, Column& out);
    Status append_boolean_runs(std::string_view page, size_t count, Column& out);

  private:
    Status decode_numbers(std::string_view page, size_t count, std::vector<double>& into,
                          Column& out) const;
    template <class Add>
    Status each_bytes(std::string_view page, size_t count, Add&& add) const;
    uint32_t code_of(std::string_view bytes, Column& out);

    const ParquetColumn& what_;
    std::vector<double> numbers_;  // the dictionary of numbers
    std::vector<uint32_t> codes_;  // the dictionary of texts, as the column's own numbers
    std::vector<uint32_t> indexes_;
};

}  // namespace rondo::columnar
