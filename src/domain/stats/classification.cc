#include "domain/stats/classification.h"

#include <cmath>
#include <limits>

#include "base/check.h"

namespace rondo::stats {
namespace {

struct Margins {
    std::vector<double> truth, answers, hits;
    double total = 0;
};

Margins margins(const Confusion& confusion) {
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

}  // namespace

int64_t Confusion::total() const {
    int64_t sum = 0;
    for (const int64_t c : counts) sum += c;
    return sum;
}

void Confusion::add(const Confusion& other) {
    CHECK(other.classes == classes, "confusion matrices of other classes");
    for (size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
}

Result<Confusion> confusion_matrix(std::span<const int32_t> truth, std::span<const int32_t> answers,
                                   size_t classes) {
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
    Confusion out{classes, std::vector<int64_t>(classes * classes, 0)};
    const auto known = [&](int32_t c) { return c >= 0 && static_cast<size_t>(c) < classes; };
    for (size_t i = 0; i < truth.size(); ++i) {
        if (!known(truth[i]) || !known(answers[i]))
            return fail(Code::invalid,
                        "row " + std::to_string(i) + " has a class that is not between 0 and " +
                            std::to_string(classes - 1),
                        known(truth[i]) ? "answers" : "truth");
        ++out.counts[static_cast<size_t>(truth[i]) * classes + static_cast<size_t>(answers[i])];
    }
    return out;
}

std::vector<ClassScores> class_scores(const Confusion& confusion, double beta,
                                      double zero_division) {
    const Margins m = margins(confusion);
    std::vector<ClassScores> out;
    for (size_t i = 0; i < confusion.classes; ++i)
        out.push_back(scores(m.hits[i], m.truth[i], m.answers[i], beta, zero_division));
    return out;
}

ClassScores average_scores(const Confusion& confusion, Average average, double beta,
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

double accuracy(const Confusion& confusion) {
    const Margins m = margins(confusion);
    double hits = 0;
    for (const double h : m.hits) hits += h;
    return hits / m.total;
}

double balanced_accuracy(const Confusion& confusion) {
    const Margins m = margins(confusion);
    Mean mean;
    for (size_t i = 0; i < confusion.classes; ++i)
        if (m.truth[i] > 0) mean.add(m.hits[i] / m.truth[i], 1);
    return mean.value();
}

double matthews_correlation(const Confusion& confusion) {
    const Margins m = margins(confusion);
    double hits = 0, both = 0, truths = 0, answers = 0;
    for (size_t i = 0; i < confusion.classes; ++i) {
        hits += m.hits[i];
        both += m.truth[i] * m.answers[i];
        truths += m.truth[i] * m.truth[i];
        answers += m.answers[i] * m.answers[i];
    }
    const double square = m.total * m.total;
    const double scale = (square - truths) * (square - answers);
    return scale == 0 ? 0 : (hits * m.total - both) / std::sqrt(scale);
}

double cohen_kappa(const Confusion& confusion) {
    const Margins m = margins(confusion);
    double hits = 0, chance = 0;
    for (size_t i = 0; i < confusion.classes; ++i) {
        hits += m.hits[i];
        chance += m.truth[i] * m.answers[i] / m.total;
    }
    return 1 - (m.total - hits) / (m.total - chance);
}

}  // namespace rondo::stats
