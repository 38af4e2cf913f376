// Whether probabilities mean what they say: reliability, and making them so.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"

namespace rondo::stats {

enum class BinRule {
    uniform,   // bins of equal width over [0, 1]
    quantile,  // edges at quantiles of the probabilities (linear interpolation, as numpy)
};

struct ReliabilityBin {
    double mean_probability = 0, share_positive = 0;
    int64_t rows = 0;
};

inline constexpr size_t kMaxBins = 10000;

// One entry a bin that holds rows, ascending: the points of scikit-learn's calibration_curve. A
// value on an edge belongs to the lower bin. Fails like score_curves.h, and on no bins. O(n log n).
Result<std::vector<ReliabilityBin>> reliability_curve(std::span<const uint8_t> outcomes,
                                                      std::span<const double> probabilities,
                                                      size_t bins = 10,
                                                      BinRule rule = BinRule::uniform);

struct CalibrationError {
    double expected = 0;  // mean |share - probability| weighted by rows (Naeini et al. 2015)
    double maximum = 0;
};
CalibrationError calibration_error(std::span<const ReliabilityBin> bins);

// The increasing function nearest to the outcomes in squares: pool adjacent violators (Ayer et al.
// 1955); between its points linear, beyond them constant, as scikit-learn's with clipping.
class Isotonic {
  public:
    // Weights 1. Fails on unlike lengths, no rows, or a value that is not finite. O(n log n).
    static Result<Isotonic> fit(std::span<const double> x, std::span<const double> y);
    double operator()(double x) const;  // NaN stays NaN; O(log points)

    const std::vector<double>& knots() const { return x_; }
    const std::vector<double>& levels() const { return y_; }

  private:
    std::vector<double> x_, y_;
};

}  // namespace rondo::stats
