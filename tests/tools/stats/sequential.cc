#include <cmath>

#include "cases.h"
#include "domain/stats/betting.h"
#include "domain/stats/sequential/assignment.h"
#include "domain/stats/sequential/asymptotic_sequence.h"
#include "domain/stats/sequential/boundaries.h"
#include "domain/stats/sequential/e_detector.h"
#include "domain/stats/sequential/group_sequential.h"
#include "domain/stats/sequential/hedged.h"
#include "domain/stats/sequential/paired.h"
#include "domain/stats/sequential/quantile_sequence.h"
#include "domain/stats/sequential/sample_ratio.h"
#include "domain/stats/sequential/variance_reduction.h"
#include "domain/stats/units.h"

namespace rondo::stats::cases {
namespace {

bool one_sided(const Case& c) { return c.text(0) == "one"; }

// s v v_opt alpha, as confseq's: the tuning is one- or two-sided with the mixture.
double rho(const Case& c, double v_opt, double alpha) {
    return one_sided(c) ? one_sided_normal_rho(v_opt, alpha) : two_sided_normal_rho(v_opt, alpha);
}

Answer normal_mixture(const Case& c) {
    const double s = c.number(1), v = c.number(2), alpha = c.number(4);
    const double r = rho(c, c.number(3), alpha);
    if (one_sided(c))
        return std::vector{one_sided_normal_log_mixture(s, v, r),
                           one_sided_normal_bound(v, alpha, r)};
    return std::vector{two_sided_normal_log_mixture(s, v, r), two_sided_normal_bound(v, alpha, r)};
}

Answer gamma_exponential(const Case& c) {
    const double s = c.number(0), v = c.number(1), alpha = c.number(3), scale = c.number(4);
    const double r = one_sided_normal_rho(c.number(2), alpha);
    return std::vector{gamma_exponential_log_mixture(s, v, r, scale),
                       gamma_exponential_bound(v, alpha, r, scale)};
}

Answer beta_binomial(const Case& c) {
    const double s = c.number(1), v = c.number(2), g = c.number(5), h = c.number(6);
    const double r = rho(c, c.number(3), c.number(4));
    return std::vector{one_sided(c) ? one_sided_beta_binomial_log_mixture(s, v, r, g, h)
                                    : two_sided_beta_binomial_log_mixture(s, v, r, g, h)};
}

using cases::tell;  // beside those of this file
Answer tell(const Result<Estimate>& result) {
    TRY(result);
    return std::vector{result->value, result->variance};
}

Answer hedged(const Case& c) {
    HedgedSequence sequence(c.number(0), static_cast<size_t>(c.whole(1)));
    for (const double x : c.numbers(2)) sequence.update(x);
    return std::vector{sequence.bounds().lower, sequence.bounds().upper};
}

Answer group_sequential(const Case& c) {
    const auto spending = c.text(0) == "pocock"  ? Spending::pocock
                          : c.text(0) == "power" ? Spending::power
                                                 : Spending::obrien_fleming;
    const Sides sides = c.text(1) == "two" ? Sides::two : Sides::one;
    const auto fractions = c.numbers(3);
    TRY_ASSIGN(std::vector<double> out,
               group_sequential_bounds(fractions, {c.number(2), sides, spending}));
    TRY_ASSIGN(const double size, crossing_probability(fractions, out, sides, 0));
    out.push_back(size);
    return out;
}

Answer crossing(const Case& c) {
    return tell(crossing_probability(c.numbers(2), c.numbers(3),
                                     c.text(0) == "two" ? Sides::two : Sides::one, c.number(1)));
}

std::vector<int64_t> units(const Case& c, size_t i) { return c.wholes(i); }

Answer paired(const Case& c) {
    PairedEvidence evidence;
    for (const double won : c.numbers(0))
        evidence.update(won == 1 ? PairedEvidence::Winner::candidate
                                 : PairedEvidence::Winner::champion);
    return std::vector{evidence.e_value()};
}

Answer detector(const Case& c) {
    EDetector detector(c.number(1),
                       c.text(0) == "cusum" ? Detector::cusum : Detector::shiryaev_roberts);
    for (const double loss : c.numbers(2)) detector.update(loss);
    return std::vector{detector.value()};
}

// Rows until the first alarm at 1 / alpha, or how many there are.
Answer first_alarm(const Case& c) {
    EDetector detector(c.number(1),
                       c.text(0) == "cusum" ? Detector::cusum : Detector::shiryaev_roberts);
    const double threshold = 1 / c.number(2);
    for (const double loss : c.numbers(3)) {
        detector.update(loss);
        if (detector.value() >= threshold) break;
    }
    return std::vector{static_cast<double>(detector.count())};
}

// The largest e-value over time of units given as arm, failed and rho.
Answer unit_evidence(const Case& c) {
    UnitEvidence evidence;
    const auto arms = c.numbers(0), failed = c.numbers(1), rhos = c.numbers(2);
    double largest = 1;
    for (size_t i = 0; i < arms.size(); ++i) {
        evidence.update({arms[i] == 1, failed[i] == 1, rhos[i]}, Direction::worse);
        largest = std::max(largest, evidence.e_value());
    }
    return std::vector{evidence.e_value(), largest};
}

// Arms and rho of failures in their order: the last and the largest e-value.
Answer guardrail(const Case& c) {
    GuardrailEvidence evidence(c.number(0));
    const auto arms = c.numbers(1), rhos = c.numbers(2);
    double largest = 1;
    for (size_t i = 0; i < arms.size(); ++i) {
        evidence.failure(static_cast<GuardrailEvidence::Arm>(arms[i]), rhos[i]);
        largest = std::max(largest, evidence.e_value());
    }
    return std::vector{evidence.e_value(), largest};
}

Answer weighted_bets(const Case& c) {
    WeightedBets bets;
    const auto arms = c.numbers(0), ys = c.numbers(1), rhos = c.numbers(2);
    double largest = 1;
    for (size_t i = 0; i < arms.size(); ++i) {
        bets.update(static_cast<GuardrailEvidence::Arm>(arms[i]), ys[i], rhos[i]);
        largest = std::max(largest, bets.e_value());
    }
    return std::vector{bets.e_value(), largest};
}

Answer cuped_effect(const Case& c) {
    TRY_ASSIGN(const CupedEffect e, cuped(c.numbers(0), c.numbers(1), c.numbers(2), c.numbers(3)));
    return std::vector{e.difference.value, e.difference.variance, e.theta, e.correlation};
}

Answer relative_means(const Case& c) {
    TRY_ASSIGN(const Estimate candidate, mean_estimate(c.numbers(0)));
    TRY_ASSIGN(const Estimate champion, mean_estimate(c.numbers(1)));
    return tell(relative_difference(candidate, champion));
}

}  // namespace

void add_sequential(Table& table) {
    table["normal_mixture"] = normal_mixture;
    table["gamma_exponential"] = gamma_exponential;
    table["beta_binomial"] = beta_binomial;
    table["poly_stitching"] = [](const Case& c) -> Answer {
        return std::vector{poly_stitching_bound(c.number(0), c.number(1), c.number(2), c.number(3),
                                                c.number(4), c.number(5))};
    };
    table["bernoulli_sequence"] = [](const Case& c) -> Answer {
        const auto b = bernoulli_sequence(c.number(0), c.number(1), c.number(2), c.number(3));
        return std::vector{b.lower, b.upper};
    };
    table["empirical_band"] = [](const Case& c) -> Answer {
        return std::vector{empirical_band(c.number(0), c.number(1), c.number(2), c.number(3))};
    };
    table["quantile_band"] = [](const Case& c) -> Answer {
        return std::vector{quantile_band_count(c.number(0), c.number(1), c.number(2), c.number(3))};
    };
    table["quantile_ab"] = [](const Case& c) {
        return tell(quantile_ab_p_value(Sample(c.numbers(2)), Sample(c.numbers(3)), c.number(0),
                                        c.number(1)));
    };
    table["asymptotic_sequence"] = [](const Case& c) {
        return tell(
            asymptotic_sequence(c.number(0), c.number(1), c.number(2), {c.number(3), c.number(4)}));
    };
    table["asymptotic_p"] = [](const Case& c) {
        return tell(
            asymptotic_p_value(c.number(0), c.number(1), c.number(2), {c.number(3), c.number(4)}));
    };
    table["asymptotic_factor_one_sided"] = [](const Case& c) -> Answer {
        return std::vector{asymptotic_factor_one_sided(c.number(0), {c.number(1), c.number(2)})};
    };
    table["hedged"] = hedged;
    table["group_sequential"] = group_sequential;
    table["crossing"] = crossing;
    table["srm_p"] = [](const Case& c) { return tell(srm_p_value(units(c, 0), c.numbers(1))); };
    table["srm_log_e"] = [](const Case& c) {
        return tell(srm_log_e_value(units(c, 0), c.numbers(1)));
    };
    table["paired"] = paired;
    table["mcnemar"] = [](const Case& c) { return tell(mcnemar_p_value(c.whole(0), c.whole(1))); };
    table["e_detector"] = detector;
    table["first_alarm"] = first_alarm;
    table["unit_evidence"] = unit_evidence;
    table["guardrail"] = guardrail;
    table["weighted_bets"] = weighted_bets;
    table["ratio"] = [](const Case& c) { return tell(ratio_estimate(c.numbers(0), c.numbers(1))); };
    table["relative_means"] = relative_means;
    table["cuped"] = cuped_effect;
}

}  // namespace rondo::stats::cases
