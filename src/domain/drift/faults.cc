// What is wrong with the data of a feature, apart from drift.
#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "domain/drift/compare.h"
#include "domain/stats/frequency_tests.h"

namespace rondo::drift {
namespace {

constexpr double kMatters = 0.01;         // of the rows
constexpr double kSure = 0.001;           // chance of a change of missing values by itself
constexpr double kExtremesByChance = 10;  // times what new extremes are expected

double share(int64_t part, int64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

bool changed(int64_t before, int64_t rows_before, int64_t now, int64_t rows_now) {
    const auto test =
        stats::two_proportion_z({static_cast<double>(before), static_cast<double>(rows_before)},
                                {static_cast<double>(now), static_cast<double>(rows_now)});
    return test && test->p_value < kSure;
}

void find_missing(const Feature& f, std::vector<Finding>& out) {
    const double before = share(f.reference.missing, f.reference.rows);
    const double now = share(f.current.missing, f.current.rows);
    if (f.current.missing == f.current.rows && f.current.rows > 0) {
        const bool broke = f.reference.missing < f.reference.rows;
        out.push_back({broke ? Severity::error : Severity::note, "empty_column", f.name,
                       broke ? "It has no value any more; the reference had " +
                                   percent(1 - before) + " of them."
                             : "It has no value in either file."});
    } else if (f.reference.missing == f.reference.rows && f.reference.rows > 0) {
        out.push_back({Severity::warning, "empty_column", f.name,
                       "It has no value in the reference, so nothing can be compared with it."});
    } else if (std::abs(now - before) >= kMatters &&
               changed(f.reference.missing, f.reference.rows, f.current.missing, f.current.rows)) {
        out.push_back({Severity::warning, "missing_share", f.name,
                       std::string("Missing values ") + (now > before ? "rose" : "fell") +
                           " from " + percent(before) + " to " + percent(now) + "."});
    }
}

}  // namespace

void find_faults(const Feature& f, std::vector<Finding>& out) {
    find_missing(f, out);
    if (f.current.infinite > 0 || f.reference.infinite > 0)
        out.push_back(
            {f.current.infinite > f.reference.infinite ? Severity::warning : Severity::note,
             "infinite", f.name,
             "Infinite values are left out of all scores: " + grouped(f.reference.infinite) +
                 " in the reference, " + grouped(f.current.infinite) + " now."});
    // One value: of all that are there.
    const bool was = f.reference.distinct == 1, is = f.current.distinct == 1;
    if (is)
        out.push_back(
            {was ? Severity::note : Severity::warning, "constant", f.name,
             was ? "It has one value only in both files." : "It has one value only now."});
    if (f.unseen_share && *f.unseen_share > 0 && f.kind != Kind::text)
        out.push_back({*f.unseen_share >= kMatters ? Severity::warning : Severity::note, "unseen",
                       f.name,
                       percent(*f.unseen_share) +
                           " of its values are categories that the reference never had."});
    // Of m values, two new extremes in m + 1 are what chance makes.
    const double values = static_cast<double>(f.reference.rows - f.reference.missing) + 1;
    if (f.out_of_range_share &&
        *f.out_of_range_share >= std::max(kMatters, 2 * kExtremesByChance / values))
        out.push_back({Severity::warning, "out_of_range", f.name,
                       percent(*f.out_of_range_share) + " of its values lie outside " +
                           shown(*f.reference.min) + " to " + shown(*f.reference.max) +
                           ", the reference's range."});
}

}  // namespace rondo::drift
