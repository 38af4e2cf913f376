// Two models on the same inputs (shadow): only the rows where one is right and the other wrong tell
// them apart.
#pragma once

#include <array>
#include <cstdint>

#include "base/result.h"

namespace rondo::stats {

// Null rejected: "at every time, given the past, a row on which the two differ favours the
// candidate with probability at most 1/2". An e-process: the wealth of bets on the candidate with
// odds theta, in equal mixture; may be looked at after each row. Needs no randomisation, since both
// models answered each row; labels must not depend on which answer was served.
class PairedEvidence {
  public:
    static constexpr std::array<double, 6> kOdds{0.52, 0.55, 0.6, 0.67, 0.75, 0.9};

    enum class Winner : uint8_t { candidate, champion };
    // `rows` differing rows with one winner; 6 logarithms.
    void update(Winner winner, int64_t rows = 1);
    double e_value() const;
    int64_t candidate_wins() const { return candidate_; }
    int64_t champion_wins() const { return champion_; }

  private:
    std::array<double, kOdds.size()> log_wealth_{};
    int64_t candidate_ = 0, champion_ = 0;
};

// McNemar's exact test at a fixed number of rows, two-sided: P(a split at least as uneven) when
// both are equally good. 1 without differing rows; fails on negative counts.
Result<double> mcnemar_p_value(int64_t candidate_wins, int64_t champion_wins);

}  // namespace rondo::stats
