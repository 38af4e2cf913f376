#include "domain/stats/regression.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

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

double explained(double left, double whole, size_t rows) {
    if (rows < 2) return std::numeric_limits<double>::quiet_NaN();
    if (whole == 0) return left == 0 ? 1 : 0;
    return 1 - left / whole;
}

}  // namespace

Result<RegressionScores> regression_scores(std::span<const double> truth,
                                           std::span<const double> predictions) {
    TRY(need_pairs(truth, predictions));
    const auto n = static_cast<double>(truth.size());
    long double level = 0, bias = 0;
    for (size_t i = 0; i < truth.size(); ++i) {
        level += truth[i];
        bias += predictions[i] - truth[i];
    }
    level /= n;
    bias /= n;
    long double absolute = 0, squares = 0, percentage = 0, around = 0, centred = 0;
    std::vector<double> errors(truth.size());
    RegressionScores out;
    out.rows = truth.size();
    for (size_t i = 0; i < truth.size(); ++i) {
        const double error = predictions[i] - truth[i];
        errors[i] = std::abs(error);
        absolute += errors[i];
        squares += static_cast<long double>(error) * error;
        percentage +=
            errors[i] / std::max(std::abs(truth[i]), std::numeric_limits<double>::epsilon());
        around += (truth[i] - level) * (truth[i] - level);
        centred += (error - bias) * (error - bias);
        out.max_error = std::max(out.max_error, errors[i]);
    }
    out.mean_error = static_cast<double>(bias);
    out.mean_absolute_error = static_cast<double>(absolute / n);
    out.mean_squared_error = static_cast<double>(squares / n);
    out.root_mean_squared_error = std::sqrt(out.mean_squared_error);
    out.mean_absolute_percentage = static_cast<double>(percentage / n);
    out.median_absolute_error = median(errors);
    // A truth that is constant up to rounding has no variance to explain.
    const bool constant =
        std::all_of(truth.begin(), truth.end(), [&](double v) { return v == truth.front(); });
    const auto whole = constant ? 0 : static_cast<double>(around);
    out.r2 = explained(static_cast<double>(squares), whole, truth.size());
    out.explained_variance = explained(static_cast<double>(centred), whole, truth.size());
    return out;
}

Result<double> quantile_loss(std::span<const double> truth, std::span<const double> predictions,
                             double quantile) {
    TRY(need_pairs(truth, predictions));
    if (!(quantile >= 0 && quantile <= 1))
        return fail(Code::invalid, "a quantile lies between 0 and 1", "quantile");
    long double sum = 0;
    for (size_t i = 0; i < truth.size(); ++i) {
        const double error = truth[i] - predictions[i];
        sum += error >= 0 ? quantile * error : (quantile - 1) * error;
    }
    return static_cast<double>(sum / static_cast<double>(truth.size()));
}

}  // namespace rondo::stats
