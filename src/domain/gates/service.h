// The gate.
#pragma once

#include <span>

#include "domain/gates/rows.h"

namespace rondo::gates {

// Answers of a model version to rows of a table: one number a row, NaN where it has none. Wired in
// by app, which has the engines.
class Scorer {
  public:
    virtual ~Scorer() = default;
    virtual Result<std::vector<double>> score(int32_t version, const data::Table& table,
                                              std::span<const size_t> rows) = 0;
};

Status check(const GateSpec& spec, const DataColumns& columns);

// The forward hold-out of some tables: its first day, or an error when there are too few days.
struct Holdout {
    Day from{}, to{};
    // Training rows have to lie before this: a label delay before the hold-out.
    Time train_until{};
};
Result<Holdout> holdout_of(std::span<const LabelledTable> tables, const GateSpec& spec,
                           Micros label_delay);

struct GateInput {
    GateSpec spec;
    DataColumns columns;
    std::string dataset;
    int64_t data_version = 0;
    Micros label_delay{};
    ModelFacts candidate;
    std::optional<ModelFacts> champion;
};

// Computes the verdict. Errors are those of reading and scoring; a candidate that is not good
// enough is a verdict.
Result<GateVerdict> evaluate(const GateInput& input, blob::Store& blobs,
                             const std::vector<data::Entry>& entries, Scorer& scorer);

}  // namespace rondo::gates
