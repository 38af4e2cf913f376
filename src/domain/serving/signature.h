// What a model takes and gives, read from its MLmodel file.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "domain/predictions/model.h"

namespace rondo::serving {

using predictions::ColumnType;
using predictions::Schema;

// The parts of an MLmodel file that serving needs.
struct ModelDescription {
    // Columns of the input; empty names ("0", "1", ...) for a tensor of numbers.
    Schema inputs;
    std::vector<bool> required;  // by column; an optional column may be missing or null
    bool has_signature = false;
    // Flavor "xgboost": the model's file and class; absent for other flavors.
    std::optional<std::string> xgboost_file;
    std::string xgboost_class;
    std::vector<std::string> flavors;
};

// Parses an MLmodel file (YAML with a JSON signature inside). A model without a signature, or with
// column types that have no place in a row of numbers and text, has has_signature = false.
Result<ModelDescription> parse_mlmodel(std::string_view text);

}  // namespace rondo::serving
