#include "cases.h"
#include "domain/stats/calibration.h"
#include "domain/stats/cbpe.h"
#include "domain/stats/classification.h"
#include "domain/stats/interval.h"
#include "domain/stats/ranking.h"
#include "domain/stats/regression.h"
#include "domain/stats/score_curves.h"

namespace rondo::stats::cases {
namespace {

std::vector<uint8_t> bits(const Case& c, size_t i) {
    std::vector<uint8_t> out;
    for (const double v : c.numbers(i)) out.push_back(static_cast<uint8_t>(v));
    return out;
}
std::vector<int32_t> classes(const Case& c, size_t i) {
    std::vector<int32_t> out;
    for (const double v : c.numbers(i)) out.push_back(static_cast<int32_t>(v));
    return out;
}
size_t limit(const Case& c, size_t i) {
    return c.whole(i) < 0 ? kAllResults : static_cast<size_t>(c.whole(i));
}

template <Result<double> (*F)(std::span<const uint8_t>, std::span<const double>,
                              std::span<const double>)>
Answer scored(const Case& c) {
    return tell(F(bits(c, 0), c.numbers(1), c.numbers(2)));
}
template <Result<double> (*F)(std::span<const double>, std::span<const double>)>
Answer of_numbers(const Case& c) {
    return tell(F(c.numbers(0), c.numbers(1)));
}
template <Result<double> (*F)(std::span<const uint8_t>, std::span<const double>, size_t)>
Answer ranked(const Case& c) {
    return tell(F(bits(c, 1), c.numbers(2), limit(c, 0)));
}

// What follows from a confusion matrix, and the matrix.
template <class Count>
std::vector<double> all_scores(const ConfusionOf<Count>& m, double beta) {
    std::vector<double> out{accuracy(m), balanced_accuracy(m), matthews_correlation(m),
                            cohen_kappa(m)};
    for (const Average a : {Average::macro, Average::weighted, Average::micro}) {
        const ClassScores s = average_scores(m, a, beta);
        out.insert(out.end(), {s.precision, s.recall, s.f});
    }
    for (const ClassScores& s : class_scores(m, beta))
        out.insert(out.end(), {s.precision, s.recall, s.f, s.support});
    for (const Count v : m.counts) out.push_back(static_cast<double>(v));
    return out;
}

Answer classification(const Case& c) {
    const auto count = static_cast<size_t>(c.whole(0));
    if (c.size() > 4) {
        TRY_ASSIGN(const WeightedConfusion m,
                   confusion_matrix(classes(c, 2), classes(c, 3), count, c.numbers(4)));
        return all_scores(m, c.number(1));
    }
    TRY_ASSIGN(const Confusion m, confusion_matrix(classes(c, 2), classes(c, 3), count));
    return all_scores(m, c.number(1));
}

Answer regression(const Case& c) {
    TRY_ASSIGN(const RegressionScores s,
               regression_scores(c.numbers(0), c.numbers(1), c.numbers(2)));
    return std::vector{s.mean_absolute_error,
                       s.mean_squared_error,
                       s.root_mean_squared_error,
                       s.mean_absolute_percentage,
                       s.median_absolute_error,
                       s.max_error,
                       s.r2,
                       s.explained_variance};
}

Answer reliability(const Case& c) {
    const auto rule = c.text(0) == "quantile" ? BinRule::quantile : BinRule::uniform;
    TRY_ASSIGN(const auto bins,
               reliability_curve(bits(c, 2), c.numbers(3), static_cast<size_t>(c.whole(1)), rule));
    const CalibrationError error = calibration_error(bins);
    std::vector<double> out{error.expected, error.maximum};
    for (const auto& b : bins) out.insert(out.end(), {b.share_positive, b.mean_probability});
    return out;
}

Answer isotonic(const Case& c) {
    TRY_ASSIGN(const Isotonic f, Isotonic::fit(c.numbers(0), c.numbers(1)));
    std::vector<double> out;
    for (const double x : c.numbers(2)) out.push_back(f(x));
    return out;
}

Answer cbpe(const Case& c) {
    TRY_ASSIGN(const auto e, expected_confusion(bits(c, 0), c.numbers(1)));
    return std::vector{e.accuracy(), e.precision(), e.recall(), e.specificity(), e.f1()};
}

Answer bootstrap_mean(const Case& c) {
    const auto values = c.numbers(1);
    return tell(bootstrap_interval(
        values.size(),
        [&](std::span<const uint32_t> rows) {
            double sum = 0;
            for (const uint32_t i : rows) sum += values[i];
            return sum / static_cast<double>(rows.size());
        },
        c.number(0), 2000, 1));
}

}  // namespace

void add_metrics(Table& table) {
    table["classification"] = classification;
    table["roc_auc"] = scored<roc_auc>;
    table["average_precision"] = scored<average_precision>;
    table["log_loss"] = scored<log_loss>;
    table["brier"] = scored<brier_score>;
    table["roc_auc_estimate"] = [](const Case& c) -> Answer {
        TRY_ASSIGN(const auto e, roc_auc_estimate(bits(c, 0), c.numbers(1)));
        return std::vector{e.auc, e.standard_error};
    };
    table["log_loss_classes"] = [](const Case& c) {
        return tell(
            log_loss(classes(c, 1), c.numbers(2), static_cast<size_t>(c.whole(0)), c.numbers(3)));
    };
    table["roc_auc_ovr"] = [](const Case& c) {
        return tell(roc_auc_one_vs_rest(
            classes(c, 2), c.numbers(3), static_cast<size_t>(c.whole(1)),
            c.text(0) == "weighted" ? ClassWeights::by_support : ClassWeights::equal,
            c.numbers(4)));
    };
    table["regression"] = regression;
    table["quantile_loss"] = [](const Case& c) {
        return tell(quantile_loss(c.numbers(1), c.numbers(2), c.number(0), c.numbers(3)));
    };
    table["ndcg"] = [](const Case& c) {
        return tell(ndcg(c.numbers(1), c.numbers(2), limit(c, 0)));
    };
    table["dcg"] = [](const Case& c) { return tell(dcg(c.numbers(1), c.numbers(2), limit(c, 0))); };
    table["ranked_average_precision"] = ranked<ranked_average_precision>;
    table["reciprocal_rank"] = ranked<reciprocal_rank>;
    table["precision_at"] = ranked<precision_at>;
    table["recall_at"] = ranked<recall_at>;
    table["reliability"] = reliability;
    table["isotonic"] = isotonic;
    table["cbpe"] = cbpe;
    table["expected_roc_auc"] = of_numbers<expected_roc_auc>;
    table["expected_average_precision"] = of_numbers<expected_average_precision>;
    table["wilson"] = [](const Case& c) {
        return tell(wilson_interval(c.number(0), c.number(1), c.number(2)));
    };
    table["clopper_pearson"] = [](const Case& c) {
        return tell(clopper_pearson_interval(c.number(0), c.number(1), c.number(2)));
    };
    table["bootstrap_mean"] = bootstrap_mean;
}

}  // namespace rondo::stats::cases
