#pragma once

#include <string>
#include <vector>

#include "domain/predictions/model.h"
#include "domain/stats/betting.h"
#include "domain/stats/drift.h"
#include "domain/stats/loss.h"
#include "platform/json/json.h"

namespace rondo::monitor {

// What a policy says about watching.
struct MonitorSpec {
    stats::Loss metric = stats::Loss::brier;
    Micros window = std::chrono::hours{24 * 28};
    std::optional<int64_t> min_days;  // with predictions; the whole window when it is not given
    int64_t min_labels = 1000;
    // Of the champion's tracking run: the level it is expected to keep.
    std::string reference_metric;
    double margin = 0;          // what is tolerated above it
    double evidence = 1000;     // e-value that a breach needs
    double drift_alpha = 0.01;  // level of each feature's drift, shown only

    static constexpr auto fields = std::tuple{
        json::field("metric", &MonitorSpec::metric, "brier or zero_one"),
        json::field("window", &MonitorSpec::window, "Whole days, such as 28d"),
        json::field("min_days", &MonitorSpec::min_days,
                    "Days with predictions that a verdict needs; the whole window by default"),
        json::field("min_labels", &MonitorSpec::min_labels, "Labels that a verdict needs"),
        json::field("reference_metric", &MonitorSpec::reference_metric,
                    "Metric of the champion's run that is its reference value", json::required),
        json::field("margin", &MonitorSpec::margin, "Tolerated above the reference value"),
        json::field("evidence", &MonitorSpec::evidence, "E-value that a breach needs"),
        json::field("drift_alpha", &MonitorSpec::drift_alpha, "Level of a feature's drift test")};
};

// What a champion is held against: fixed when it became champion.
struct Reference {
    double value = 0;                 // expected loss
    std::vector<stats::Cells> cells;  // of each numeric feature
};

// What one sealed day adds to the windows of one version.
struct DayStats {
    Day day{};
    int32_t version = 0;
    double level = 0;      // what the bets were made against
    int64_t rows = 0;      // that the version scored
    int64_t labelled = 0;  // of them
    double loss_sum = 0;
    stats::LevelBets bets;
    std::vector<std::vector<int64_t>> cell_counts;  // by feature of the reference, by cell
};

// What a tick saw.
struct Window {
    Time tick{};
    std::string first_day, last_day;
    int32_t version = 0;
    int64_t days = 0, rows = 0, labelled = 0;
    double coverage = 0;  // labelled / rows
    double mean = 0;      // loss
    double reference = 0, threshold = 0;
    double e_value = 0;
    bool enough = false;  // days, labels and coverage suffice for a verdict
    bool breached = false;
    std::string reason;  // the verdict in words
    std::vector<stats::Drift> drift;

    static constexpr auto fields = std::tuple{
        json::field("tick", &Window::tick, "When it was judged"),
        json::field("first_day", &Window::first_day, "First day of the window"),
        json::field("last_day", &Window::last_day, "Last day of the window"),
        json::field("version", &Window::version, "Model version that is judged"),
        json::field("days", &Window::days, "Days with rows"),
        json::field("rows", &Window::rows, "Predictions"),
        json::field("labelled", &Window::labelled, "Predictions with a label"),
        json::field("coverage", &Window::coverage, "Share of predictions with a label"),
        json::field("mean", &Window::mean, "Mean loss"),
        json::field("reference", &Window::reference, "Reference value"),
        json::field("threshold", &Window::threshold, "Reference value and margin"),
        json::field("e_value", &Window::e_value,
                    "Evidence against: the mean loss is at most the threshold"),
        json::field("enough", &Window::enough, "Whether there was enough data for a verdict"),
        json::field("breached", &Window::breached, "The verdict"),
        json::field("reason", &Window::reason, "The verdict in words"),
        json::field("drift", &Window::drift, "Drift of each feature from the reference")};
};

}  // namespace rondo::monitor
