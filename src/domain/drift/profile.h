// What one table holds, column by column.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "domain/drift/model.h"
#include "platform/columnar/table.h"

namespace rondo::drift {

struct Quantile {
    double share = 0, value = 0;
    static constexpr auto fields =
        std::tuple{json::field("share", &Quantile::share, "Share of the values at most this"),
                   json::field("value", &Quantile::value, "The value, by linear interpolation")};
};

struct TopValue {
    std::string value;
    int64_t count = 0;
    static constexpr auto fields =
        std::tuple{json::field("value", &TopValue::value, "The value"),
                   json::field("count", &TopValue::count, "Rows that have it")};
};

struct HistogramBin {
    double from = 0, to = 0;
    int64_t count = 0;
    static constexpr auto fields = std::tuple{
        json::field("from", &HistogramBin::from, "Lower end, which belongs to it"),
        json::field("to", &HistogramBin::to, "Upper end, which belongs to the last bin only"),
        json::field("count", &HistogramBin::count, "Values")};
};

struct ColumnProfile {
    std::string name, type;
    std::string note;  // why it was not read
    Side side;
    std::vector<Quantile> quantiles;
    std::vector<TopValue> top;
    std::vector<HistogramBin> histogram;

    static constexpr auto fields = std::tuple{
        json::field("name", &ColumnProfile::name, "Name of the column"),
        json::field("type", &ColumnProfile::type, "boolean, integer, number, timestamp or text"),
        json::field("note", &ColumnProfile::note, "Why it was not read"),
        json::field("summary", &ColumnProfile::side, "Counts and moments"),
        json::field("quantiles", &ColumnProfile::quantiles, "Exact; none of text"),
        json::field("top", &ColumnProfile::top, "The most frequent values, at most 10"),
        json::field("histogram", &ColumnProfile::histogram,
                    "Equal ranges between the smallest and the largest value; none of text")};
};

struct Profile {
    std::string file;
    int64_t rows = 0;
    int64_t duplicates = 0;
    std::vector<ColumnProfile> columns;

    static constexpr auto fields = std::tuple{
        json::field("file", &Profile::file, "The file"),
        json::field("rows", &Profile::rows, "Rows"),
        json::field("duplicates", &Profile::duplicates, "Rows that repeat an earlier one"),
        json::field("columns", &Profile::columns, "In the file's order")};
};

// On all threads; `progress` is told of each column. Distinct values and quantiles are exact: the
// column is sorted once. Timestamps are microseconds since 1970 in UTC. A table without rows has
// columns without values. Fails on bytes that cannot be read.
Result<Profile> profile(columnar::Table& table, size_t threads,
                        const std::function<void(size_t)>& progress = {});

}  // namespace rondo::drift
