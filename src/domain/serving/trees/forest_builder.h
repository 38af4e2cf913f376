// Makes a Forest of trees as a file has them, and is the only place that decides whether a file's
// arrays are trees at all: sizes that agree, children in range, every node reached at most once (so
// no cycles and nothing shared), features and categories in range. Takes memory in proportion to
// the arrays it is given, and time linear in them. Single-threaded.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "domain/serving/trees/forest.h"
#include "domain/serving/trees/model_file.h"

namespace rondo::serving::trees {

class ForestBuilder {
  public:
    ForestBuilder(size_t features, size_t groups) : features_(features), groups_(groups) {}

    // Appends a tree whose leaves count `weight` times. After an error (Code::invalid) the builder
    // is of no further use.
    Status add(const TreeArrays& tree, int32_t group, float weight);

    Forest finish() &&;

  private:
    // The set of categories of each node that splits by category; -1 for the others.
    Result<std::vector<int64_t>> add_categories(const TreeArrays& tree);
    Status add_nodes(const TreeArrays& tree, const std::vector<int64_t>& sets, float weight);

    size_t features_;
    size_t groups_;
    Forest forest_;
};

}  // namespace rondo::serving::trees
