#include "domain/stats/mean_tests.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "domain/stats/distributions.h"

namespace rondo::stats {
namespace {

TTestResult result_of(double difference, double standard_error, double degrees,
                      Alternative alternative) {
    TTestResult out;
    out.statistic = difference / standard_error;
    if (std::isnan(out.statistic)) return out;
    out.degrees = degrees;
    out.p_value = tail_of(student_t_cdf(out.statistic, degrees),
                          student_t_sf(out.statistic, degrees), alternative);
    return out;
}

}  // namespace

double tail_of(double below, double above, Alternative alternative) {
    if (std::isnan(below)) return below;
    if (alternative == Alternative::less) return below;
    if (alternative == Alternative::greater) return above;
    return std::min(1.0, 2 * std::min(below, above));
}

Moments moments_of(std::span<const double> values) {
    Moments out;
    out.count = static_cast<double>(values.size());
    if (values.empty()) return out;
    long double sum = 0;
    for (const double v : values) sum += v;
    const long double mean = sum / static_cast<long double>(values.size());
    long double squares = 0;
    for (const double v : values) squares += (v - mean) * (v - mean);
    out.mean = static_cast<double>(mean);
    out.variance = static_cast<double>(squares / (static_cast<long double>(values.size()) - 1));
    return out;
}

Result<TTestResult> t_test(const Moments& x, const Moments& y, Variances variances,
                           Alternative alternative) {
    if (x.count < 1 || y.count < 1 || x.count + y.count < 3)
        return fail(Code::invalid, "a t-test needs a value in each sample and 3 in all", "x");
    if (variances == Variances::unequal) {
        if (x.count < 2 || y.count < 2)
            return fail(Code::invalid, "Welch's test needs 2 values in each sample", "x");
        const double a = x.variance / x.count, b = y.variance / y.count;
        double degrees = (a + b) * (a + b) / (a * a / (x.count - 1) + b * b / (y.count - 1));
        if (a + b == 0) degrees = 1;  // of no weight: the statistic is infinite or NaN
        return result_of(x.mean - y.mean, std::sqrt(a + b), degrees, alternative);
    }
    const double degrees = x.count + y.count - 2;
    // A single value has no variance and adds none.
    const double squares = (x.count > 1 ? (x.count - 1) * x.variance : 0) +
                           (y.count > 1 ? (y.count - 1) * y.variance : 0);
    const double error = std::sqrt(squares / degrees * (1 / x.count + 1 / y.count));
    return result_of(x.mean - y.mean, error, degrees, alternative);
}

Result<TTestResult> t_test(std::span<const double> x, std::span<const double> y,
                           Variances variances, Alternative alternative) {
    return t_test(moments_of(x), moments_of(y), variances, alternative);
}

Result<TTestResult> paired_t_test(std::span<const double> x, std::span<const double> y,
                                  Alternative alternative) {
    if (x.size() != y.size()) return fail(Code::invalid, "pairs need samples of one length", "y");
    if (x.size() < 2) return fail(Code::invalid, "a paired test needs 2 pairs or more", "x");
    std::vector<double> differences(x.size());
    for (size_t i = 0; i < x.size(); ++i) differences[i] = x[i] - y[i];
    const Moments d = moments_of(differences);
    return result_of(d.mean, std::sqrt(d.variance / d.count), d.count - 1, alternative);
}

}  // namespace rondo::stats
