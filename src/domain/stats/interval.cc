#include "domain/stats/interval.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "domain/stats/distributions.h"
#include "domain/stats/random.h"

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

static Status need_proportion(double successes, double trials, double confidence) {
    if (!(trials > 0) || !(successes >= 0) || !(successes <= trials))
        return fail(Code::invalid,
                    "a proportion needs trials, and successes between 0 and their number",
                    "successes");
    if (!(confidence > 0 && confidence < 1))
        return fail(Code::invalid, "a confidence lies between 0 and 1", "confidence");
    return ok();
}

Result<Bounds> wilson_interval(double successes, double trials, double confidence) {
    TRY(need_proportion(successes, trials, confidence));
    const double z = -normal_ppf((1 - confidence) / 2), square = z * z / trials;
    const double p = successes / trials;
    const double middle = (p + square / 2) / (1 + square);
    const double half = z / (1 + square) * std::sqrt(p * (1 - p) / trials + square / (4 * trials));
    return Bounds{successes == 0 ? 0 : middle - half, successes == trials ? 1 : middle + half};
}

Result<Bounds> clopper_pearson_interval(double successes, double trials, double confidence) {
    TRY(need_proportion(successes, trials, confidence));
    const double tail = (1 - confidence) / 2, failures = trials - successes;
    return Bounds{successes == 0 ? 0 : beta_ppf(tail, successes, failures + 1),
                  failures == 0 ? 1 : beta_ppf(1 - tail, successes + 1, failures)};
}

Result<Bounds> bootstrap_interval(size_t rows,
                                  const std::function<double(std::span<const uint32_t>)>& metric,
                                  double confidence, size_t resamples, uint64_t seed) {
    if (rows == 0 || rows > UINT32_MAX)
        return fail(Code::invalid, "a bootstrap needs rows, at most 2^32", "rows");
    if (!(confidence > 0 && confidence < 1))
        return fail(Code::invalid, "a confidence lies between 0 and 1", "confidence");
    if (resamples < 20 || resamples > kMaxResamples)
        return fail(Code::invalid, "between 20 and " + std::to_string(kMaxResamples) + " resamples",
                    "resamples");
    Random random(seed);
    std::vector<uint32_t> drawn(rows);
    std::vector<double> values;
    for (size_t r = 0; r < resamples; ++r) {
        for (uint32_t& i : drawn) i = static_cast<uint32_t>(random.below(rows));
        const double value = metric(drawn);
        if (!std::isnan(value)) values.push_back(value);
    }
    if (values.size() < resamples / 2)
        return fail(Code::invalid, "the metric is undefined on most resamples: too few rows",
                    "rows");
    std::sort(values.begin(), values.end());
    const auto at = [&](double q) {
        const double place = q * static_cast<double>(values.size() - 1);
        const auto low = static_cast<size_t>(place);
        const double next = values[std::min(low + 1, values.size() - 1)];
        return values[low] + (next - values[low]) * (place - static_cast<double>(low));
    };
    return Bounds{at((1 - confidence) / 2), at((1 + confidence) / 2)};
}

}  // namespace rondo::stats
