// The rules that rollouts are decided by elsewhere, on counts: for comparison only.
#pragma once

#include <vector>

#include "base/result.h"

namespace rondo::simulate {

inline constexpr int kPlannedLooks = 14;

// What all rules of one study share.
struct RivalPlan {
    double alpha = 0.05;            // one-sided
    double fixed_rows = 100'000;    // of all arms, at which the fixed test looks
    double planned_rows = 100'000;  // at the last planned look
    double critical = 1.645;        // of z
    std::vector<double> bounds;     // of z at each planned look, alpha t^2 spent
};
Result<RivalPlan> rival_plan(double alpha, double rows);

// Rows at which each first rejected; 0: never.
struct RivalsDecided {
    double naive = 0;             // z at each look, as if it were the only one
    double fixed = 0;             // z once, at the horizon
    double group_sequential = 0;  // z at 14 planned looks
    double asymptotic = 0;        // asymptotic confidence sequence, tightest at 5,000 rows
};

class Rivals {
  public:
    explicit Rivals(const RivalPlan& plan) : plan_(plan) {}
    // `effect` with its standard error after `rows` rows; error 0: nothing is known yet.
    void look(double rows, double effect, double error);
    const RivalsDecided& decided() const { return decided_; }

  private:
    const RivalPlan& plan_;
    int looks_ = 0;  // planned ones that were taken
    bool fixed_taken_ = false;
    RivalsDecided decided_;
};

}  // namespace rondo::simulate
