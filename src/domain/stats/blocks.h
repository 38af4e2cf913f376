// Average effect over blocks: the evidence for "better on average". Row-wise bets reject "not
// better at any time", which one good day can do; a promotion asks for the average, so its unit
// of evidence is a block (a day) and its value the block's mean difference, cut and scaled.
//
// Null rejected: "in each block, given the past, the candidate's mean loss is at least the
// champion's" (for differences cut at the clip). Exact for any dependence inside a block and any
// number of looks; and wealth above 1 needs a positive running mean (constant stakes).
#pragma once

#include <span>

#include "domain/stats/betting.h"

namespace rondo::stats {

struct BlockEvidence {
    BetProcess bets;
    int64_t rows = 0;
    double row_sum = 0;          // of all differences, for the row-weighted mean beside
    std::vector<double> blocks;  // the cut and scaled value of each block, for the interval

    static constexpr auto fields = std::tuple{
        json::field("bets", &BlockEvidence::bets, "Wealth of the bets on block means"),
        json::field("rows", &BlockEvidence::rows, "Rows in all blocks"),
        json::field("row_sum", &BlockEvidence::row_sum, "Sum of the differences over all rows"),
        json::field("blocks", &BlockEvidence::blocks, "Value of each block in [-1, 1]")};

    // differences: loss(champion) - loss(candidate) of the block's rows, in [-1, 1], in order.
    // An empty block changes nothing. clip in (0, 1]. sign -1 bets on "worse" instead.
    void add_block(std::span<const double> differences, double clip, double sign = 1);
    // The same from the sum of `count` differences.
    void add_block(double sum, int64_t count, double clip, double sign = 1);

    double e_value() const { return bets.e_value(); }
    int64_t days() const { return bets.count; }
    double row_mean() const { return rows == 0 ? 0 : row_sum / static_cast<double>(rows); }
    // Of the mean block difference, in units of the loss; each end at alpha.
    Interval interval(double clip, double alpha) const;
};

}  // namespace rondo::stats
