#include "domain/stats/interval.h"

#include <cmath>
#include <limits>

#include "domain/stats/distributions.h"

namespace rondo::stats {

MeanEstimate mean_with_limit(std::span<const double> values, double confidence) {
    MeanEstimate out;
    out.count = static_cast<int64_t>(values.size());
    out.lower = -std::numeric_limits<double>::infinity();
    if (values.empty()) return out;
    const auto n = static_cast<double>(values.size());
    double sum = 0;
    for (const double v : values) sum += v;
    out.mean = sum / n;
    if (values.size() < 2) return out;
    double squares = 0;
    for (const double v : values) squares += (v - out.mean) * (v - out.mean);
    out.standard_error = std::sqrt(squares / (n - 1) / n);
    out.lower = out.mean - student_t_ppf(confidence, n - 1) * out.standard_error;
    return out;
}

}  // namespace rondo::stats
