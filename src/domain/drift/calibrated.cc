#include "domain/drift/calibrated.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "domain/stats/distributions.h"
#include "domain/stats/divergence.h"
#include "domain/stats/random.h"

namespace rondo::drift {
namespace {

constexpr size_t kFewestCells = 5, kMostCells = 32;
constexpr int64_t kSparse = 5;  // a cell with fewer says nothing of its own
constexpr int kDraws = 1999;
constexpr int kEnough = 20;  // draws at least as extreme, after which p is known well enough

using Values = std::span<const double>;

size_t cells_for(size_t rows) {
    const auto cube = static_cast<size_t>(std::lround(std::cbrt(static_cast<double>(rows))));
    return std::clamp(cube, kFewestCells, kMostCells);
}

}  // namespace

double pooled_rank(Values x, Values y, size_t rank) {
    // i of x and rank - i of y come before it; find the least i that is enough.
    size_t low = rank > y.size() ? rank - y.size() : 0, high = std::min(rank, x.size());
    while (low < high) {
        const size_t i = (low + high) / 2, j = rank - i;
        if (j > 0 && i < x.size() && x[i] < y[j - 1])
            low = i + 1;
        else
            high = i;
    }
    const size_t j = rank - low;
    if (low == x.size()) return y[j];
    if (j == y.size()) return x[low];
    return std::min(x[low], y[j]);
}

namespace {

// Different values of both sides, or nothing when there are more than `most`.
std::vector<double> few_values(const stats::evidently::Pair& data, size_t most) {
    std::vector<double> out;
    for (const Values side : {data.reference.values(), data.current.values()}) {
        auto at = side.begin();
        size_t met = 0;
        while (at != side.end()) {
            if (++met > most) return {};
            out.push_back(*at);
            at = std::upper_bound(at, side.end(), *at);
        }
    }
    std::ranges::sort(out);
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out.size() > most ? std::vector<double>{} : out;
}

std::vector<int64_t> counted(Values ascending, Values edges) {
    std::vector<int64_t> out;
    auto from = ascending.begin();
    for (const double edge : edges) {
        const auto to = std::upper_bound(from, ascending.end(), edge);
        out.push_back(to - from);
        from = to;
    }
    out.push_back(ascending.end() - from);
    return out;
}

// Half the log-likelihood ratio over the rows: what orders the draws as the distance does.
double squared_distance(const std::vector<int64_t>& x, const std::vector<int64_t>& all, double n,
                        double m) {
    double sum = 0;
    for (size_t i = 0; i < all.size(); ++i) {
        const double p = static_cast<double>(x[i]) / n;
        const double q = static_cast<double>(all[i] - x[i]) / m;
        const double middle = (p + q) / 2;
        if (p > 0) sum += p * std::log(p / middle);
        if (q > 0) sum += q * std::log(q / middle);
    }
    return sum / 2;
}

// P(a distance as large or larger | both sides come from one pot): rows of the smaller side are
// drawn again and again, without putting back.
double permuted_p(const std::vector<int64_t>& smaller, const std::vector<int64_t>& all,
                  uint64_t seed) {
    const auto n = std::accumulate(smaller.begin(), smaller.end(), int64_t{0});
    const auto total = std::accumulate(all.begin(), all.end(), int64_t{0});
    const auto sizes = std::pair{static_cast<double>(n), static_cast<double>(total - n)};
    // A hair below, so that rounding does not lose draws that are equal.
    const double observed = squared_distance(smaller, all, sizes.first, sizes.second) * (1 - 1e-12);
    stats::Random random(seed);
    std::vector<int64_t> left, drawn(all.size());
    int beyond = 0;
    for (int draw = 1; draw <= kDraws; ++draw) {
        left = all;
        std::ranges::fill(drawn, 0);
        for (int64_t i = 0; i < n; ++i) {
            auto at = static_cast<int64_t>(random.below(static_cast<uint64_t>(total - i)));
            size_t cell = 0;
            while (at >= left[cell]) at -= left[cell++];
            --left[cell];
            ++drawn[cell];
        }
        beyond += squared_distance(drawn, all, sizes.first, sizes.second) >= observed ? 1 : 0;
        if (beyond == kEnough) return static_cast<double>(kEnough) / draw;
    }
    return (beyond + 1.0) / (kDraws + 1.0);
}

}  // namespace

CellCounts cells_of_numbers(const stats::evidently::Pair& data) {
    const Values x = data.reference.values(), y = data.current.values();
    const size_t cells = cells_for(std::min(x.size(), y.size()));
    std::vector<double> edges = few_values(data, cells);
    if (edges.empty()) {
        const size_t total = x.size() + y.size();
        for (size_t i = 1; i < cells; ++i)
            edges.push_back(pooled_rank(x, y, (total * i + cells - 1) / cells - 1));
        edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
    } else {
        edges.pop_back();  // the last cell takes the rest
    }
    return {counted(x, edges), counted(y, edges)};
}

CellCounts cells_of_categories(const CellCounts& categories) {
    std::vector<size_t> order(categories.reference.size());
    std::iota(order.begin(), order.end(), size_t{0});
    const auto both = [&](size_t i) { return categories.reference[i] + categories.current[i]; };
    std::ranges::sort(order, {}, [&](size_t i) { return std::pair{-both(i), i}; });
    CellCounts out;
    int64_t reference = 0, current = 0;
    for (const size_t i : order) {
        if (both(i) >= kSparse && out.reference.size() + 1 < kMostCells) {
            out.reference.push_back(categories.reference[i]);
            out.current.push_back(categories.current[i]);
        } else {
            reference += categories.reference[i];
            current += categories.current[i];
        }
    }
    if (reference + current > 0) {
        out.reference.push_back(reference);
        out.current.push_back(current);
    }
    return out;
}

Evidence weigh(const CellCounts& cells, double threshold, double alpha, uint64_t seed) {
    Evidence out;
    out.threshold = threshold;
    std::vector<int64_t> reference, all;
    for (size_t i = 0; i < cells.reference.size(); ++i) {
        if (cells.reference[i] + cells.current[i] == 0) continue;
        reference.push_back(cells.reference[i]);
        all.push_back(cells.reference[i] + cells.current[i]);
    }
    out.cells = static_cast<int64_t>(all.size());
    const auto n = std::accumulate(reference.begin(), reference.end(), int64_t{0});
    const auto m = std::accumulate(all.begin(), all.end(), int64_t{0}) - n;
    if (n == 0 || m == 0) return out;
    const auto rows = std::pair{static_cast<double>(n), static_cast<double>(m)};
    const double squared = std::max(0.0, squared_distance(reference, all, rows.first, rows.second));
    out.effect = std::sqrt(squared);
    // Of one cell too: another may be rare.
    out.noise = std::sqrt(stats::jensen_shannon_null_quantile(1 - alpha, rows.first, rows.second,
                                                              std::max<size_t>(all.size(), 2)));
    if (all.size() < 2) return out;
    if (std::min(n, m) <= static_cast<int64_t>(kPermuted)) {
        std::vector<int64_t> smaller = reference;
        if (m < n) {
            for (size_t i = 0; i < all.size(); ++i) smaller[i] = all[i] - reference[i];
        }
        out.p_value = permuted_p(smaller, all, seed);
    } else {
        const double statistic = 8 * squared / (1 / rows.first + 1 / rows.second);
        out.p_value = stats::chi_square_sf(statistic, static_cast<double>(all.size() - 1));
    }
    out.adjusted_p = out.p_value;
    return out;
}

Verdict judge(const Evidence& evidence, double alpha) {
    if (evidence.effect >= evidence.threshold && evidence.adjusted_p <= alpha)
        return Verdict::drift;
    return evidence.noise > evidence.threshold ? Verdict::not_enough_data : Verdict::no_drift;
}

}  // namespace rondo::drift
