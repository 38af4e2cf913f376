// How long a rollout takes by each design, before it starts: a closed form, and beside it what the
// rules do on simulated traffic.
#pragma once

#include <string>

#include "domain/simulate/race.h"
#include "domain/simulate/study.h"

namespace rondo::simulate {

struct PlanSpec {
    Traffic traffic;      // steady; traffic.gain > 0 is the effect to detect
    double share = 0.05;  // of the canary
    double alpha = 0.05;  // one-sided
    double power = 0.8;
    double clip = 0.05;
    int64_t min_days = 7;
    int64_t horizon = 42;  // days
    bool paired = true;    // whether both models may score one row
    int64_t runs = 500;
    uint64_t seed = 1;
};
Status check(const PlanSpec& spec);

// One design with its times. Rows are requests of all arms; NaN: no answer within limit_days.
struct Design {
    std::string name;
    std::string rejects;                             // the null hypothesis
    double closed_rows = 0;                          // requests for the power, by the formula
    double closed_median_days = 0, closed_days = 0;  // half, and that power, by the formula
    double median_days = 0, days_80 = 0;             // simulated: half, four fifths have decided
    Share within;                                    // decided within the horizon
    static constexpr auto fields = std::tuple{
        json::field("name", &Design::name, "Name of the design"),
        json::field("rejects", &Design::rejects, "What it rejects"),
        json::field("closed_rows", &Design::closed_rows, "Requests it needs, by the formula"),
        json::field("closed_median_days", &Design::closed_median_days,
                    "Days to half the decisions, by the formula"),
        json::field("closed_days", &Design::closed_days, "Days it needs, by the formula"),
        json::field("median_days", &Design::median_days, "Days to half the decisions, simulated"),
        json::field("days_80", &Design::days_80, "Days to 80 % of the decisions, simulated"),
        json::field("within", &Design::within, "Runs that decide within the horizon")};
};

struct Plan {
    std::vector<Design> designs;
    double limit_days = 0;  // simulated at most so long
    std::vector<std::string> words;
};

// Rows of a test at a fixed size whose one-sided error is alpha and whose power is `power`, for a
// share of rows in the candidate's arm: (z_alpha + z_beta)^2 (v_k / share + v_c / (1 - share)) /
// effect^2, v the variance of an outcome in each arm (statistics of two means with known variance).
double fixed_rows(double alpha, double power, double candidate_variance, double champion_variance,
                  double share, double effect);
// Pairs of the same: (z_alpha + z_beta)^2 variance / effect^2.
double fixed_pairs(double alpha, double power, double variance, double effect);
// How many times the rows of a fixed test the largest of the planned looks has to be.
Result<double> planned_inflation(double alpha, double power);
// Days until a share `power` of bets on day means has decided, when a day's mean, cut and scaled,
// has this mean and variance: n with n g - z sqrt(n) s = ln(7 / alpha) for the best stake, g and s
// the mean and deviation of what a day adds to its log wealth; infinite without growth.
double block_days(double alpha, double power, double mean, double variance);

// Costs runs of up to limit_days of traffic, each a few million rows at most.
Result<Plan> plan(const PlanSpec& spec, int threads, const Done& done);
// How many calls of `done` come to: the runs of all designs.
uint64_t runs_of(const PlanSpec& spec);

}  // namespace rondo::simulate
