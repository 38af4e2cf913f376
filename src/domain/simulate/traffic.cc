#include "domain/simulate/traffic.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "domain/stats/distributions.h"

namespace rondo::simulate {
namespace {

constexpr double kTurn = 2 * std::numbers::pi;
// Beta(p, 1 - p) has an intra-class correlation of 1/2 whatever p: some units nearly always fail.
constexpr double kPrecision = 1;

Status outside(const char* field, const char* range) {
    return fail(Code::invalid, std::string(field) + " has to be " + range, field);
}

}  // namespace

bool moves_the_difference(Regime regime) { return regime >= Regime::day_shocks; }

std::string_view name_of(Regime regime) {
    for (const auto& [value, name] : json::enum_names<Regime>) {
        if (value == regime) return name;
    }
    return "";
}

Status check(const Traffic& t) {
    if (t.rows_per_day < 1 || t.rows_per_day > 100'000'000)
        return outside("requests a day", "1 to 100,000,000");
    if (t.days < 1 || t.days > 3660) return outside("days", "1 to 3,660");
    if (!(t.base_rate > 0 && t.base_rate < 1))
        return outside("the base rate", "between 0 and 1, the share of requests that go wrong");
    if (!(t.base_rate - t.gain >= 0 && t.base_rate - t.gain <= 1))
        return outside("the difference", "such that the candidate's rate of errors is in [0, 1]");
    if (!(t.discordance >= 0 && t.discordance <= 1))
        return outside("the discordance", "in [0, 1], the share of requests on which one is wrong");
    if (!(t.spread >= 0 && t.spread <= 0.5)) return outside("the loss deviation", "in [0, 0.5]");
    if (!(t.shock >= 0 && t.shock <= 1)) return outside("the shock", "in [0, 1]");
    return ok();
}

Climate::Climate(const Traffic& traffic, Draw& draw) : traffic_(traffic) {
    if (!moves_the_difference(traffic.regime)) return;
    const uint64_t phase = draw.below(7);
    for (int64_t day = 0; day < traffic.days; ++day) {
        const bool late = 2 * day >= traffic.days;
        double sign = 0;
        switch (traffic.regime) {
            case Regime::day_shocks:
                sign = draw.chance(0.5) ? 1 : -1;
                break;
            case Regime::weekly:
                sign = std::sin(kTurn * static_cast<double>(day + static_cast<int64_t>(phase)) / 7);
                break;
            case Regime::worse_then_better:
                sign = late ? 1 : -1;
                break;
            default:
                sign = late ? -1 : 1;
        }
        moved_.push_back(sign * traffic.shock);
    }
}

double Climate::gain_of(int64_t day) const {
    if (moved_.empty()) return traffic_.gain;
    return traffic_.gain + moved_[static_cast<size_t>(day) % moved_.size()];
}

Conditions Climate::at(int64_t day, double part) const {
    Conditions now;
    now.base_rate = traffic_.base_rate;
    now.gain = gain_of(day);
    const bool late = 2 * (static_cast<double>(day) + part) >= static_cast<double>(traffic_.days);
    if (traffic_.regime == Regime::ramp) {
        now.share_factor = late ? 1 : 0.1;
        if (late) now.base_rate *= 2;
    } else if (traffic_.regime == Regime::seasonal) {
        now.base_rate *= (1 + 0.5 * std::sin(kTurn * part)) *
                         (1 + std::sin(kTurn * static_cast<double>(day % 7) / 7) / 3);
    }
    now.base_rate = std::min(now.base_rate, 0.99);
    return now;
}

PairRates pair_rates(const Traffic& traffic, const Conditions& conditions) {
    const double p = conditions.base_rate;
    // The candidate's rate stays a rate, also when the base rate moves below the gain.
    const double gain = std::clamp(conditions.gain, p - 1, p);
    // One errs as often, measured by the base rate, as it does on average.
    const double differing = std::max(std::abs(gain), traffic.discordance * p / traffic.base_rate);
    PairRates rates;
    rates.champion_only = std::min((differing + gain) / 2, p);
    rates.candidate_only = std::min(rates.champion_only - gain, 1 - p);
    rates.both = p - rates.champion_only;
    return rates;
}

std::vector<double> unit_rates(double base_rate) {
    std::vector<double> rates(1024);
    double sum = 0;
    for (size_t k = 0; k < rates.size(); ++k) {
        const double at = (static_cast<double>(k) + 0.5) / static_cast<double>(rates.size());
        rates[k] = stats::beta_ppf(at, kPrecision * base_rate, kPrecision * (1 - base_rate));
        sum += rates[k];
    }
    // Cutting the tail moves the mean a little.
    const double scale = base_rate * static_cast<double>(rates.size()) / sum;
    for (double& rate : rates) rate = std::min(rate * scale, 0.99);
    return rates;
}

}  // namespace rondo::simulate
