#include "domain/stats/frequency_tests.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "domain/stats/distributions.h"
#include "domain/stats/mean_tests.h"

namespace rondo::stats {
namespace {

double distance(std::span<const double> observed, std::span<const double> expected,
                FitStatistic statistic) {
    double sum = 0;
    for (size_t i = 0; i < observed.size(); ++i) {
        const double o = observed[i], e = expected[i];
        if (statistic == FitStatistic::pearson)
            sum += (o - e) * (o - e) / e;
        else
            sum += o == 0 && e > 0 ? 0 : 2 * o * std::log(o / e);
    }
    return sum;
}

Status need_counts(std::span<const double> counts, std::string_view name) {
    for (size_t i = 0; i < counts.size(); ++i) {
        if (counts[i] < 0)
            return fail(Code::invalid, "a count is negative: " + std::to_string(counts[i]),
                        std::string(name) + "[" + std::to_string(i) + "]");
    }
    return ok();
}

// The sum of the hypergeometric probabilities from k away from the mode, in steps of +1 or -1.
double far_tail(double k, double step, double total, double marked, double drawn) {
    double p = hypergeometric_pmf(k, total, marked, drawn), sum = 0;
    while (p > 0 && p > sum * 1e-18) {
        sum += p;
        // The ratio of neighbours: P(k + 1) / P(k), or its inverse one lower.
        const double low = step > 0 ? k : k - 1;
        const double ratio =
            (marked - low) * (drawn - low) / ((low + 1) * (total - marked - drawn + low + 1));
        p = step > 0 ? p * ratio : p / ratio;
        k += step;
        if (k < std::max(0.0, drawn + marked - total) || k > std::min(marked, drawn)) break;
    }
    return sum;
}

// The same from any k: a sum that would pass the mode is taken as the complement of the other.
double tail_from(double k, double step, double total, double marked, double drawn) {
    const double mode = std::floor((drawn + 1) * (marked + 1) / (total + 2));
    if ((mode - k) * step <= 0) return far_tail(k, step, total, marked, drawn);
    return 1 - far_tail(k - step, -step, total, marked, drawn);
}

// The point on the far side of the mode where the probability has fallen to `limit` or below;
// `end + step` when there is none.
double falls_below(double mode, double end, double step, double limit, double total, double marked,
                   double drawn) {
    double inside = mode, outside = end + step;
    while (std::abs(outside - inside) > 1) {
        const double middle = std::floor((inside + outside) / 2);
        (hypergeometric_pmf(middle, total, marked, drawn) <= limit ? outside : inside) = middle;
    }
    return outside;
}

}  // namespace

Result<FrequencyResult> goodness_of_fit(std::span<const double> observed,
                                        std::span<const double> expected, FitStatistic statistic,
                                        int lost_degrees) {
    if (observed.size() != expected.size())
        return fail(Code::invalid, "observed and expected counts differ in number", "expected");
    if (observed.size() < 2) return fail(Code::invalid, "a fit needs 2 cells or more", "observed");
    TRY(need_counts(observed, "observed"));
    TRY(need_counts(expected, "expected"));
    double sum_observed = 0, sum_expected = 0;
    for (const double v : observed) sum_observed += v;
    for (const double v : expected) sum_expected += v;
    const double allowed = 1.4901161193847656e-8 * std::min(sum_observed, sum_expected);
    if (std::abs(sum_observed - sum_expected) > allowed)
        return fail(Code::invalid,
                    "the expected counts sum to " + std::to_string(sum_expected) +
                        " and the observed ones to " + std::to_string(sum_observed) +
                        "; scale the expected ones first",
                    "expected");
    FrequencyResult out;
    out.statistic = distance(observed, expected, statistic);
    out.degrees = static_cast<double>(observed.size()) - 1 - lost_degrees;
    out.p_value = chi_square_sf(out.statistic, out.degrees);
    return out;
}

Result<FrequencyResult> contingency_test(std::span<const double> table, size_t columns,
                                         FitStatistic statistic, Continuity continuity) {
    if (table.empty() || columns == 0 || table.size() % columns != 0)
        return fail(Code::invalid, "the table has no counts, or rows of unlike length", "table");
    TRY(need_counts(table, "table"));
    const size_t rows = table.size() / columns;
    std::vector<double> of_row(rows, 0.0), of_column(columns, 0.0);
    double total = 0;
    for (size_t i = 0; i < table.size(); ++i) {
        of_row[i / columns] += table[i];
        of_column[i % columns] += table[i];
        total += table[i];
    }
    std::vector<double> expected(table.size()), observed(table.begin(), table.end());
    for (size_t i = 0; i < table.size(); ++i) {
        expected[i] = of_row[i / columns] * of_column[i % columns] / total;
        if (!(expected[i] > 0))
            return fail(Code::invalid,
                        "row " + std::to_string(i / columns) + " or column " +
                            std::to_string(i % columns) + " has no counts; leave it out",
                        "table");
    }
    FrequencyResult out;
    out.degrees = static_cast<double>(rows - 1) * static_cast<double>(columns - 1);
    if (out.degrees == 0) {
        out.statistic = 0;
        out.p_value = 1;
        return out;
    }
    if (out.degrees == 1 && continuity == Continuity::yates) {
        for (size_t i = 0; i < observed.size(); ++i) {
            const double off = expected[i] - observed[i];
            observed[i] += std::copysign(std::min(0.5, std::abs(off)), off);
        }
    }
    out.statistic = distance(observed, expected, statistic);
    out.p_value = chi_square_sf(out.statistic, out.degrees);
    return out;
}

Result<TestResult> two_proportion_z(Proportion x, Proportion y, Alternative alternative) {
    for (const Proportion& p : {x, y}) {
        if (!(p.trials > 0) || !(p.successes >= 0) || !(p.successes <= p.trials))
            return fail(Code::invalid,
                        "a proportion needs trials, and successes between 0 and their number",
                        "successes");
    }
    const double pooled = (x.successes + y.successes) / (x.trials + y.trials);
    const double error = std::sqrt(pooled * (1 - pooled) * (1 / x.trials + 1 / y.trials));
    TestResult out;
    out.statistic = (x.successes / x.trials - y.successes / y.trials) / error;
    out.p_value = tail_of(normal_cdf(out.statistic), normal_sf(out.statistic), alternative);
    return out;
}

Result<TestResult> fisher_exact(const Table2x2& table, Alternative alternative) {
    if (table.a < 0 || table.b < 0 || table.c < 0 || table.d < 0)
        return fail(Code::invalid, "a count is negative", "table");
    const auto a = static_cast<double>(table.a), b = static_cast<double>(table.b);
    const auto c = static_cast<double>(table.c), d = static_cast<double>(table.d);
    const double total = a + b + c + d, marked = a + b, drawn = a + c;
    if (total > 9007199254740992.0)
        return fail(Code::too_large, "the counts sum to more than 2^53", "table");
    TestResult out;
    if (marked == 0 || drawn == 0 || c + d == 0 || b + d == 0) {
        out.p_value = 1;
        return out;
    }
    out.statistic = b > 0 && c > 0 ? a * d / (b * c) : std::numeric_limits<double>::infinity();
    const double lowest = std::max(0.0, drawn + marked - total);
    const double highest = std::min(marked, drawn);
    if (alternative != Alternative::two_sided) {
        const double step = alternative == Alternative::less ? -1 : 1;
        out.p_value = std::min(1.0, tail_from(a, step, total, marked, drawn));
        return out;
    }
    const double here = hypergeometric_pmf(a, total, marked, drawn);
    const double limit = here * (1 + 1e-7);
    const double mode = std::floor((drawn + 1) * (marked + 1) / (total + 2));
    if (hypergeometric_pmf(mode, total, marked, drawn) <= limit) {
        out.p_value = 1;
        return out;
    }
    const double side = a < mode ? -1 : 1;
    double p = tail_from(a, side, total, marked, drawn);
    const double end = side < 0 ? highest : lowest;
    const double other = falls_below(mode, end, -side, limit, total, marked, drawn);
    if (other >= lowest && other <= highest) p += tail_from(other, -side, total, marked, drawn);
    out.p_value = std::min(1.0, p);
    return out;
}

}  // namespace rondo::stats
