// One feature compared: both verdicts, summary, picture and words.
#pragma once

#include "domain/drift/column_pair.h"
#include "domain/drift/methods.h"

namespace rondo::drift {

struct Options {
    std::vector<std::string> columns;  // empty: all that both files have
    const Method* method = nullptr;    // null: Evidently's rule of choice
    std::optional<double> threshold;   // of the method
    std::string by;                    // a column of the current file that makes windows
    double effect = kEffect, alpha = kAlpha;
    double drift_share = 0.5;  // of the columns, for Evidently's verdict on the whole
    size_t threads = 1;
    std::function<void(size_t)> progress = {};  // columns done since the last call
};

// What Evidently would take for this column. `data` is finite and sorted.
const Method& chosen_method(const ColumnPair& pair, const stats::evidently::Pair& data);

// Everything but name, type, adjusted p and verdict. Takes the sides over.
Feature compare_sides(const ColumnPair& pair, SideValues reference, SideValues current,
                      const Options& options);

// The sentence of a feature, once its verdict stands.
std::string sentence_of(const Feature& feature);
// "12.3 %"
std::string percent(double share);

}  // namespace rondo::drift
