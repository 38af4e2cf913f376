// Evidence by betting: the wealth of a gambler who stakes constant fractions against a null
// hypothesis. Under the null the wealth is a non-negative supermartingale started at 1, so by
// Ville's inequality P(it ever reaches 1/alpha) <= alpha, for any number of looks.
//
// Sources: Ville 1939; Shafer and Vovk 2019; Waudby-Smith and Ramdas 2023 ("Estimating means of
// bounded random variables by betting"). Constant stakes in equal mixture: ln(1 + s x) <= s x, so
// wealth above 1 also implies that the plain sum of x is positive.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "platform/json/shape.h"

namespace rondo::stats {

// The stakes, as fractions of the largest stake that cannot lose everything.
inline constexpr std::array<double, 7> kStakes{0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9};

// Wealth against "E[x | past] <= 0 for each x", for x in [-1, 1]: the mean over the stakes s of
// prod(1 + s x). State: the logarithm of each stake's wealth. 7 logarithms an update.
struct BetProcess {
    std::vector<double> log_wealth = std::vector<double>(kStakes.size(), 0.0);
    int64_t count = 0;
    double sum = 0;  // of x, in the order of the updates

    static constexpr auto fields = std::tuple{
        json::field("log_wealth", &BetProcess::log_wealth, "ln of the wealth of each stake"),
        json::field("count", &BetProcess::count, "How many values were bet on"),
        json::field("sum", &BetProcess::sum, "Sum of the values, in order")};

    // x is cut to [-1, 1], which keeps the guarantee (for the cut values). `times`: so many equal
    // values at once.
    void update(double x, int64_t times = 1);
    double e_value() const;
    double mean() const { return count == 0 ? 0 : sum / static_cast<double>(count); }
};

// Growth of log wealth against "the mean loss is at most `level`" for losses in [0, 1]: per stake
// s the sum of ln(1 + s (loss - level)). Additive over days, so a sliding window of days is a sum.
// level in (0, 1).
struct LevelBets {
    std::vector<double> growth = std::vector<double>(kStakes.size(), 0.0);

    static constexpr auto fields =
        std::tuple{json::field("growth", &LevelBets::growth, "Sum of log growth of each stake")};

    void update(double loss, double level);
    void add(const LevelBets& day);
    // The e-value of everything summed so far.
    double e_value() const;
};

// The mixture of wealths given by their logarithms, computed without overflow up to 1e300.
double mixture(std::span<const double> log_wealth);

// A confidence sequence for the mean of x in [-1, 1] by inverting the bets: all m for which the
// wealth against "mean <= m" (lower end) or "mean >= m" (upper end) stays below 1/alpha. Each end
// alone errs with probability at most alpha, at any time. Bisection to 1e-9; O(60 n) logarithms.
// Source: Waudby-Smith and Ramdas 2023, section 4.
struct Interval {
    double lower = -1, upper = 1;
    static constexpr auto fields = std::tuple{json::field("lower", &Interval::lower, "Lower end"),
                                              json::field("upper", &Interval::upper, "Upper end")};
};
Interval mean_interval(std::span<const double> xs, double alpha);

}  // namespace rondo::stats
