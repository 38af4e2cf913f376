#include "domain/stats/cbpe.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace rondo::stats {
namespace {

Status need_probabilities(size_t rows, std::span<const double> probabilities) {
    if (rows != probabilities.size() || rows == 0)
        return fail(Code::invalid,
                    std::to_string(rows) + " rows for " + std::to_string(probabilities.size()) +
                        " probabilities",
                    "probabilities");
    for (size_t i = 0; i < rows; ++i) {
        if (!(probabilities[i] >= 0 && probabilities[i] <= 1))
            return fail(Code::invalid,
                        "row " + std::to_string(i) + " has a probability outside 0 to 1",
                        "probabilities");
    }
    return ok();
}

// Calls visit(positives, negatives) for each distinct score from the highest down.
template <class Visit>
Status by_score(std::span<const double> scores, std::span<const double> probabilities,
                Visit visit) {
    TRY(need_probabilities(scores.size(), probabilities));
    for (size_t i = 0; i < scores.size(); ++i) {
        if (std::isnan(scores[i]))
            return fail(Code::invalid, "row " + std::to_string(i) + " has no score", "scores");
    }
    std::vector<size_t> order(scores.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
        return scores[a] != scores[b] ? scores[a] > scores[b] : a < b;
    });
    for (size_t i = 0; i < order.size();) {
        double positives = 0, negatives = 0;
        const double score = scores[order[i]];
        for (; i < order.size() && scores[order[i]] == score; ++i) {
            positives += probabilities[order[i]];
            negatives += 1 - probabilities[order[i]];
        }
        visit(positives, negatives);
    }
    return ok();
}

}  // namespace

Result<ExpectedConfusion> expected_confusion(std::span<const uint8_t> answers,
                                             std::span<const double> probabilities) {
    TRY(need_probabilities(answers.size(), probabilities));
    ExpectedConfusion out;
    double variance = 0;
    for (size_t i = 0; i < answers.size(); ++i) {
        const double p = probabilities[i];
        if (answers[i] > 1)
            return fail(Code::invalid,
                        "row " + std::to_string(i) + " has an answer other than 0 and 1",
                        "answers");
        (answers[i] ? out.true_positive : out.false_negative) += p;
        (answers[i] ? out.false_positive : out.true_negative) += 1 - p;
        variance += p * (1 - p);
    }
    out.accuracy_standard_error = std::sqrt(variance) / static_cast<double>(answers.size());
    return out;
}

Result<double> expected_roc_auc(std::span<const double> scores,
                                std::span<const double> probabilities) {
    double above = 0, negatives_seen = 0, area = 0;
    TRY(by_score(scores, probabilities, [&](double positives, double negatives) {
        area += negatives * (above + positives / 2);
        above += positives;
        negatives_seen += negatives;
    }));
    if (!(above > 0) || !(negatives_seen > 0))
        return fail(Code::invalid, "only one outcome is expected: the area is not defined",
                    "probabilities");
    return area / (above * negatives_seen);
}

Result<double> expected_average_precision(std::span<const double> scores,
                                          std::span<const double> probabilities) {
    double hits = 0, taken = 0, sum = 0;
    TRY(by_score(scores, probabilities, [&](double positives, double negatives) {
        hits += positives;
        taken += positives + negatives;
        sum += positives * hits / taken;
    }));
    if (!(hits > 0)) return fail(Code::invalid, "no positive outcome is expected", "probabilities");
    return sum / hits;
}

}  // namespace rondo::stats
