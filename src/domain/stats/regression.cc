#include "domain/stats/regression.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "domain/stats/weights.h"

namespace rondo::stats {
namespace {

Status need_pairs(std::span<const double> truth, std::span<const double> predictions) {
    if (truth.size() != predictions.size())
        return fail(Code::invalid,
                    std::to_string(truth.size()) + " true values for " +
                        std::to_string(predictions.size()) + " predictions",
                    "predictions");
    if (truth.empty()) return fail(Code::invalid, "there are no rows to score", "truth");
    for (size_t i = 0; i < truth.size(); ++i) {
        if (!std::isfinite(truth[i]) || !std::isfinite(predictions[i]))
            return fail(Code::invalid,
                        "row " + std::to_string(i) + " has a value that is not a finite number",
                        std::isfinite(truth[i]) ? "predictions" : "truth");
    }
    return ok();
}

double median(std::vector<double>& values) {
    const size_t half = values.size() / 2;
    const auto at = values.begin() + static_cast<std::ptrdiff_t>(half);
    std::nth_element(values.begin(), at, values.end());
    const double upper = *at;
    if (values.size() % 2) return upper;
    return (*std::max_element(values.begin(), at) + upper) / 2;
}

double median(const std::vector<double>& values, std::span<const double> weights) {
    std::vector<Weighted> weighted;
    for (size_t i = 0; i < values.size(); ++i) weighted.push_back({values[i], weights[i]});
    return weighted_median(weighted);
}

bool is_constant(std::span<const double> values, std::span<const double> weights) {
    size_t first = 0;
    while (weight_at(weights, first) == 0) ++first;
    for (size_t i = first; i < values.size(); ++i)
        if (weight_at(weights, i) != 0 && values[i] != values[first]) return false;
    return true;
}

double explained(double left, double whole, size_t rows) {
    if (rows < 2) return std::numeric_limits<double>::quiet_NaN();
    if (whole == 0) return left == 0 ? 1 : 0;
    return 1 - left / whole;
}

}  // namespace

Result<RegressionScores> regression_scores(std::span<const double> truth,
                                           std::span<const double> predictions,
                                           std::span<const double> weights) {
    TRY(need_pairs(truth, predictions));
    TRY(need_weights_if_any(weights, truth.size()));
    long double level = 0, bias = 0, n = 0;
    for (size_t i = 0; i < truth.size(); ++i) {
        const double weight = weight_at(weights, i);
        n += weight;
        level += static_cast<long double>(weight) * truth[i];
        bias += static_cast<long double>(weight) * (predictions[i] - truth[i]);
    }
    level /= n;
    bias /= n;
    long double absolute = 0, squares = 0, percentage = 0, around = 0, centred = 0;
    std::vector<double> errors(truth.size()), signed_errors(truth.size());
    RegressionScores out;
    out.rows = truth.size();
    for (size_t i = 0; i < truth.size(); ++i) {
        const double error = predictions[i] - truth[i];
        signed_errors[i] = error;
        errors[i] = std::abs(error);
        const long double weight = weight_at(weights, i);
        absolute += weight * errors[i];
        squares += weight * error * error;
        percentage += weight * (errors[i] / std::max(std::abs(truth[i]),
                                                     std::numeric_limits<double>::epsilon()));
        around += weight * (truth[i] - level) * (truth[i] - level);
        centred += weight * (error - bias) * (error - bias);
        out.max_error = std::max(out.max_error, errors[i]);
    }
    out.mean_error = static_cast<double>(bias);
    out.mean_absolute_error = static_cast<double>(absolute / n);
    out.mean_squared_error = static_cast<double>(squares / n);
    out.root_mean_squared_error = std::sqrt(out.mean_squared_error);
    out.mean_absolute_percentage = static_cast<double>(percentage / n);
    out.median_absolute_error = weights.empty() ? median(errors) : median(errors, weights);
    // A truth that is constant up to rounding has no variance to explain.
    const bool constant = is_constant(truth, weights);
    const auto whole = constant ? 0 : static_cast<double>(around);
    out.r2 = explained(static_cast<double>(squares), whole, truth.size());
    const auto spread = is_constant(signed_errors, weights) ? 0 : static_cast<double>(centred);
    out.explained_variance = explained(spread, whole, truth.size());
    return out;
}

Result<double> quantile_loss(std::span<const double> truth, std::span<const double> predictions,
                             double quantile, std::span<const double> weights) {
    TRY(need_pairs(truth, predictions));
    TRY(need_weights_if_any(weights, truth.size()));
    if (!(quantile >= 0 && quantile <= 1))
        return fail(Code::invalid, "a quantile lies between 0 and 1", "quantile");
    long double sum = 0, whole = 0;
    for (size_t i = 0; i < truth.size(); ++i) {
        const double error = truth[i] - predictions[i], weight = weight_at(weights, i);
        sum += static_cast<long double>(weight) *
               (error >= 0 ? quantile * error : (quantile - 1) * error);
        whole += weight;
    }
    return static_cast<double>(sum / whole);
}

}  // namespace rondo::stats
