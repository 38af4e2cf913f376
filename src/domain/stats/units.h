// The assignment-conditional e-process: does the candidate's arm fail more often than chance
// explains? Units are assigned to the candidate with a logged probability rho; given that a unit
// failed, it should sit in the candidate's arm with probability at most rho.
//
// Null rejected: "at every time, given the past, a unit of the candidate's arm fails at most as
// often as a unit of the champion's arm". Needs: assignment with the logged rho, outcomes known
// for both arms alike, and one entry a unit: with sticky units every further entry of the same
// unit repeats the same assignment, and the guarantee is gone.
//
// Mixture over odds ratios o: with p the pooled failure rate so far (smoothed, predictable),
// q = odds^-1(o p / (1 - p)), R1 = q / p, R0 = (1 - q) / (1 - p), theta_y = rho R_y /
// (1 - rho + rho R_y); a unit's factor is theta_y / rho in the candidate's arm and
// (1 - theta_y) / (1 - rho) in the champion's.
#pragma once

#include <array>

#include "platform/json/shape.h"

namespace rondo::stats {

enum class Direction : uint8_t { worse, better };

inline constexpr std::array<double, 8> kOddsRatios{1.1, 1.2, 1.35, 1.6, 2, 3, 5, 10};

struct UnitEvidence {
    std::vector<double> log_wealth = std::vector<double>(kOddsRatios.size(), 0.0);
    int64_t units = 0, failures = 0;
    int64_t candidate_units = 0, candidate_failures = 0;

    static constexpr auto fields = std::tuple{
        json::field("log_wealth", &UnitEvidence::log_wealth, "ln of the wealth of each odds ratio"),
        json::field("units", &UnitEvidence::units, "Units entered"),
        json::field("failures", &UnitEvidence::failures, "Units that failed"),
        json::field("candidate_units", &UnitEvidence::candidate_units,
                    "Units of the candidate's arm"),
        json::field("candidate_failures", &UnitEvidence::candidate_failures,
                    "Failures in the candidate's arm")};

    struct Entry {
        bool candidate;  // the arm
        bool failed;
        double rho;  // probability of the candidate's arm when the unit was assigned
    };
    // Entries with rho outside (0, 1) carry no evidence and are only counted. 8 logarithms.
    void update(Entry entry, Direction direction);

    struct Counts {
        int64_t candidate = 0, candidate_failures = 0;
        int64_t champion = 0, champion_failures = 0;
    };
    // Units that enter together, in no order: all are bet on with the failure rate from before the
    // first of them, which keeps the guarantee. One unit is the same as update. At most 32
    // logarithms, however many units.
    void update_batch(const Counts& batch, double rho, Direction direction);
    double e_value() const;
};

}  // namespace rondo::stats
