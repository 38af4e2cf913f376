// What a hypothesis test answers, and which way it looks.
#pragma once

#include <limits>

namespace rondo::stats {

struct TestResult {
    double statistic = std::numeric_limits<double>::quiet_NaN();
    double p_value = std::numeric_limits<double>::quiet_NaN();
};

// Of the first sample against the second, in scipy's meaning for each test.
enum class Alternative { two_sided, less, greater };

}  // namespace rondo::stats
