#include "domain/stats/score_curves.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "domain/stats/sample.h"
#include "domain/stats/weights.h"

namespace rondo::stats {
namespace {

Status need_rows(size_t outcomes, size_t scores) {
    if (outcomes != scores)
        return fail(
            Code::invalid,
            std::to_string(outcomes) + " outcomes for " + std::to_string(scores) + " scores",
            "scores");
    if (outcomes == 0) return fail(Code::invalid, "there are no rows to score", "outcomes");
    return ok();
}

std::string row(size_t i) { return "row " + std::to_string(i); }

// The scores of each outcome.
struct Sides {
    std::vector<double> negative, positive;
};

Result<Sides> sides(std::span<const uint8_t> outcomes, std::span<const double> scores) {
    TRY(need_rows(outcomes.size(), scores.size()));
    Sides out;
    for (size_t i = 0; i < scores.size(); ++i) {
        if (outcomes[i] > 1)
            return fail(Code::invalid, row(i) + " has an outcome other than 0 and 1", "outcomes");
        if (!std::isfinite(scores[i]))
            return fail(Code::invalid, row(i) + " has a score that is not a number", "scores");
        (outcomes[i] ? out.positive : out.negative).push_back(scores[i]);
    }
    return out;
}

Status need_both(const Sides& s, size_t least) {
    if (s.negative.size() >= least && s.positive.size() >= least) return ok();
    return fail(Code::invalid,
                "the area under the curve needs " + std::to_string(least) +
                    " rows of each outcome; there are " + std::to_string(s.positive.size()) +
                    " positive and " + std::to_string(s.negative.size()) + " negative ones",
                "outcomes");
}

// Sum and sum of squares of "the share of the other side that this row beats", over one side.
struct Beaten {
    double sum = 0, squares = 0, rows = 0;
    void add(double share, double times) {
        sum += share * times;
        squares += share * share * times;
        rows += times;
    }
    double variance() const { return (squares - sum * sum / rows) / (rows - 1); }
};

// The scores of one outcome in order, each with its weight; rows without weight are left out.
std::vector<Weighted> weighted_side(std::span<const uint8_t> outcomes,
                                    std::span<const double> scores, std::span<const double> weights,
                                    uint8_t outcome) {
    std::vector<Weighted> out;
    for (size_t i = 0; i < scores.size(); ++i)
        if (outcomes[i] == outcome && weights[i] > 0) out.push_back({scores[i], weights[i]});
    std::ranges::sort(out, {}, &Weighted::value);
    return out;
}

// Calls visit(weight of the positives, of the negatives) for each distinct score: both sides are in
// the order in which they are passed.
template <class Visit>
void walk_weights(std::span<const Weighted> positive, std::span<const Weighted> negative,
                  bool descending, Visit visit) {
    const auto before = [&](double a, double b) { return descending ? a > b : a < b; };
    size_t p = 0, n = 0;
    while (p < positive.size() || n < negative.size()) {
        const bool is_positive =
            n == negative.size() ||
            (p < positive.size() && !before(negative[n].value, positive[p].value));
        const double at = is_positive ? positive[p].value : negative[n].value;
        double positives = 0, negatives = 0;
        while (p < positive.size() && positive[p].value == at) positives += positive[p++].weight;
        while (n < negative.size() && negative[n].value == at) negatives += negative[n++].weight;
        visit(positives, negatives);
    }
}

Result<double> weighted_auc(std::span<const Weighted> positive,
                            std::span<const Weighted> negative) {
    double wins = 0, below = 0, whole = 0;
    walk_weights(positive, negative, false, [&](double positives, double negatives) {
        wins += positives * (below + negatives / 2);
        below += negatives;
        whole += positives;
    });
    if (whole == 0 || below == 0)
        return fail(Code::invalid,
                    "the area under the curve needs rows with weight of each outcome", "weights");
    return wins / whole / below;
}

Result<double> weighted_precision(std::span<const Weighted> positive,
                                  std::span<const Weighted> negative) {
    double hits = 0, taken = 0, sum = 0;
    walk_weights(positive, negative, true, [&](double positives, double negatives) {
        hits += positives;
        taken += positives + negatives;
        sum += positives * hits / taken;
    });
    if (hits == 0)
        return fail(Code::invalid, "average precision needs a positive row with weight", "weights");
    return sum / hits;
}

Result<double> mean_loss(std::span<const uint8_t> outcomes, std::span<const double> probabilities,
                         std::span<const double> weights,
                         double (*loss)(double probability, bool positive)) {
    TRY(need_rows(outcomes.size(), probabilities.size()));
    TRY(need_weights_if_any(weights, outcomes.size()));
    double sum = 0, whole = 0;
    for (size_t i = 0; i < outcomes.size(); ++i) {
        if (outcomes[i] > 1)
            return fail(Code::invalid, row(i) + " has an outcome other than 0 and 1", "outcomes");
        if (!(probabilities[i] >= 0 && probabilities[i] <= 1))
            return fail(Code::invalid, row(i) + " has a probability outside 0 to 1",
                        "probabilities");
        const double weight = weight_at(weights, i);
        sum += weight * loss(probabilities[i], outcomes[i] == 1);
        whole += weight;
    }
    return sum / whole;
}

double surprise(double probability) {
    constexpr double kLeast = std::numeric_limits<double>::epsilon();
    return -std::log(std::clamp(probability, kLeast, 1 - kLeast));
}

Status need_matrix(std::span<const int32_t> truth, std::span<const double> probabilities,
                   size_t classes) {
    if (classes < 2 || truth.empty() || probabilities.size() / classes != truth.size() ||
        probabilities.size() % classes != 0)
        return fail(Code::invalid, "each row needs one probability for each of 2 or more classes",
                    "probabilities");
    for (size_t i = 0; i < truth.size(); ++i) {
        if (truth[i] < 0 || static_cast<size_t>(truth[i]) >= classes)
            return fail(Code::invalid, row(i) + " has a class without a probability", "truth");
        double sum = 0;
        for (size_t k = 0; k < classes; ++k) {
            const double p = probabilities[i * classes + k];
            if (!(p >= 0 && p <= 1))
                return fail(Code::invalid, row(i) + " has a probability outside 0 to 1",
                            "probabilities");
            sum += p;
        }
        if (std::abs(sum - 1) > 1e-6)
            return fail(Code::invalid, row(i) + " has probabilities that do not sum to 1",
                        "probabilities");
    }
    return ok();
}

}  // namespace

Result<double> roc_auc(std::span<const uint8_t> outcomes, std::span<const double> scores,
                       std::span<const double> weights) {
    TRY_ASSIGN(Sides s, sides(outcomes, scores));
    TRY(need_both(s, 1));
    if (!weights.empty()) {
        TRY(need_weights(weights, scores.size()));
        return weighted_auc(weighted_side(outcomes, scores, weights, 1),
                            weighted_side(outcomes, scores, weights, 0));
    }
    double wins = 0, below = 0;
    walk_distinct(sorted(s.positive), sorted(s.negative), [&](double, size_t p, size_t n) {
        const auto positives = static_cast<double>(p), negatives = static_cast<double>(n);
        wins += positives * (below + negatives / 2);
        below += negatives;
    });
    return wins / static_cast<double>(s.positive.size()) / static_cast<double>(s.negative.size());
}

Result<AucEstimate> roc_auc_estimate(std::span<const uint8_t> outcomes,
                                     std::span<const double> scores) {
    TRY_ASSIGN(Sides s, sides(outcomes, scores));
    TRY(need_both(s, 2));
    const auto n = static_cast<double>(s.negative.size()),
               m = static_cast<double>(s.positive.size());
    Beaten by_positive, by_negative;
    double below = 0, passed = 0;
    walk_distinct(sorted(s.positive), sorted(s.negative), [&](double, size_t p, size_t q) {
        const auto positives = static_cast<double>(p), negatives = static_cast<double>(q);
        by_positive.add((below + negatives / 2) / n, positives);
        by_negative.add((m - passed - positives / 2) / m, negatives);
        below += negatives;
        passed += positives;
    });
    return AucEstimate{by_positive.sum / m, std::sqrt(std::max(0.0, by_positive.variance()) / m +
                                                      std::max(0.0, by_negative.variance()) / n)};
}

Result<double> average_precision(std::span<const uint8_t> outcomes, std::span<const double> scores,
                                 std::span<const double> weights) {
    TRY_ASSIGN(Sides s, sides(outcomes, scores));
    if (s.positive.empty())
        return fail(Code::invalid, "average precision needs a positive row", "outcomes");
    if (!weights.empty()) {
        TRY(need_weights(weights, scores.size()));
        auto positive = weighted_side(outcomes, scores, weights, 1);
        auto negative = weighted_side(outcomes, scores, weights, 0);
        std::ranges::reverse(positive);
        std::ranges::reverse(negative);
        return weighted_precision(positive, negative);
    }
    // From the highest score down: walk the negated scores.
    for (double& v : s.positive) v = -v;
    for (double& v : s.negative) v = -v;
    double hits = 0, taken = 0, sum = 0;
    walk_distinct(sorted(s.positive), sorted(s.negative), [&](double, size_t p, size_t n) {
        const auto gained = static_cast<double>(p);
        hits += gained;
        taken += gained + static_cast<double>(n);
        sum += gained * hits / taken;
    });
    return sum / static_cast<double>(s.positive.size());
}

Result<double> log_loss(std::span<const uint8_t> outcomes, std::span<const double> probabilities,
                        std::span<const double> weights) {
    return mean_loss(outcomes, probabilities, weights,
                     [](double p, bool positive) { return surprise(positive ? p : 1 - p); });
}

Result<double> brier_score(std::span<const uint8_t> outcomes, std::span<const double> probabilities,
                           std::span<const double> weights) {
    return mean_loss(outcomes, probabilities, weights, [](double p, bool positive) {
        const double off = p - (positive ? 1 : 0);
        return off * off;
    });
}

Result<double> log_loss(std::span<const int32_t> truth, std::span<const double> probabilities,
                        size_t classes, std::span<const double> weights) {
    TRY(need_matrix(truth, probabilities, classes));
    TRY(need_weights_if_any(weights, truth.size()));
    double sum = 0, whole = 0;
    for (size_t i = 0; i < truth.size(); ++i) {
        const double weight = weight_at(weights, i);
        sum += weight * surprise(probabilities[i * classes + static_cast<size_t>(truth[i])]);
        whole += weight;
    }
    return sum / whole;
}

Result<double> roc_auc_one_vs_rest(std::span<const int32_t> truth,
                                   std::span<const double> probabilities, size_t classes,
                                   ClassWeights average, std::span<const double> weights) {
    TRY(need_matrix(truth, probabilities, classes));
    TRY(need_weights_if_any(weights, truth.size()));
    double sum = 0, whole = 0;
    std::vector<uint8_t> is_class(truth.size());
    std::vector<double> scores(truth.size());
    for (size_t k = 0; k < classes; ++k) {
        double support = 0;
        for (size_t i = 0; i < truth.size(); ++i) {
            is_class[i] = static_cast<size_t>(truth[i]) == k;
            scores[i] = probabilities[i * classes + k];
            support += is_class[i] * weight_at(weights, i);
        }
        TRY_ASSIGN(const double auc, roc_auc(is_class, scores, weights));
        const double share = average == ClassWeights::equal ? 1 : support;
        sum += auc * share;
        whole += share;
    }
    return sum / whole;
}

}  // namespace rondo::stats
