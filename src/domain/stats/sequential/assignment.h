// More evidence from logged assignment, beside UnitEvidence (units.h): a guardrail that tolerates
// some harm, and outcomes that are numbers in [0, 1].
//
// Both need what that one needs: each unit assigned to the candidate with the logged probability
// rho, outcomes known for both arms alike, one entry a unit. The base rate and rho may move at
// will. Entries with rho outside (0, 1) carry no evidence.
#pragma once

#include <array>
#include <cstdint>

namespace rondo::stats {

// Non-inferiority on failures. Null rejected: "at every time, given the past, the candidate's
// failure rate is at most `tolerated` times the champion's". Given a failure it then sits in the
// candidate's arm with probability at most rho' = rho R / (1 - rho + rho R), R tolerated; bets on
// ratios of R o, o the odds ratios of units.h. Successes say nothing here, so rare failures are
// exact and need no rate.
class GuardrailEvidence {
  public:
    explicit GuardrailEvidence(double tolerated = 1);  // > 0, else 1
    enum class Arm : uint8_t { champion, candidate };
    void failure(Arm arm, double rho, int64_t times = 1);  // so many at once; 8 logarithms
    double e_value() const;
    int64_t failures() const { return failures_; }

  private:
    double tolerated_;
    int64_t failures_ = 0;
    std::array<double, 8> log_wealth_{};
};

// Numbers in [0, 1], larger is worse: judge's scores, cut losses or costs. Null rejected: "at every
// time, given the past, the candidate's mean is at most the champion's". Bets on
// X = (y - m)(A / rho - (1 - A) / (1 - rho)), an unbiased estimate of the difference with less
// variance the better m, the mean so far, foretells y (augmented inverse probability weighting;
// Cook, Mishler and Ramdas 2023). The stake is Kelly's for the past X, at most half of what could
// lose everything.
class WeightedBets {
  public:
    void update(GuardrailEvidence::Arm arm, double y, double rho);  // y is cut; a NaN is left out
    double e_value() const;
    int64_t count() const { return count_; }

  private:
    int64_t count_ = 0;
    double sum_y_ = 0, sum_x_ = 0, squares_x_ = 0, log_wealth_ = 0;
};

}  // namespace rondo::stats
