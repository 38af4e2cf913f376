#include "domain/stats/ranking.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace rondo::stats {
namespace {

// The results from the highest score down; equal scores in the order given.
template <class T>
Result<std::vector<size_t>> ranked(std::span<const T> results, std::span<const double> scores,
                                   size_t k) {
    if (results.size() != scores.size())
        return fail(Code::invalid,
                    std::to_string(results.size()) + " results for " +
                        std::to_string(scores.size()) + " scores",
                    "scores");
    if (results.empty()) return fail(Code::invalid, "there are no results to rank", "scores");
    if (k == 0) return fail(Code::invalid, "k is the number of results looked at: 1 or more", "k");
    for (size_t i = 0; i < scores.size(); ++i) {
        if (!std::isfinite(scores[i]) || !std::isfinite(static_cast<double>(results[i])))
            return fail(Code::invalid,
                        "result " + std::to_string(i) + " has a value that is not a finite number",
                        "scores");
    }
    std::vector<size_t> order(scores.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
        return scores[a] != scores[b] ? scores[a] > scores[b] : a < b;
    });
    return order;
}

double discount(size_t place) { return 1 / std::log2(static_cast<double>(place) + 2); }

double tie_averaged(std::span<const double> gains, std::span<const double> scores,
                    std::span<const size_t> order, size_t k) {
    double sum = 0;
    for (size_t from = 0; from < order.size() && from < k;) {
        size_t to = from;
        double gain = 0, discounts = 0;
        for (; to < order.size() && scores[order[to]] == scores[order[from]]; ++to) {
            gain += gains[order[to]];
            if (to < k) discounts += discount(to);
        }
        sum += gain / static_cast<double>(to - from) * discounts;
        from = to;
    }
    return sum;
}

}  // namespace

Result<double> dcg(std::span<const double> gains, std::span<const double> scores, size_t k) {
    TRY_ASSIGN(const auto order, ranked(gains, scores, k));
    return tie_averaged(gains, scores, order, k);
}

Result<double> ndcg(std::span<const double> gains, std::span<const double> scores, size_t k) {
    TRY_ASSIGN(const double found, dcg(gains, scores, k));
    for (size_t i = 0; i < gains.size(); ++i) {
        if (gains[i] < 0)
            return fail(Code::invalid, "result " + std::to_string(i) + " has a negative gain",
                        "gains");
    }
    TRY_ASSIGN(const double best, dcg(gains, gains, k));
    return best == 0 ? 0 : found / best;
}

Result<double> ranked_average_precision(std::span<const uint8_t> relevant,
                                        std::span<const double> scores, size_t k) {
    TRY_ASSIGN(const auto order, ranked(relevant, scores, k));
    double hits = 0, sum = 0;
    for (size_t place = 0; place < order.size() && place < k; ++place) {
        if (!relevant[order[place]]) continue;
        ++hits;
        sum += hits / static_cast<double>(place + 1);
    }
    return hits == 0 ? 0 : sum / hits;
}

Result<double> reciprocal_rank(std::span<const uint8_t> relevant, std::span<const double> scores,
                               size_t k) {
    TRY_ASSIGN(const auto order, ranked(relevant, scores, k));
    for (size_t place = 0; place < order.size() && place < k; ++place)
        if (relevant[order[place]]) return 1 / static_cast<double>(place + 1);
    return 0.0;
}

namespace {

Result<double> hits_within(std::span<const uint8_t> relevant, std::span<const double> scores,
                           size_t k) {
    TRY_ASSIGN(const auto order, ranked(relevant, scores, k));
    double hits = 0;
    for (size_t place = 0; place < order.size() && place < k; ++place)
        hits += relevant[order[place]] != 0;
    return hits;
}

}  // namespace

Result<double> precision_at(std::span<const uint8_t> relevant, std::span<const double> scores,
                            size_t k) {
    TRY_ASSIGN(const double hits, hits_within(relevant, scores, k));
    return hits / static_cast<double>(std::min(k, relevant.size()));
}

Result<double> recall_at(std::span<const uint8_t> relevant, std::span<const double> scores,
                         size_t k) {
    TRY_ASSIGN(const double hits, hits_within(relevant, scores, k));
    double all = 0;
    for (const uint8_t r : relevant) all += r != 0;
    return all == 0 ? 0 : hits / all;
}

}  // namespace rondo::stats
