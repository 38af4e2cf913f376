#include "domain/stats/drift.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "domain/stats/divergence.h"

namespace rondo::stats {

size_t Cells::size() const {
    // by value: the values, "never seen", "missing"; by range: the ranges, "missing".
    return edges.size() + 2;
}

size_t Cells::cell_of(double value) const {
    if (std::isnan(value)) return size() - 1;
    const auto at = std::lower_bound(edges.begin(), edges.end(), value);
    const auto index = static_cast<size_t>(at - edges.begin());
    if (!by_value) return index;  // edges.size() is the range above the last edge
    return at != edges.end() && *at == value ? index : edges.size();
}

Cells make_cells(std::string feature, std::span<const double> reference) {
    Cells cells;
    cells.feature = std::move(feature);
    std::vector<double> sorted;
    for (const double v : reference) {
        if (!std::isnan(v)) sorted.push_back(v);
    }
    std::sort(sorted.begin(), sorted.end());
    std::vector<double> distinct = sorted;
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    cells.by_value = distinct.size() <= kFewValues;
    if (cells.by_value) {
        cells.edges = std::move(distinct);
    } else {
        for (size_t i = 1; i < kMaxCells; ++i) {
            const double edge = sorted[i * sorted.size() / kMaxCells];
            if (cells.edges.empty() || edge > cells.edges.back()) cells.edges.push_back(edge);
        }
    }
    cells.reference.assign(cells.size(), 0);
    for (const double v : reference) ++cells.reference[cells.cell_of(v)];
    return cells;
}

Drift measure(const Cells& cells, std::span<const int64_t> window, double alpha) {
    CHECK(window.size() == cells.reference.size(), "the window was counted in other cells");
    Drift out;
    out.feature = cells.feature;
    double n = 0, m = 0;
    for (const int64_t count : cells.reference) n += static_cast<double>(count);
    for (const int64_t count : window) m += static_cast<double>(count);
    out.rows = static_cast<int64_t>(m);
    if (n == 0 || m == 0) return out;
    double divergence = 0;
    size_t used = 0;
    for (size_t i = 0; i < window.size(); ++i) {
        const double p = static_cast<double>(cells.reference[i]) / n;
        const double q = static_cast<double>(window[i]) / m;
        if (p == 0 && q == 0) continue;
        ++used;
        const double middle = (p + q) / 2;
        if (p > 0) divergence += p * std::log(p / middle) / 2;
        if (q > 0) divergence += q * std::log(q / middle) / 2;
    }
    out.score = std::sqrt(std::max(divergence, 0.0));
    out.noise = std::sqrt(jensen_shannon_null_quantile(1 - alpha, n, m, std::max<size_t>(used, 2)));
    out.enough_data = out.noise < out.threshold;
    out.drifted = out.enough_data && out.score > out.threshold && out.score > out.noise;
    return out;
}

}  // namespace rondo::stats
