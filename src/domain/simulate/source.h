// Where a played rollout gets its rows from: made by a regime, or recorded (recorded.h).
#pragma once

#include <span>
#include <vector>

#include "domain/simulate/traffic.h"

namespace rondo::simulate {

// A request with what each model's answer is worth. Both outcomes are known here, whoever answers.
struct Row {
    uint64_t unit = 0;
    double coin = 0;  // of the unit, in [0, 1): below a share it belongs to it
    double share_factor = 1;
    double champion_loss = 0, candidate_loss = 0;  // in [0, 1]
    bool champion_fails = false, candidate_fails = false;
    bool labelled = true;  // in time
};

class Source {
  public:
    virtual ~Source() = default;
    // The rows of a day in the order of evidence, valid until the next call. Days are asked for in
    // order, from 0.
    virtual std::span<const Row> day(int64_t day) = 0;
    // How many units there are when they come again; 0: each row is a unit of its own.
    virtual uint64_t units() const = 0;
};

// Rows by a regime, one run's worth. `traffic` outlives it and was checked.
class Synthetic : public Source {
  public:
    Synthetic(const Traffic& traffic, std::span<const double> unit_rates, Draw draw);
    std::span<const Row> day(int64_t day) override;
    uint64_t units() const override { return coins_.size(); }

  private:
    const Traffic& traffic_;
    std::span<const double> unit_rates_;  // of sticky units
    Draw draw_;
    Climate climate_;
    std::vector<double> coins_, rates_;  // of sticky units, by number
    std::vector<Row> rows_;
};

}  // namespace rondo::simulate
