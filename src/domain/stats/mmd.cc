#include "domain/stats/mmd.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

#include "domain/stats/random.h"
#include "domain/stats/sample.h"

namespace rondo::stats {
namespace {

// How many ordered pairs of the ascending values, each with itself too, have (a - b)^2 <= limit.
uint64_t pairs_within(std::span<const double> values, double limit) {
    uint64_t count = 0;
    size_t low = 0;
    for (size_t i = 0; i < values.size(); ++i) {
        while ((values[i] - values[low]) * (values[i] - values[low]) > limit) ++low;
        count += i - low;
    }
    return 2 * count + values.size();
}

// The k-th smallest (from 0) squared distance, by bisection over the bits of non-negative doubles,
// whose order is that of the numbers. O(64 n).
double squared_distance_at(std::span<const double> values, uint64_t k) {
    const double span = values.back() - values.front();
    uint64_t low = 0, high = std::bit_cast<uint64_t>(span * span);
    while (low < high) {
        const uint64_t middle = low + (high - low) / 2;
        if (pairs_within(values, std::bit_cast<double>(middle)) > k)
            high = middle;
        else
            low = middle + 1;
    }
    return std::bit_cast<double>(low);
}

double median_bandwidth(std::span<const double> x) {
    const Sample ordered(x);
    const auto pairs = static_cast<double>(x.size()) * static_cast<double>(x.size());
    // The nearest of the ranks around the middle; a tie goes to the even one.
    const auto k = static_cast<uint64_t>(std::nearbyint((pairs - 1) / 2));
    const double median = squared_distance_at(ordered.values(), k);
    return std::sqrt(median > 0 ? median / 2 : 0.5);
}

// Which rows each permutation counts to x: row by row, 1 or 0 for each permutation. The first is
// the data as it came.
std::vector<double> memberships(size_t n, size_t total, const MmdOptions& options) {
    const size_t width = options.permutations + 1;
    std::vector<double> out(total * width, 0.0);
    for (size_t i = 0; i < n; ++i) out[i * width] = 1;
    Random random(options.seed);
    std::vector<uint32_t> order(total);
    for (size_t i = 0; i < total; ++i) order[i] = static_cast<uint32_t>(i);
    for (size_t p = 1; p < width; ++p) {
        for (size_t i = 0; i < n; ++i) {  // the first n places of a shuffle
            std::swap(order[i], order[i + random.below(total - i)]);
            out[order[i] * width + p] = 1;
        }
    }
    return out;
}

// The statistic of each permutation, the observed one first.
std::vector<double> statistics(std::span<const double> rows, size_t n, double bandwidth,
                               const MmdOptions& options) {
    const size_t total = rows.size(), width = options.permutations + 1;
    const std::vector<double> member = memberships(n, total, options);
    const double gamma = 1 / (2 * bandwidth * bandwidth);
    // Sums of the kernel over unordered pairs: within x by permutation, by row, and of all.
    std::vector<double> within(width, 0.0), below(width), of_row(total, 0.0);
    double all = 0;
    for (size_t i = 1; i < total; ++i) {
        std::fill(below.begin(), below.end(), 0.0);
        for (size_t j = 0; j < i; ++j) {
            const double off = rows[i] - rows[j];
            const double kernel = std::exp(-gamma * off * off);
            of_row[i] += kernel;
            of_row[j] += kernel;
            all += kernel;
            const double* in_x = &member[j * width];
            for (size_t p = 0; p < width; ++p) below[p] += kernel * in_x[p];
        }
        const double* in_x = &member[i * width];
        for (size_t p = 0; p < width; ++p) within[p] += in_x[p] * below[p];
    }
    std::vector<double> touching(width, 0.0);  // ordered pairs whose first row is in x
    for (size_t i = 0; i < total; ++i)
        for (size_t p = 0; p < width; ++p) touching[p] += member[i * width + p] * of_row[i];
    const auto nx = static_cast<double>(n), ny = static_cast<double>(total - n);
    std::vector<double> out(width);
    for (size_t p = 0; p < width; ++p) {
        const double xx = 2 * within[p], xy = touching[p] - xx, yy = 2 * all - xx - 2 * xy;
        out[p] = xx / (nx * (nx - 1)) + yy / (ny * (ny - 1)) - 2 * xy / (nx * ny);
    }
    return out;
}

}  // namespace

Result<MmdResult> mmd_2samp(std::span<const double> x, std::span<const double> y,
                            const MmdOptions& options) {
    TRY(need_values(x, 2, "x"));
    TRY(need_values(y, 2, "y"));
    if (x.size() + y.size() > kMmdRows)
        return fail(Code::too_large,
                    "the discrepancy is computed for at most " + std::to_string(kMmdRows) +
                        " rows; draw a random part of them",
                    "x");
    if (options.permutations > kMaxPermutations)
        return fail(Code::invalid, "at most " + std::to_string(kMaxPermutations) + " permutations",
                    "permutations");
    if (!(options.bandwidth >= 0))
        return fail(Code::invalid, "a bandwidth is positive, or 0 for the heuristic", "bandwidth");
    // The statistic is symmetric. The smaller sample's own sum is taken directly, because as a
    // difference from the whole it would have no digits left.
    const auto small = x.size() <= y.size() ? x : y, large = x.size() <= y.size() ? y : x;
    std::vector<double> rows(small.begin(), small.end());
    rows.insert(rows.end(), large.begin(), large.end());
    MmdResult out;
    if (!std::all_of(rows.begin(), rows.end(), [](double v) { return std::isfinite(v); }))
        return out;
    out.bandwidth = options.bandwidth > 0 ? options.bandwidth : median_bandwidth(x);
    const auto found = statistics(rows, small.size(), out.bandwidth, options);
    out.statistic = found.front();
    double beyond = 0;
    for (size_t p = 1; p < found.size(); ++p) beyond += found[p] >= out.statistic;
    const auto count = static_cast<double>(options.permutations);
    out.share = count == 0 ? std::numeric_limits<double>::quiet_NaN() : beyond / count;
    out.p_value = (beyond + 1) / (count + 1);
    return out;
}

}  // namespace rondo::stats
