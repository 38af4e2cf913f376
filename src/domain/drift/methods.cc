#include "domain/drift/methods.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "domain/drift/permutation.h"
#include "domain/stats/anderson_darling.h"
#include "domain/stats/cramer_von_mises.h"
#include "domain/stats/ecdf_distance.h"
#include "domain/stats/epps_singleton.h"
#include "domain/stats/frequency_tests.h"
#include "domain/stats/ks.h"
#include "domain/stats/mann_whitney.h"
#include "domain/stats/mean_tests.h"
#include "domain/stats/mmd.h"

namespace rondo::drift {
namespace {

namespace evidently = stats::evidently;

constexpr bool kYes = true, kNo = false;
constexpr std::array kMethods = {
    Method{"ks", kYes, kNo, kYes, 0.05, kYes},
    Method{"psi", kYes, kYes, kNo, 0.1, kYes},
    Method{"kl_div", kYes, kYes, kNo, 0.1, kYes},
    Method{"jensenshannon", kYes, kYes, kNo, 0.1, kYes},
    Method{"hellinger", kYes, kYes, kNo, 0.1, kYes},
    Method{"wasserstein", kYes, kNo, kNo, 0.1, kYes},
    Method{"anderson", kYes, kNo, kYes, 0.1, kNo},
    Method{"cramer_von_mises", kYes, kNo, kYes, 0.1, kYes},
    Method{"mannw", kYes, kNo, kYes, 0.05, kNo},
    Method{"es", kYes, kNo, kYes, 0.05, kNo},
    Method{"t_test", kYes, kNo, kYes, 0.05, kNo},
    Method{"chisquare", kNo, kYes, kYes, 0.05, kNo},
    Method{"z", kNo, kYes, kYes, 0.05, kNo},
    Method{"g_test", kNo, kYes, kYes, 0.1, kNo},
    Method{"TVD", kNo, kYes, kYes, 0.1, kNo},
    Method{"fisher_exact", kNo, kYes, kYes, 0.1, kNo},
    Method{"empirical_mmd", kYes, kNo, kYes, 0.1, kNo},
    Method{"ed", kYes, kNo, kNo, 0.1, kNo},
};

template <class Test>
Result<double> p_of(Test test) {
    TRY_ASSIGN(const auto result, std::move(test));
    return result.p_value;
}

// Evidently's 2 x 2 table wants as many rows on both sides.
Result<double> fisher(const evidently::Pair& data) {
    const size_t n = data.reference.size();
    if (n != data.current.size())
        return fail(Code::invalid, "fisher_exact needs as many values on both sides");
    std::vector<double> reference, current;
    stats::walk_distinct(data.reference.values(), data.current.values(),
                         [&](double, size_t r, size_t c) {
                             reference.push_back(static_cast<double>(r));
                             current.push_back(static_cast<double>(c));
                         });
    if (reference.size() > 2)
        return fail(Code::invalid, "fisher_exact needs two different values at most");
    reference.resize(2);
    current.resize(2);
    const auto whole = [](double v) { return static_cast<int64_t>(v); };
    return p_of(stats::fisher_exact(
        {whole(current[1]), whole(current[0]), whole(reference[1]), whole(reference[0])}));
}

Result<double> number_of(std::string_view name, const ScoreInput& in) {
    const stats::Sample& reference = in.data.reference;
    const stats::Sample& current = in.data.current;
    if (name == "ks") return p_of(stats::ks_2samp(reference, current));
    if (name == "psi") return evidently::psi(in.data, in.column);
    if (name == "kl_div") return evidently::kl_div(in.data, in.column);
    if (name == "jensenshannon") return evidently::jensenshannon(in.data, in.column);
    if (name == "hellinger") return evidently::hellinger(in.data, in.column);
    if (name == "wasserstein") return evidently::wasserstein(in.data);
    if (name == "anderson") return p_of(stats::anderson_ksamp(std::array{reference, current}));
    if (name == "cramer_von_mises") return p_of(stats::cramer_von_mises_2samp(reference, current));
    if (name == "mannw")  // one-sided, although its documentation says otherwise
        return p_of(stats::mann_whitney_u(reference, current, stats::Alternative::less));
    if (name == "es")
        return p_of(stats::epps_singleton_2samp(reference.values(), current.values()));
    if (name == "t_test")
        return p_of(stats::t_test(reference.values(), current.values(), stats::Variances::equal));
    if (name == "chisquare") return evidently::chisquare(in.data);
    if (name == "z") return evidently::z(in.data);
    if (name == "g_test") return evidently::g_test(in.data);
    if (name == "TVD") return total_variation_p(in.reference, in.current);
    if (name == "fisher_exact") return fisher(in.data);
    if (name == "empirical_mmd") {
        TRY_ASSIGN(const auto result, stats::mmd_2samp(in.reference, in.current));
        return result.share;
    }
    return stats::energy_distance(reference, current);
}

}  // namespace

std::span<const Method> methods() { return kMethods; }

const Method* find_method(std::string_view name) {
    const auto found = std::ranges::find(kMethods, name, &Method::name);
    return found == kMethods.end() ? nullptr : found;
}

bool needs_order(const Method& method) {
    return method.name == "TVD" || method.name == "empirical_mmd";
}

Result<Score> score_of(const Method& method, const ScoreInput& input,
                       std::optional<double> threshold) {
    TRY_ASSIGN(const double score, number_of(method.name, input));
    Score out{std::string(method.name), score, threshold.value_or(method.threshold),
              method.is_p_value};
    // Any comparison with a NaN is false, here as there.
    const bool beyond = method.is_p_value ? score < out.threshold : score > out.threshold;
    out.drifted = beyond || (method.at_threshold && score == out.threshold);
    return out;
}

}  // namespace rondo::drift
