#include "domain/simulate/rivals.h"

#include <cmath>

#include "domain/stats/distributions.h"
#include "domain/stats/sequential/asymptotic_sequence.h"
#include "domain/stats/sequential/group_sequential.h"

namespace rondo::simulate {

Result<RivalPlan> rival_plan(double alpha, double rows) {
    RivalPlan plan;
    plan.alpha = alpha;
    plan.fixed_rows = rows;
    plan.planned_rows = rows;
    plan.critical = stats::normal_ppf(1 - alpha);
    std::vector<double> fractions;
    for (int i = 1; i <= kPlannedLooks; ++i)
        fractions.push_back(static_cast<double>(i) / kPlannedLooks);
    TRY_ASSIGN(plan.bounds,
               stats::group_sequential_bounds(fractions, {.alpha = alpha,
                                                          .sides = stats::Sides::one,
                                                          .spending = stats::Spending::power}));
    return plan;
}

void Rivals::look(double rows, double effect, double error) {
    const auto reject = [rows](double& at) {
        if (at == 0) at = rows;
    };
    const double z = error > 0 ? effect / error : 0;
    if (z >= plan_.critical) reject(decided_.naive);
    if (rows >= plan_.fixed_rows && !fixed_taken_) {
        fixed_taken_ = true;
        if (z >= plan_.critical) reject(decided_.fixed);
    }
    while (looks_ < kPlannedLooks && rows >= plan_.planned_rows * (looks_ + 1) / kPlannedLooks) {
        if (z >= plan_.bounds[static_cast<size_t>(looks_)]) reject(decided_.group_sequential);
        ++looks_;
    }
    if (decided_.asymptotic == 0 && z > 0 &&
        z >= stats::asymptotic_factor_one_sided(rows, {.alpha = plan_.alpha}))
        reject(decided_.asymptotic);
}

}  // namespace rondo::simulate
