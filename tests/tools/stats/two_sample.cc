#include "cases.h"
#include "domain/stats/anderson_darling.h"
#include "domain/stats/cramer_von_mises.h"
#include "domain/stats/divergence.h"
#include "domain/stats/ecdf_distance.h"
#include "domain/stats/epps_singleton.h"
#include "domain/stats/evidently.h"
#include "domain/stats/frequency_tests.h"
#include "domain/stats/ks.h"
#include "domain/stats/mann_whitney.h"
#include "domain/stats/mean_tests.h"
#include "domain/stats/mmd.h"
#include "domain/stats/multiple_tests.h"

namespace rondo::stats::cases {
namespace {

Alternative alternative(const Case& c, size_t i) {
    if (c.text(i) == "less") return Alternative::less;
    return c.text(i) == "greater" ? Alternative::greater : Alternative::two_sided;
}

template <class Method>
Method method(const Case& c, size_t i) {
    if (c.text(i) == "exact") return Method::exact;
    return c.text(i) == "asymp" ? Method::asymptotic : Method::automatic;
}

FitStatistic fit(const Case& c, size_t i) {
    return c.text(i) == "g" ? FitStatistic::log_likelihood : FitStatistic::pearson;
}

// An answer's numbers.
using cases::tell;  // beside those of this file
template <class T>
    requires std::derived_from<T, TestResult>
Answer tell(const Result<T>& result) {
    TRY(result);
    std::vector<double> out{result->statistic, result->p_value};
    if constexpr (requires { result->degrees; }) out.push_back(result->degrees);
    return out;
}

template <Result<double> (*F)(const Sample&, const Sample&)>
Answer distance(const Case& c) {
    return tell(F(Sample(c.numbers(0)), Sample(c.numbers(1))));
}
template <Result<double> (*F)(Weights, Weights)>
Answer divergence(const Case& c) {
    return tell(F(c.numbers(0), c.numbers(1)));
}
template <Result<double> (*F)(std::span<const double>, std::span<const double>)>
Answer column(const Case& c) {
    return tell(F(c.numbers(0), c.numbers(1)));
}
template <Result<double> (*F)(std::span<const double>, std::span<const double>, evidently::Column)>
Answer typed_column(const Case& c) {
    const auto kind = c.text(0) == "category"  ? evidently::Column::category
                      : c.text(0) == "integer" ? evidently::Column::integer
                                               : evidently::Column::number;
    return tell(F(c.numbers(1), c.numbers(2), kind));
}

Answer anderson(const Case& c) {
    std::vector<Sample> samples;
    for (size_t i = 1; i < c.size(); ++i) samples.emplace_back(c.numbers(i));
    return tell(anderson_ksamp(
        samples, c.text(0) == "right" ? AndersonVariant::right : AndersonVariant::midrank));
}

Answer adjust(const Case& c) {
    const auto kind = c.text(0) == "bonferroni" ? Adjustment::bonferroni
                      : c.text(0) == "holm"     ? Adjustment::holm
                                                : Adjustment::benjamini_hochberg;
    return adjusted(c.numbers(1), kind);
}

}  // namespace

void add_two_sample(Table& table) {
    table["ks"] = [](const Case& c) {
        return tell(ks_2samp(Sample(c.numbers(2)), Sample(c.numbers(3)), alternative(c, 0),
                             method<KsMethod>(c, 1)));
    };
    table["cramer_von_mises"] = [](const Case& c) {
        return tell(cramer_von_mises_2samp(Sample(c.numbers(1)), Sample(c.numbers(2)),
                                           method<CvmMethod>(c, 0)));
    };
    table["mann_whitney"] = [](const Case& c) {
        return tell(mann_whitney_u(Sample(c.numbers(2)), Sample(c.numbers(3)), alternative(c, 0),
                                   method<MwuMethod>(c, 1)));
    };
    table["anderson"] = anderson;
    table["epps_singleton"] = [](const Case& c) {
        return tell(epps_singleton_2samp(c.numbers(0), c.numbers(1)));
    };
    table["t_test"] = [](const Case& c) {
        return tell(t_test(c.numbers(2), c.numbers(3),
                           c.text(0) == "equal" ? Variances::equal : Variances::unequal,
                           alternative(c, 1)));
    };
    table["paired_t_test"] = [](const Case& c) {
        return tell(paired_t_test(c.numbers(1), c.numbers(2), alternative(c, 0)));
    };
    table["goodness_of_fit"] = [](const Case& c) {
        return tell(goodness_of_fit(c.numbers(1), c.numbers(2), fit(c, 0)));
    };
    table["contingency"] = [](const Case& c) {
        return tell(contingency_test(c.numbers(3), static_cast<size_t>(c.whole(2)), fit(c, 0),
                                     c.text(1) == "yates" ? Continuity::yates : Continuity::none));
    };
    table["two_proportion_z"] = [](const Case& c) {
        return tell(two_proportion_z({c.number(1), c.number(2)}, {c.number(3), c.number(4)},
                                     alternative(c, 0)));
    };
    table["fisher_exact"] = [](const Case& c) {
        return tell(
            fisher_exact({c.whole(1), c.whole(2), c.whole(3), c.whole(4)}, alternative(c, 0)));
    };
    table["wasserstein"] = distance<wasserstein_distance>;
    table["energy"] = distance<energy_distance>;
    table["kl"] = divergence<kl_divergence>;
    table["jensen_shannon"] = divergence<jensen_shannon_distance>;
    table["psi"] = divergence<population_stability_index>;
    table["total_variation"] = divergence<total_variation_distance>;
    table["hellinger"] = divergence<hellinger_distance>;
    table["l_infinity"] = divergence<l_infinity_distance>;
    table["mmd"] = [](const Case& c) -> Answer {
        TRY_ASSIGN(const auto result, mmd_2samp(c.numbers(0), c.numbers(1), {.permutations = 1}));
        return std::vector{result.statistic, result.bandwidth};
    };
    table["mmd_p"] = [](const Case& c) -> Answer {
        TRY_ASSIGN(const auto result,
                   mmd_2samp(c.numbers(1), c.numbers(2),
                             {.permutations = static_cast<size_t>(c.whole(0)), .seed = 1}));
        return std::vector{result.p_value, result.share};
    };
    table["adjusted"] = adjust;
    table["evidently_psi"] = typed_column<evidently::psi>;
    table["evidently_kl_div"] = typed_column<evidently::kl_div>;
    table["evidently_jensenshannon"] = typed_column<evidently::jensenshannon>;
    table["evidently_hellinger"] = typed_column<evidently::hellinger>;
    table["evidently_wasserstein"] = column<evidently::wasserstein>;
    table["evidently_chisquare"] = column<evidently::chisquare>;
    table["evidently_z"] = column<evidently::z>;
    table["evidently_g_test"] = column<evidently::g_test>;
}

}  // namespace rondo::stats::cases
