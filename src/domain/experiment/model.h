#pragma once

#include <string>

#include "domain/stats/blocks.h"
#include "domain/stats/loss.h"
#include "domain/stats/units.h"
#include "platform/json/json.h"

namespace rondo::experiment {

// How evidence is made and what it has to reach.
struct Rules {
    stats::Loss loss = stats::Loss::brier;
    bool paired = false;  // both variants score the same rows
    double clip = 0.05;   // of a day's mean difference
    double promote_evidence = 20;
    int64_t min_days = 7;
    int64_t min_rows = 500;
    double safety_alpha = 0.025;  // of each of the two safety processes
    Micros horizon = std::chrono::hours{24 * 42};
    double min_coverage = 0.98;

    static constexpr auto fields = std::tuple{
        json::field("loss", &Rules::loss, "brier or zero_one"),
        json::field("paired", &Rules::paired, "Both variants score the same rows"),
        json::field("clip", &Rules::clip, "Largest daily difference that counts"),
        json::field("promote_evidence", &Rules::promote_evidence, "E-value that promotes"),
        json::field("min_days", &Rules::min_days, "Days that a promotion needs"),
        json::field("min_rows", &Rules::min_rows, "Rows that a promotion needs"),
        json::field("safety_alpha", &Rules::safety_alpha, "Error rate of each safety process"),
        json::field("horizon", &Rules::horizon, "Inconclusive after this long"),
        json::field("min_coverage", &Rules::min_coverage, "Share of rows that need a label")};
};

// Which versions are compared.
struct Variants {
    int32_t champion = 0, candidate = 0;
};

// The state of the fold.
struct Evidence {
    int64_t rows = 0;  // of the comparison, labelled or not
    int64_t labelled = 0;
    int64_t pairs = 0;
    double champion_loss = 0;  // sums over the pairs
    double candidate_loss = 0;
    // Paired: bets on day means of loss(champion) - loss(candidate).
    stats::BlockEvidence days;
    // Paired: bets on "the candidate is worse at some time", row by row, and their peak.
    stats::BetProcess worse_rows;
    double worse_rows_peak = 1;
    // Errors by unit, one entry each: worse, and better (which promotes where there are no pairs).
    stats::UnitEvidence worse_units;
    double worse_units_peak = 1;
    stats::UnitEvidence better_units;
    double better_units_peak = 1;

    static constexpr auto fields = std::tuple{
        json::field("rows", &Evidence::rows, "Rows under comparison"),
        json::field("labelled", &Evidence::labelled, "Rows with a label"),
        json::field("pairs", &Evidence::pairs, "Labelled rows that both scored"),
        json::field("champion_loss", &Evidence::champion_loss, "Its loss summed over the pairs"),
        json::field("candidate_loss", &Evidence::candidate_loss, "Its loss summed over the pairs"),
        json::field("days", &Evidence::days, "Average effect over days"),
        json::field("worse_rows", &Evidence::worse_rows, "Worse at any time, by rows"),
        json::field("worse_rows_peak", &Evidence::worse_rows_peak, "Highest e-value of it"),
        json::field("worse_units", &Evidence::worse_units, "More errors, by units"),
        json::field("worse_units_peak", &Evidence::worse_units_peak, "Highest e-value of it"),
        json::field("better_units", &Evidence::better_units, "Fewer errors, by units"),
        json::field("better_units_peak", &Evidence::better_units_peak, "Highest e-value of it")};

    double coverage() const {
        return rows == 0 ? 0 : static_cast<double>(labelled) / static_cast<double>(rows);
    }
};

enum class Outcome : uint8_t { go_on, promote, roll_back, inconclusive };

struct Verdict {
    Outcome outcome = Outcome::go_on;
    std::string reason;  // in words, with the numbers
    static constexpr auto fields = std::tuple{
        json::field("outcome", &Verdict::outcome, "go_on, promote, roll_back or inconclusive"),
        json::field("reason", &Verdict::reason, "Why, with the numbers")};
};

// One point of the course of a comparison, for pictures and the timeline.
struct Point {
    Time tick{};
    int64_t days = 0, pairs = 0, rows = 0;
    double coverage = 0;
    double promote_e = 1, promote_limit = 0;
    double safety_rows_e = 1, safety_units_e = 1, safety_limit = 0;
    double mean_gain = 0;         // over days, in units of the loss
    double row_gain = 0;          // over rows
    double lower = 0, upper = 0;  // confidence sequence of the daily gain, each end at 5 %
    Verdict verdict;
    static constexpr auto fields = std::tuple{
        json::field("tick", &Point::tick, "When"),
        json::field("days", &Point::days, "Days of evidence"),
        json::field("pairs", &Point::pairs, "Rows that both scored"),
        json::field("rows", &Point::rows, "Rows under comparison"),
        json::field("coverage", &Point::coverage, "Share with a label"),
        json::field("promote_e", &Point::promote_e, "E-value for promotion"),
        json::field("promote_limit", &Point::promote_limit, "What it has to reach"),
        json::field("safety_rows_e", &Point::safety_rows_e, "Peak e-value: worse, by rows"),
        json::field("safety_units_e", &Point::safety_units_e, "Peak e-value: worse, by units"),
        json::field("safety_limit", &Point::safety_limit, "What rolls back"),
        json::field("mean_gain", &Point::mean_gain, "Mean daily gain (cut), in units of the loss"),
        json::field("row_gain", &Point::row_gain, "Mean gain over rows"),
        json::field("lower", &Point::lower, "Lower limit of the daily gain at 5 %"),
        json::field("upper", &Point::upper, "Upper limit of the daily gain at 5 %"),
        json::field("verdict", &Point::verdict, "What the tick said")};
};

}  // namespace rondo::experiment

template <>
inline constexpr auto rondo::json::enum_names<rondo::experiment::Outcome> = std::array{
    std::pair{rondo::experiment::Outcome::go_on, std::string_view("go_on")},
    std::pair{rondo::experiment::Outcome::promote, std::string_view("promote")},
    std::pair{rondo::experiment::Outcome::roll_back, std::string_view("roll_back")},
    std::pair{rondo::experiment::Outcome::inconclusive, std::string_view("inconclusive")}};
