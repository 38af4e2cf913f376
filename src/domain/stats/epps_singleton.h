// Epps and Singleton's test by empirical characteristic functions: any difference, also of
// discrete data, where rank tests with ties lose power.
#pragma once

#include <array>
#include <span>

#include "base/result.h"
#include "domain/stats/test_result.h"

namespace rondo::stats {

// Null: x and y come from one distribution. Statistic W: the squared, whitened distance of the
// characteristic functions at 0.4 and 0.8 over the semi-interquartile range of the pooled data;
// corrected below 25 values (Epps and Singleton 1986; Goerg and Kaiser 2009). p: chi-square with
// as many degrees of freedom as the covariance has rank (4 as a rule). O(n + m).
// NaN or infinity among the values: NaN. Fails with fewer than 5 values in a sample and when the
// interquartile range of the pooled data is 0.
Result<TestResult> epps_singleton_2samp(std::span<const double> x, std::span<const double> y);

}  // namespace rondo::stats
