#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/stats/loss.h"
#include "platform/json/json.h"

namespace rondo::gates {

// What a policy says about letting a candidate through.
struct GateSpec {
    stats::Loss metric = stats::Loss::brier;
    Micros holdout = std::chrono::hours{24 * 7};  // the last whole days of the data
    double confidence = 0.95;                     // of the lower limit of the gain over days
    double min_gain = 0;                          // the limit has to be above this
    double reference_tolerance = 0.005;           // largest loss of quality on the frozen reference
    static constexpr auto fields = std::tuple{
        json::field("metric", &GateSpec::metric, "brier or zero_one"),
        json::field("holdout", &GateSpec::holdout, "Length of the forward hold-out, whole days"),
        json::field("confidence", &GateSpec::confidence, "Of the one-sided limit"),
        json::field("min_gain", &GateSpec::min_gain, "What the limit has to be above"),
        json::field("reference_tolerance", &GateSpec::reference_tolerance,
                    "Largest loss of quality on the reference")};
};

// Where rows are in a data version, and which columns mean what.
struct DataColumns {
    std::vector<std::string> rows;  // files, '*' stands for anything but '/': "log/*.csv"
    std::string reference;          // file with the frozen reference rows; may be empty
    std::string event_time = "event_time";
    std::string unit = "unit";
    std::string label = "label";
    static constexpr auto fields = std::tuple{
        json::field("rows", &DataColumns::rows, "Files with rows; '*' matches within a folder",
                    json::required),
        json::field("reference", &DataColumns::reference, "File with the frozen reference rows"),
        json::field("event_time", &DataColumns::event_time, "Column of the event time"),
        json::field("unit", &DataColumns::unit, "Column of the unit"),
        json::field("label", &DataColumns::label, "Column of the outcome")};
};

// What a model's run says about itself.
struct ModelFacts {
    int32_t version = 0;
    std::string split;                  // "forward"; anything else is refused
    std::optional<Time> trained_until;  // no training row had a later event time
};

struct Check {
    std::string name;
    bool passed = false;
    double value = 0, limit = 0;
    std::string reason;
    static constexpr auto fields =
        std::tuple{json::field("name", &Check::name, "What was checked"),
                   json::field("passed", &Check::passed, "Whether it passed"),
                   json::field("value", &Check::value, "What was found"),
                   json::field("limit", &Check::limit, "What it was held against"),
                   json::field("reason", &Check::reason, "The finding in words")};
};

struct GateVerdict {
    bool passed = false;
    std::string reason;
    int32_t candidate = 0, champion = 0;  // champion 0: none yet, the base rate is the opponent
    std::string dataset;
    int64_t data_version = 0;
    std::string holdout_from, holdout_to;  // days
    int64_t rows = 0;
    double candidate_loss = 0, champion_loss = 0;  // means over the hold-out
    std::vector<double> day_gains;
    double gain = 0, standard_error = 0, lower = 0;
    std::vector<Check> checks;
    static constexpr auto fields = std::tuple{
        json::field("passed", &GateVerdict::passed, "Whether the candidate may go on"),
        json::field("reason", &GateVerdict::reason, "Why, in words"),
        json::field("candidate", &GateVerdict::candidate, "Version at the gate"),
        json::field("champion", &GateVerdict::champion, "Version it was compared with, 0: none"),
        json::field("dataset", &GateVerdict::dataset, "Dataset of the hold-out"),
        json::field("data_version", &GateVerdict::data_version, "Its version"),
        json::field("holdout_from", &GateVerdict::holdout_from, "First day of the hold-out"),
        json::field("holdout_to", &GateVerdict::holdout_to, "Last day of the hold-out"),
        json::field("rows", &GateVerdict::rows, "Rows of the hold-out"),
        json::field("candidate_loss", &GateVerdict::candidate_loss, "Its mean loss there"),
        json::field("champion_loss", &GateVerdict::champion_loss, "Its opponent's"),
        json::field("day_gains", &GateVerdict::day_gains, "Mean gain of each day"),
        json::field("gain", &GateVerdict::gain, "Mean of the day means"),
        json::field("standard_error", &GateVerdict::standard_error, "Of that mean, over days"),
        json::field("lower", &GateVerdict::lower, "Its one-sided lower limit"),
        json::field("checks", &GateVerdict::checks, "Each check")};
};

}  // namespace rondo::gates
