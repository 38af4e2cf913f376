// How far a window of a feature has moved from its reference: counts in cells that the reference
// fixed once, so that days add up and every window costs the same.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "platform/json/shape.h"

namespace rondo::stats {

// The cells of one feature. A numeric feature with many values: equal-probability cells of the
// reference between `edges` (a value belongs to the first cell whose edge is not below it, the
// last cell takes the rest). Few values: one cell a value. Then one cell for values the reference
// never had (few values only) and one for missing values, always last.
struct Cells {
    std::string feature;
    bool by_value = false;
    std::vector<double> edges;       // sorted; values themselves when by_value
    std::vector<int64_t> reference;  // counts of the reference, one a cell

    static constexpr auto fields =
        std::tuple{json::field("feature", &Cells::feature, "Name of the feature"),
                   json::field("by_value", &Cells::by_value, "One cell a value, not a range"),
                   json::field("edges", &Cells::edges, "Upper edges, or the values"),
                   json::field("reference", &Cells::reference, "Reference rows in each cell")};

    size_t size() const;
    size_t cell_of(double value) const;
};

inline constexpr size_t kMaxCells = 32;         // ranges of a numeric feature
inline constexpr size_t kFewValues = 10;        // Evidently's border between numbers and categories
inline constexpr double kDriftThreshold = 0.1;  // and its threshold for this distance

// Fixes the cells by the reference's values (NaN: missing). Values are few when there are at most
// kFewValues different ones.
Cells make_cells(std::string feature, std::span<const double> reference);

struct Drift {
    std::string feature;
    double score = 0;  // Jensen-Shannon distance over the cells, natural logarithm: 0 to 0.833
    double noise = 0;  // what chance alone stays below with probability 1 - alpha at this n
    double threshold = kDriftThreshold;
    int64_t rows = 0;
    bool enough_data = false;  // noise below threshold: the window can tell
    bool drifted = false;      // score above both

    static constexpr auto fields = std::tuple{
        json::field("feature", &Drift::feature, "Name of the feature"),
        json::field("score", &Drift::score, "Jensen-Shannon distance to the reference"),
        json::field("noise", &Drift::noise, "Upper limit of the distance without any drift"),
        json::field("threshold", &Drift::threshold, "Distance that matters in practice"),
        json::field("rows", &Drift::rows, "Rows in the window"),
        json::field("enough_data", &Drift::enough_data, "Whether the window is large enough"),
        json::field("drifted", &Drift::drifted, "Whether the score is above both limits")};
};

// The distance of a window's counts from the reference, and its own null: without drift the
// squared distance is about (1/n + 1/m) / 8 times a chi-square with one degree of freedom less
// than there are used cells (Lin 1991 for the distance; Menendez et al. 1997 for the null).
Drift measure(const Cells& cells, std::span<const int64_t> window, double alpha);

}  // namespace rondo::stats
