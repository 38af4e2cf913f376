#include "domain/stats/interval.h"

#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/students_t.hpp>

#include <cmath>
#include <limits>

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
    const boost::math::students_t t(n - 1);
    out.lower = out.mean - boost::math::quantile(t, confidence) * out.standard_error;
    return out;
}

double chi_square_quantile(double p, double degrees) {
    return boost::math::quantile(boost::math::chi_squared(degrees), p);
}

}  // namespace rondo::stats
