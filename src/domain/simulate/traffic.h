// Traffic that rollouts are tried on: how often the champion fails, how the candidate differs, and
// what moves meanwhile. Time is counted in event days from the start.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "domain/simulate/draw.h"
#include "platform/json/shape.h"

namespace rondo::simulate {

enum class Regime : uint8_t {
    steady,       // nothing moves
    seasonal,     // the base rate swings by half within a day and by a third within a week
    ramp,         // halfway the split grows tenfold while the base rate doubles
    sticky,       // 21 rows a unit on average; units differ (intra-class correlation 1/2)
    late_labels,  // 5 % of the rows with a failure and 0.5 % of the others get no label in time
    day_shocks,   // each day the difference is moved by + or - shock, at random
    weekly,       // the difference follows a wave of one week, of height shock
    worse_then_better,  // the difference is moved by -shock, and from halfway by +shock
    better_then_worse,  // the other way round
};

// Whether the regime moves the difference itself. Then an equal candidate is equal on average
// only, and there are times at which it is truly better or worse.
bool moves_the_difference(Regime regime);
std::string_view name_of(Regime regime);

struct Traffic {
    Regime regime = Regime::steady;
    int64_t rows_per_day = 1000;
    int64_t days = 42;       // in which ramps and turns have their half
    double base_rate = 0.1;  // share of rows on which the champion errs
    double gain = 0;         // the champion's rate (and loss) less the candidate's; negative: worse
    double discordance = 0.06;  // share of rows on which exactly one of both errs
    double spread = 0;    // standard deviation of a row's difference of loss; 0: losses are errors
    double shock = 0.03;  // of the difference, where the regime moves it
};

inline constexpr double kRowsPerUnit = 21;  // of sticky units

// Names the field that is out of range.
Status check(const Traffic& traffic);

// What holds at a moment.
struct Conditions {
    double base_rate = 0;
    double gain = 0;
    double share_factor = 1;  // of the split that was asked for
};

// One run's course of the conditions. What is random about it is drawn once, at the start.
class Climate {
  public:
    Climate(const Traffic& traffic, Draw& draw);
    // `part`: of the day, in [0, 1).
    Conditions at(int64_t day, double part) const;
    // Of a day, on average: what a whole day's counts are drawn with.
    double gain_of(int64_t day) const;

  private:
    const Traffic& traffic_;
    std::vector<double> moved_;  // the difference, by day
};

// The shares of rows on which both err, only the champion, only the candidate.
struct PairRates {
    double champion_only = 0, candidate_only = 0, both = 0;
};
PairRates pair_rates(const Traffic& traffic, const Conditions& conditions);

// Failure rates of sticky units: 1,024 equally likely ones of a beta distribution around base_rate.
std::vector<double> unit_rates(double base_rate);

}  // namespace rondo::simulate

template <>
inline constexpr auto rondo::json::enum_names<rondo::simulate::Regime> = std::array{
    std::pair{rondo::simulate::Regime::steady, std::string_view("steady")},
    std::pair{rondo::simulate::Regime::seasonal, std::string_view("seasonal")},
    std::pair{rondo::simulate::Regime::ramp, std::string_view("ramp")},
    std::pair{rondo::simulate::Regime::sticky, std::string_view("sticky")},
    std::pair{rondo::simulate::Regime::late_labels, std::string_view("late_labels")},
    std::pair{rondo::simulate::Regime::day_shocks, std::string_view("day_shocks")},
    std::pair{rondo::simulate::Regime::weekly, std::string_view("weekly")},
    std::pair{rondo::simulate::Regime::worse_then_better, std::string_view("worse_then_better")},
    std::pair{rondo::simulate::Regime::better_then_worse, std::string_view("better_then_worse")}};
