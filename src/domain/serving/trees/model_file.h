// Reads the fields of an XGBoost model (model.json or model.ubj, versions 1.0 to 3.x) out of the
// document that both formats share. What comes out has the right types; whether it makes sense as
// trees is for ForestBuilder to find out. Errors are Code::invalid and name the field.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "domain/serving/trees/ubj.h"

namespace rondo::serving::trees {

// A few bytes of a file can ask for any number of outputs, and every answer would hold them.
inline constexpr size_t kMaxGroups = 1 << 16;

struct ModelHeader {
    std::string objective;
    std::string booster;  // "gbtree", "dart" or "gblinear"
    size_t features = 0;
    size_t groups = 1;               // margins a row: one a class or target
    std::vector<float> base_scores;  // one a group, as the user sees them
    std::vector<std::string> feature_names;
    std::vector<std::string> feature_types;
};

// The arrays of one tree, indexed by node; node 0 is the root. Nodes that pruning has cut off stay
// in the arrays, unreachable and with arbitrary content.
struct TreeArrays {
    std::vector<int32_t> left;  // -1 at a leaf
    std::vector<int32_t> right;
    std::vector<float> conditions;  // threshold of a split, value of a leaf
    std::vector<int32_t> features;
    std::vector<uint8_t> default_left;
    std::vector<uint8_t> categorical;  // empty in files of versions without categories
    // The categories of node category_nodes[i], which go right, are category_counts[i] elements
    // of `categories` from category_begins[i] on.
    std::vector<int32_t> categories;
    std::vector<int32_t> category_nodes;
    std::vector<int64_t> category_begins;
    std::vector<int64_t> category_counts;
};

struct TreeList {
    ubj::Value trees;             // a list
    std::vector<int32_t> groups;  // of each tree, which margin it adds to
    std::vector<float> weights;   // of each tree; 1 unless the booster is dart
};

Result<ModelHeader> read_header(const ubj::Value& root);
Result<TreeList> read_tree_list(const ubj::Value& root, const ModelHeader& header);
Result<TreeArrays> read_tree(const ubj::Value& tree);
// gblinear: (features + 1) x groups, row-major, the last row being the bias.
Result<std::vector<float>> read_linear_weights(const ubj::Value& root);

}  // namespace rondo::serving::trees
