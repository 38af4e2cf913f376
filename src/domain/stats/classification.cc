#include "domain/stats/classification.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.h"
#include "domain/stats/weights.h"

namespace rondo::stats {
namespace {

struct Margins {
    std::vector<double> truth, answers, hits;
    double total = 0;
};

template <class Count>
Margins margins(const ConfusionOf<Count>& confusion) {
    const size_t k = confusion.classes;
    Margins out{std::vector<double>(k, 0.0), std::vector<double>(k, 0.0),
                std::vector<double>(k, 0.0)};
    for (size_t i = 0; i < k; ++i) {
        for (size_t j = 0; j < k; ++j) {
            const auto count = static_cast<double>(confusion.at(i, j));
            out.truth[i] += count;
            out.answers[j] += count;
            out.total += count;
        }
        out.hits[i] = static_cast<double>(confusion.at(i, i));
    }
    return out;
}

ClassScores scores(double hits, double truth, double answers, double beta, double undefined) {
    const auto ratio = [&](double above, double below) {
        return below == 0 ? undefined : above / below;
    };
    const double square = beta * beta;
    return {ratio(hits, answers), ratio(hits, truth),
            ratio((1 + square) * hits, square * truth + answers), truth};
}

// How many classes occur.
std::ptrdiff_t occurring(const std::vector<double>& margin) {
    return std::ranges::count_if(margin, [](double weight) { return weight > 0; });
}

// A weighted mean that leaves NaN out, NaN when nothing is left.
struct Mean {
    double sum = 0, weight = 0;
    void add(double value, double of) {
        if (std::isnan(value)) return;
        sum += value * of;
        weight += of;
    }
    double value() const {
        return weight == 0 ? std::numeric_limits<double>::quiet_NaN() : sum / weight;
    }
};

// Adds weight_of(row) to the cell of each row.
template <class Count, class WeightOf>
Result<ConfusionOf<Count>> filled(std::span<const int32_t> truth, std::span<const int32_t> answers,
                                  size_t classes, WeightOf weight_of) {
    if (truth.size() != answers.size())
        return fail(Code::invalid,
                    std::to_string(truth.size()) + " true classes for " +
                        std::to_string(answers.size()) + " answers",
                    "answers");
    if (truth.empty()) return fail(Code::invalid, "there are no rows to score", "truth");
    if (classes == 0 || classes > kMaxClasses)
        return fail(Code::invalid,
                    "between 1 and " + std::to_string(kMaxClasses) + " classes can be scored",
                    "classes");
    ConfusionOf<Count> out{classes, std::vector<Count>(classes * classes, 0)};
    const auto known = [&](int32_t c) { return c >= 0 && static_cast<size_t>(c) < classes; };
    for (size_t i = 0; i < truth.size(); ++i) {
        if (!known(truth[i]) || !known(answers[i]))
            return fail(Code::invalid,
                        "row " + std::to_string(i) + " has a class that is not between 0 and " +
                            std::to_string(classes - 1),
                        known(truth[i]) ? "answers" : "truth");
        out.counts[static_cast<size_t>(truth[i]) * classes + static_cast<size_t>(answers[i])] +=
            weight_of(i);
    }
    return out;
}

}  // namespace

template <class Count>
Count ConfusionOf<Count>::total() const {
    Count sum = 0;
    for (const Count c : counts) sum += c;
    return sum;
}

template <class Count>
void ConfusionOf<Count>::add(const ConfusionOf& other) {
    CHECK(other.classes == classes, "confusion matrices of other classes");
    for (size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
}

Result<Confusion> confusion_matrix(std::span<const int32_t> truth, std::span<const int32_t> answers,
                                   size_t classes) {
    return filled<int64_t>(truth, answers, classes, [](size_t) { return 1; });
}

Result<WeightedConfusion> confusion_matrix(std::span<const int32_t> truth,
                                           std::span<const int32_t> answers, size_t classes,
                                           std::span<const double> weights) {
    TRY(need_weights(weights, truth.size()));
    return filled<double>(truth, answers, classes, [&](size_t i) { return weights[i]; });
}

template <class Count>
std::vector<ClassScores> class_scores(const ConfusionOf<Count>& confusion, double beta,
                                      double zero_division) {
    const Margins m = margins(confusion);
    std::vector<ClassScores> out;
    for (size_t i = 0; i < confusion.classes; ++i)
        out.push_back(scores(m.hits[i], m.truth[i], m.answers[i], beta, zero_division));
    return out;
}

template <class Count>
ClassScores average_scores(const ConfusionOf<Count>& confusion, Average average, double beta,
                           double zero_division) {
    const Margins m = margins(confusion);
    if (average == Average::micro) {
        double hits = 0;
        for (const double h : m.hits) hits += h;
        return scores(hits, m.total, m.total, beta, zero_division);
    }
    Mean precision, recall, f;
    for (size_t i = 0; i < confusion.classes; ++i) {
        if (m.truth[i] == 0 && m.answers[i] == 0) continue;
        const ClassScores s = scores(m.hits[i], m.truth[i], m.answers[i], beta, zero_division);
        const double weight = average == Average::macro ? 1 : s.support;
        precision.add(s.precision, weight);
        recall.add(s.recall, weight);
        f.add(s.f, weight);
    }
    return {precision.value(), recall.value(), f.value(), m.total};
}

template <class Count>
double accuracy(const ConfusionOf<Count>& confusion) {
    const Margins m = margins(confusion);
    double hits = 0;
    for (const double h : m.hits) hits += h;
    return hits / m.total;
}

template <class Count>
double balanced_accuracy(const ConfusionOf<Count>& confusion) {
    const Margins m = margins(confusion);
    Mean mean;
    for (size_t i = 0; i < confusion.classes; ++i)
        if (m.truth[i] > 0) mean.add(m.hits[i] / m.truth[i], 1);
    return mean.value();
}

template <class Count>
double matthews_correlation(const ConfusionOf<Count>& confusion) {
    const Margins m = margins(confusion);
    double hits = 0, both = 0, truths = 0, answers = 0;
    for (size_t i = 0; i < confusion.classes; ++i) {
        hits += m.hits[i];
        both += m.truth[i] * m.answers[i];
        truths += m.truth[i] * m.truth[i];
        answers += m.answers[i] * m.answers[i];
    }
    // By what occurs and not by a difference of sums, which rounding keeps from being 0.
    if (occurring(m.truth) == 1 || occurring(m.answers) == 1) return 0;
    const double square = m.total * m.total;
    const double scale = (square - truths) * (square - answers);
    return (hits * m.total - both) / std::sqrt(scale);
}

template <class Count>
double cohen_kappa(const ConfusionOf<Count>& confusion) {
    const Margins m = margins(confusion);
    if (occurring(m.truth) == 1 && occurring(m.answers) == 1 && occurring(m.hits) == 1)
        return std::numeric_limits<double>::quiet_NaN();
    double hits = 0, chance = 0;
    for (size_t i = 0; i < confusion.classes; ++i) {
        hits += m.hits[i];
        chance += m.truth[i] * m.answers[i] / m.total;
    }
    return 1 - (m.total - hits) / (m.total - chance);
}

template struct ConfusionOf<int64_t>;
template std::vector<ClassScores> class_scores(const ConfusionOf<int64_t>&, double, double);
template ClassScores average_scores(const ConfusionOf<int64_t>&, Average, double, double);
template double accuracy(const ConfusionOf<int64_t>&);
template double balanced_accuracy(const ConfusionOf<int64_t>&);
template double matthews_correlation(const ConfusionOf<int64_t>&);
template double cohen_kappa(const ConfusionOf<int64_t>&);
template struct ConfusionOf<double>;
template std::vector<ClassScores> class_scores(const ConfusionOf<double>&, double, double);
template ClassScores average_scores(const ConfusionOf<double>&, Average, double, double);
template double accuracy(const ConfusionOf<double>&);
template double balanced_accuracy(const ConfusionOf<double>&);
template double matthews_correlation(const ConfusionOf<double>&);
template double cohen_kappa(const ConfusionOf<double>&);

}  // namespace rondo::stats
