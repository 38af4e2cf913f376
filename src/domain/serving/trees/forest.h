// Trees laid out for speed: what a model answers is computed here and nowhere else. A Forest is
// immutable; any number of threads may use it at once. ForestBuilder makes it.
//
// A step from node to node has no branch, so that a misprediction costs nothing and the processor
// overlaps the walks down several trees or rows. Children lie side by side; a leaf is its own
// child, so that every walk down a tree may take as many steps as the tree is deep.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "domain/serving/trees/category_sets.h"

namespace rondo::serving::trees {

// Which feature a split asks for is kept in 30 bits.
inline constexpr size_t kMaxFeatures = size_t{1} << 30;

struct Node {
    // Splits of numbers: x >= threshold goes right. NaN at leaves and splits by category.
    float threshold;
    uint32_t feature_and_flags;
    uint32_t child;  // the left one, with the right one behind it; a leaf's own index
    uint32_t data;   // a leaf's value as bits, or a split's category set

    static constexpr uint32_t kMissingGoesRight = 1U << 31;
    static constexpr uint32_t kByCategory = 1U << 30;

    uint32_t feature() const { return feature_and_flags & (kByCategory - 1); }
    // 0 or 1, for arithmetic without branches.
    uint32_t missing_goes_right() const { return feature_and_flags >> 31; }
    uint32_t is_by_category() const { return feature_and_flags >> 30 & 1; }
};
static_assert(sizeof(Node) == 16);

struct Tree {
    uint32_t root;
    uint32_t depth;  // steps to the deepest leaf
    uint32_t group;  // which of a row's sums it adds to
};

class Forest {
  public:
    // rows: n x features, row-major, NaN where a value is missing; sums: n x groups. Adds to each
    // sum the leaves that the row reaches in the trees of that group, tree by tree in the model's
    // order: float addition is not associative, and the answers are XGBoost's to the last bit.
    void add_to(std::span<float> sums, std::span<const float> rows, size_t features,
                size_t groups) const;

    size_t trees() const { return trees_.size(); }
    size_t bytes() const;

  private:
    friend class ForestBuilder;
    template <bool kHasCategories>
    void add_to_all(std::span<float> sums, std::span<const float> rows, size_t features,
                    size_t groups) const;

    std::vector<Node> nodes_;
    std::vector<Tree> trees_;
    CategorySets categories_;
    bool has_categories_ = false;
};

}  // namespace rondo::serving::trees
