#include "domain/stats/calibration.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "domain/stats/sample.h"

namespace rondo::stats {
namespace {

// numpy's linear interpolation between order statistics.
double quantile(std::span<const double> ascending, double q) {
    const double place = q * static_cast<double>(ascending.size() - 1);
    const double low = std::floor(place);
    const auto at = static_cast<size_t>(low);
    const double a = ascending[at], b = ascending[std::min(at + 1, ascending.size() - 1)];
    const double t = place - low;
    // From the nearer end, so that the result is monotone in q.
    return t >= 0.5 ? b - (b - a) * (1 - t) : a + (b - a) * t;
}

// A value on an edge belongs to the bin below it.
std::vector<double> edges_of(std::span<const double> probabilities, size_t bins, BinRule rule) {
    std::vector<double> edges(bins + 1);
    const std::vector<double> ascending =
        rule == BinRule::quantile ? sorted(probabilities) : std::vector<double>{};
    const double step = 1 / static_cast<double>(bins);
    for (size_t i = 0; i <= bins; ++i) {
        const double q = i == bins ? 1 : static_cast<double>(i) * step;
        // By way of percent, as numpy: the rounding decides which side of an edge a value falls on.
        edges[i] = rule == BinRule::uniform ? q : quantile(ascending, q * 100 / 100);
    }
    return edges;
}

}  // namespace

Result<std::vector<ReliabilityBin>> reliability_curve(std::span<const uint8_t> outcomes,
                                                      std::span<const double> probabilities,
                                                      size_t bins, BinRule rule) {
    if (outcomes.size() != probabilities.size() || outcomes.empty())
        return fail(Code::invalid, "outcomes and probabilities differ in number, or there are none",
                    "outcomes");
    if (bins == 0 || bins > kMaxBins)
        return fail(Code::invalid, "between 1 and " + std::to_string(kMaxBins) + " bins", "bins");
    for (size_t i = 0; i < outcomes.size(); ++i) {
        if (!(probabilities[i] >= 0 && probabilities[i] <= 1) || outcomes[i] > 1)
            return fail(Code::invalid,
                        "row " + std::to_string(i) +
                            " has a probability outside 0 to 1 or an outcome other than 0 and 1",
                        "probabilities");
    }
    const auto edges = edges_of(probabilities, bins, rule);
    std::vector<ReliabilityBin> out(bins);
    for (size_t i = 0; i < outcomes.size(); ++i) {
        const auto inner = std::lower_bound(edges.begin() + 1, edges.end() - 1, probabilities[i]);
        ReliabilityBin& bin = out[static_cast<size_t>(inner - edges.begin() - 1)];
        bin.mean_probability += probabilities[i];
        bin.share_positive += outcomes[i];
        ++bin.rows;
    }
    std::erase_if(out, [](const ReliabilityBin& b) { return b.rows == 0; });
    for (ReliabilityBin& bin : out) {
        bin.mean_probability /= static_cast<double>(bin.rows);
        bin.share_positive /= static_cast<double>(bin.rows);
    }
    return out;
}

CalibrationError calibration_error(std::span<const ReliabilityBin> bins) {
    CalibrationError out;
    double rows = 0;
    for (const ReliabilityBin& b : bins) {
        const double off = std::abs(b.share_positive - b.mean_probability);
        out.expected += off * static_cast<double>(b.rows);
        out.maximum = std::max(out.maximum, off);
        rows += static_cast<double>(b.rows);
    }
    if (rows > 0) out.expected /= rows;
    return out;
}

Result<Isotonic> Isotonic::fit(std::span<const double> x, std::span<const double> y) {
    if (x.size() != y.size() || x.empty())
        return fail(Code::invalid, "x and y differ in number, or there are none", "x");
    for (size_t i = 0; i < x.size(); ++i) {
        if (!std::isfinite(x[i]) || !std::isfinite(y[i]))
            return fail(Code::invalid,
                        "row " + std::to_string(i) + " has a value that is not a finite number",
                        "x");
    }
    std::vector<size_t> order(x.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(),
              [&](size_t a, size_t b) { return x[a] != x[b] ? x[a] < x[b] : a < b; });
    struct Block {
        double first, last;  // x of its ends
        double sum, weight;
        double level() const { return sum / weight; }
    };
    std::vector<Block> points;  // equal x are one point
    for (const size_t i : order) {
        if (!points.empty() && points.back().first == x[i]) {
            points.back().sum += y[i];
            ++points.back().weight;
        } else {
            points.push_back({x[i], x[i], y[i], 1});
        }
    }
    std::vector<Block> blocks;
    for (const Block& p : points) {
        blocks.push_back(p);
        while (blocks.size() > 1 && blocks[blocks.size() - 2].level() >= blocks.back().level()) {
            const Block last = blocks.back();
            blocks.pop_back();
            blocks.back().last = last.last;
            blocks.back().sum += last.sum;
            blocks.back().weight += last.weight;
        }
    }
    Isotonic out;
    for (const Block& b : blocks) {
        out.x_.push_back(b.first);
        out.y_.push_back(b.level());
        if (b.last == b.first) continue;
        out.x_.push_back(b.last);
        out.y_.push_back(b.level());
    }
    return out;
}

double Isotonic::operator()(double x) const {
    if (std::isnan(x)) return x;
    if (x <= x_.front()) return y_.front();
    if (x >= x_.back()) return y_.back();
    const auto above = std::upper_bound(x_.begin(), x_.end(), x);
    const auto i = static_cast<size_t>(above - x_.begin());
    const double share = (x - x_[i - 1]) / (x_[i] - x_[i - 1]);
    return y_[i - 1] + share * (y_[i] - y_[i - 1]);
}

}  // namespace rondo::stats
