#include "domain/stats/evidently.h"

#include <algorithm>
#include <cmath>

#include "domain/stats/distributions.h"
#include "domain/stats/divergence.h"
#include "domain/stats/ecdf_distance.h"
#include "domain/stats/frequency_tests.h"
#include "domain/stats/sample.h"

namespace rondo::stats::evidently {
namespace {

struct Pair {
    std::vector<double> reference, current;  // ascending and finite
};

std::vector<double> finite_ascending(std::span<const double> values) {
    std::vector<double> out;
    out.reserve(values.size());
    for (const double v : values) {
        if (std::isfinite(v)) out.push_back(v);
    }
    return sorted(out);
}

Result<Pair> prepared(std::span<const double> reference, std::span<const double> current) {
    Pair out{finite_ascending(reference), finite_ascending(current)};
    if (out.reference.empty())
        return fail(Code::invalid, "the reference has no finite value", "reference");
    if (out.current.empty()) return fail(Code::invalid, "no value to compare is finite", "current");
    return out;
}

size_t distinct(std::span<const double> ascending) {
    size_t count = ascending.empty() ? 0 : 1;
    for (size_t i = 1; i < ascending.size(); ++i) count += ascending[i] != ascending[i - 1];
    return count;
}

// Counts of each distinct value of either side.
Pair counts(const Pair& data) {
    Pair out;
    walk_distinct(data.reference, data.current, [&](double, size_t r, size_t c) {
        out.reference.push_back(static_cast<double>(r));
        out.current.push_back(static_cast<double>(c));
    });
    return out;
}

// numpy's histogram_bin_edges(values, "sturges") for `count` values in [low, high].
std::vector<double> sturges_edges(double low, double high, size_t count, Column column) {
    const double range = high - low;
    double width = range / (std::log2(static_cast<double>(count)) + 1);
    if (column == Column::integer && width > 0 && width < 1) width = 1;
    const auto bins = width > 0 ? static_cast<size_t>(std::ceil(range / width)) : 1;
    if (range == 0) {
        low -= 0.5;
        high += 0.5;
    }
    std::vector<double> edges(bins + 1);
    const double step = (high - low) / static_cast<double>(bins);
    for (size_t i = 0; i <= bins; ++i) edges[i] = static_cast<double>(i) * step + low;
    edges.back() = high;
    return edges;
}

// How many of the ascending values lie in each bin; a bin holds its lower edge, the last both.
std::vector<double> histogram(std::span<const double> ascending, std::span<const double> edges) {
    std::vector<double> out(edges.size() - 1);
    auto from = std::lower_bound(ascending.begin(), ascending.end(), edges.front());
    for (size_t i = 0; i < out.size(); ++i) {
        const auto to = i + 1 == out.size() ? std::upper_bound(from, ascending.end(), edges[i + 1])
                                            : std::lower_bound(from, ascending.end(), edges[i + 1]);
        out[i] = static_cast<double>(to - from);
        from = to;
    }
    return out;
}

void fill_zeros(std::vector<double>& shares) {
    double smallest = 1;
    for (const double s : shares) {
        if (s > 0) smallest = std::min(smallest, s);
    }
    const double filling = smallest <= 0.0001 ? smallest / 1e6 : 0.0001;
    for (double& s : shares) {
        if (s == 0) s = filling;
    }
}

Shares shares_of(const Pair& data, Column column, ZeroCells zeros) {
    Pair cells;
    if (column != Column::category && distinct(data.reference) > 20) {
        const double low = std::min(data.reference.front(), data.current.front());
        const double high = std::max(data.reference.back(), data.current.back());
        const auto edges =
            sturges_edges(low, high, data.reference.size() + data.current.size(), column);
        cells = {histogram(data.reference, edges), histogram(data.current, edges)};
    } else {
        cells = counts(data);
    }
    for (double& c : cells.reference) c /= static_cast<double>(data.reference.size());
    for (double& c : cells.current) c /= static_cast<double>(data.current.size());
    if (zeros == ZeroCells::filled) {
        fill_zeros(cells.reference);
        fill_zeros(cells.current);
    }
    return {std::move(cells.reference), std::move(cells.current)};
}

double hellinger_of_numbers(const Pair& data, Column column) {
    std::vector<double> values;  // each distinct one once: the bins are made from these
    walk_distinct(data.reference, data.current,
                  [&](double value, size_t, size_t) { values.push_back(value); });
    const auto edges = sturges_edges(values.front(), values.back(), values.size(), column);
    const auto in_reference = histogram(data.reference, edges);
    const auto in_current = histogram(data.current, edges);
    const double width = (edges.back() - edges.front()) / static_cast<double>(edges.size() - 1);
    double sum = 0;
    for (size_t i = 0; i < in_reference.size(); ++i) {
        const double bin = edges[i + 1] - edges[i];
        const double p = in_reference[i] / bin / static_cast<double>(data.reference.size());
        const double q = in_current[i] / bin / static_cast<double>(data.current.size());
        sum += std::sqrt(p * q) * width;
    }
    return std::sqrt(1 - std::clamp(sum, 0.0, 1.0));
}

}  // namespace

Result<Shares> binned_shares(std::span<const double> reference, std::span<const double> current,
                             Column column, ZeroCells zeros) {
    TRY_ASSIGN(const Pair data, prepared(reference, current));
    return shares_of(data, column, zeros);
}

Result<double> psi(std::span<const double> reference, std::span<const double> current,
                   Column column) {
    TRY_ASSIGN(const Shares s, binned_shares(reference, current, column, ZeroCells::filled));
    double sum = 0;  // filled shares no longer sum to 1, and stay so
    for (size_t i = 0; i < s.reference.size(); ++i)
        sum += (s.reference[i] - s.current[i]) * std::log(s.reference[i] / s.current[i]);
    return sum;
}

Result<double> kl_div(std::span<const double> reference, std::span<const double> current,
                      Column column) {
    TRY_ASSIGN(const Shares s, binned_shares(reference, current, column, ZeroCells::filled));
    return kl_divergence(s.reference, s.current);
}

Result<double> jensenshannon(std::span<const double> reference, std::span<const double> current,
                             Column column) {
    TRY_ASSIGN(const Shares s, binned_shares(reference, current, column, ZeroCells::kept));
    return jensen_shannon_distance(s.reference, s.current);
}

Result<double> hellinger(std::span<const double> reference, std::span<const double> current,
                         Column column) {
    TRY_ASSIGN(const Pair data, prepared(reference, current));
    if (column != Column::category) return hellinger_of_numbers(data, column);
    const Shares s = shares_of(data, column, ZeroCells::kept);
    double sum = 0;
    for (size_t i = 0; i < s.reference.size(); ++i) sum += std::sqrt(s.reference[i] * s.current[i]);
    return std::sqrt(1 - std::clamp(sum, 0.0, 1.0));
}

Result<double> wasserstein(std::span<const double> reference, std::span<const double> current) {
    TRY_ASSIGN(const Pair data, prepared(reference, current));
    const auto n = static_cast<double>(data.reference.size());
    long double sum = 0, squares = 0;
    for (const double v : data.reference) sum += v;
    const long double mean = sum / n;
    for (const double v : data.reference) squares += (v - mean) * (v - mean);
    const auto deviation = static_cast<double>(std::sqrt(squares / n));
    TRY_ASSIGN(const double distance,
               wasserstein_distance(Sample(data.reference), Sample(data.current)));
    return distance / std::max(deviation, 0.001);
}

Result<double> chisquare(std::span<const double> reference, std::span<const double> current) {
    TRY_ASSIGN(const Pair data, prepared(reference, current));
    const Pair cells = counts(data);
    if (cells.reference.size() == 1) return std::numeric_limits<double>::quiet_NaN();
    const double scale =
        static_cast<double>(data.current.size()) / static_cast<double>(data.reference.size());
    std::vector<double> expected = cells.reference;
    for (double& e : expected) e *= scale;
    TRY_ASSIGN(const auto result, goodness_of_fit(cells.current, expected));
    return result.p_value;
}

Result<double> z(std::span<const double> reference, std::span<const double> current) {
    TRY_ASSIGN(const Pair data, prepared(reference, current));
    const Pair cells = counts(data);
    if (cells.reference.size() == 1) return 1.0;
    const auto n = static_cast<double>(data.reference.size());
    const auto m = static_cast<double>(data.current.size());
    TRY_ASSIGN(const auto result,
               two_proportion_z({n - cells.reference[0], n}, {m - cells.current[0], m}));
    return 2 * (1 - normal_cdf(std::abs(result.statistic)));
}

Result<double> g_test(std::span<const double> reference, std::span<const double> current) {
    TRY_ASSIGN(const Pair data, prepared(reference, current));
    const Pair cells = counts(data);
    if (cells.reference.size() == 1 && data.reference.size() == data.current.size())
        return std::numeric_limits<double>::quiet_NaN();
    TRY_ASSIGN(const auto result,
               goodness_of_fit(cells.current, cells.reference, FitStatistic::log_likelihood));
    return result.p_value;
}

Result<double> total_variation(std::span<const double> reference, std::span<const double> current) {
    TRY_ASSIGN(const Pair data, prepared(reference, current));
    const Pair cells = counts(data);
    return total_variation_distance(cells.reference, cells.current);
}

std::string_view default_test(Column column, size_t reference_rows, size_t distinct_values) {
    const bool small = reference_rows <= 1000;
    if (column != Column::category && distinct_values > 5) return small ? "ks" : "wasserstein";
    if (!small) return "jensenshannon";
    return distinct_values > 2 ? "chisquare" : "z";
}

}  // namespace rondo::stats::evidently
