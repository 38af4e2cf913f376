#include "domain/stats/evidently.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "domain/stats/distributions.h"
#include "domain/stats/divergence.h"
#include "domain/stats/ecdf_distance.h"
#include "domain/stats/frequency_tests.h"
#include "domain/stats/sample.h"

namespace rondo::stats::evidently {
namespace {

using Values = std::span<const double>;

Sample finite(Values values) {
    std::vector<double> out;
    out.reserve(values.size());
    for (const double v : values) {
        if (std::isfinite(v)) out.push_back(v);
    }
    return Sample::taking(std::move(out));
}

struct Counts {
    std::vector<double> reference, current;
};

// Counts of each distinct value of either side.
Counts counts(const Pair& data) {
    Counts out;
    walk_distinct(data.reference.values(), data.current.values(), [&](double, size_t r, size_t c) {
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

double hellinger_of_numbers(const Pair& data, Column column) {
    std::vector<double> values;  // each distinct one once: the bins are made from these
    walk_distinct(data.reference.values(), data.current.values(),
                  [&](double value, size_t, size_t) { values.push_back(value); });
    const auto edges = sturges_edges(values.front(), values.back(), values.size(), column);
    const auto in_reference = histogram(data.reference.values(), edges);
    const auto in_current = histogram(data.current.values(), edges);
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

Result<Pair> prepared(Values reference, Values current) {
    Pair out{finite(reference), finite(current)};
    if (out.reference.size() == 0)
        return fail(Code::invalid, "the reference has no finite value", "reference");
    if (out.current.size() == 0)
        return fail(Code::invalid, "no value to compare is finite", "current");
    return out;
}

size_t distinct(Values ascending) {
    size_t count = ascending.empty() ? 0 : 1;
    for (size_t i = 1; i < ascending.size(); ++i) count += ascending[i] != ascending[i - 1];
    return count;
}

Shares binned_shares(const Pair& data, Column column, ZeroCells zeros) {
    Counts cells;
    const Values reference = data.reference.values(), current = data.current.values();
    if (column != Column::category && distinct(reference) > 20) {
        const double low = std::min(reference.front(), current.front());
        const double high = std::max(reference.back(), current.back());
        const auto edges =
            sturges_edges(low, high, data.reference.size() + data.current.size(), column);
        cells = {histogram(reference, edges), histogram(current, edges)};
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

Result<Shares> binned_shares(Values reference, Values current, Column column, ZeroCells zeros) {
    TRY_ASSIGN(const Pair data, prepared(reference, current));
    return binned_shares(data, column, zeros);
}

Result<double> psi(const Pair& data, Column column) {
    const Shares s = binned_shares(data, column, ZeroCells::filled);
    double sum = 0;  // filled shares no longer sum to 1, and stay so
    for (size_t i = 0; i < s.reference.size(); ++i)
        sum += (s.reference[i] - s.current[i]) * std::log(s.reference[i] / s.current[i]);
    return sum;
}

Result<double> kl_div(const Pair& data, Column column) {
    const Shares s = binned_shares(data, column, ZeroCells::filled);
    return kl_divergence(s.reference, s.current);
}

Result<double> jensenshannon(const Pair& data, Column column) {
    const Shares s = binned_shares(data, column, ZeroCells::kept);
    return jensen_shannon_distance(s.reference, s.current);
}

Result<double> hellinger(const Pair& data, Column column) {
    if (column != Column::category) return hellinger_of_numbers(data, column);
    const Shares s = binned_shares(data, column, ZeroCells::kept);
    double sum = 0;
    for (size_t i = 0; i < s.reference.size(); ++i) sum += std::sqrt(s.reference[i] * s.current[i]);
    return std::sqrt(1 - std::clamp(sum, 0.0, 1.0));
}

// Four sums, of which none waits for another.
template <class Term>
long double sum_of(std::span<const double> values, Term term) {
    std::array<long double, 4> sums{};
    size_t i = 0;
    for (; i + sums.size() <= values.size(); i += sums.size()) {
        for (size_t k = 0; k < sums.size(); ++k) sums[k] += term(values[i + k]);
    }
    for (; i < values.size(); ++i) sums[0] += term(values[i]);
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

Result<double> wasserstein(const Pair& data) {
    const auto n = static_cast<double>(data.reference.size());
    const auto values = data.reference.values();
    const long double mean = sum_of(values, [](double v) -> long double { return v; }) / n;
    const auto deviation = static_cast<double>(std::sqrt(
        sum_of(values, [&](double v) -> long double { return (v - mean) * (v - mean); }) / n));
    TRY_ASSIGN(const double distance, wasserstein_distance(data.reference, data.current));
    return distance / std::max(deviation, 0.001);
}

Result<double> chisquare(const Pair& data) {
    const Counts cells = counts(data);
    if (cells.reference.size() == 1) return std::numeric_limits<double>::quiet_NaN();
    const double scale =
        static_cast<double>(data.current.size()) / static_cast<double>(data.reference.size());
    std::vector<double> expected = cells.reference;
    for (double& e : expected) e *= scale;
    TRY_ASSIGN(const auto result, goodness_of_fit(cells.current, expected));
    return result.p_value;
}

Result<double> z(const Pair& data) {
    const Counts cells = counts(data);
    if (cells.reference.size() == 1) return 1.0;
    const auto n = static_cast<double>(data.reference.size());
    const auto m = static_cast<double>(data.current.size());
    TRY_ASSIGN(const auto result,
               two_proportion_z({n - cells.reference[0], n}, {m - cells.current[0], m}));
    return 2 * (1 - normal_cdf(std::abs(result.statistic)));
}

Result<double> g_test(const Pair& data) {
    const Counts cells = counts(data);
    if (cells.reference.size() == 1 && data.reference.size() == data.current.size())
        return std::numeric_limits<double>::quiet_NaN();
    TRY_ASSIGN(const auto result,
               goodness_of_fit(cells.current, cells.reference, FitStatistic::log_likelihood));
    return result.p_value;
}

Result<double> total_variation(const Pair& data) {
    const Counts cells = counts(data);
    return total_variation_distance(cells.reference, cells.current);
}

// The same of columns that nobody has sorted yet.
namespace {
template <class Score, class... More>
Result<double> of_columns(Score score, Values reference, Values current, More... more) {
    TRY_ASSIGN(const Pair data, prepared(reference, current));
    return score(data, more...);
}
using Typed = Result<double> (*)(const Pair&, Column);
using Untyped = Result<double> (*)(const Pair&);
}  // namespace

Result<double> psi(Values reference, Values current, Column column) {
    return of_columns(Typed{psi}, reference, current, column);
}
Result<double> kl_div(Values reference, Values current, Column column) {
    return of_columns(Typed{kl_div}, reference, current, column);
}
Result<double> jensenshannon(Values reference, Values current, Column column) {
    return of_columns(Typed{jensenshannon}, reference, current, column);
}
Result<double> hellinger(Values reference, Values current, Column column) {
    return of_columns(Typed{hellinger}, reference, current, column);
}
Result<double> wasserstein(Values reference, Values current) {
    return of_columns(Untyped{wasserstein}, reference, current);
}
Result<double> chisquare(Values reference, Values current) {
    return of_columns(Untyped{chisquare}, reference, current);
}
Result<double> z(Values reference, Values current) {
    return of_columns(Untyped{z}, reference, current);
}
Result<double> g_test(Values reference, Values current) {
    return of_columns(Untyped{g_test}, reference, current);
}
Result<double> total_variation(Values reference, Values current) {
    return of_columns(Untyped{total_variation}, reference, current);
}

std::string_view default_test(Column column, size_t reference_rows, size_t distinct_values) {
    const bool small = reference_rows <= 1000;
    if (column != Column::category && distinct_values > 5) return small ? "ks" : "wasserstein";
    if (!small) return "jensenshannon";
    return distinct_values > 2 ? "chisquare" : "z";
}

}  // namespace rondo::stats::evidently
