#include "domain/serving/trees/forest.h"

#include <algorithm>
#include <array>
#include <bit>

namespace rondo::serving::trees {
namespace {

// Walks at once: enough to hide what loading a node takes, few enough to stay in registers.
constexpr size_t kLanes = 8;
// Every so many steps a walk looks whether all lanes have arrived: trees that were grown leaf by
// leaf are much deeper than most of their leaves.
constexpr uint32_t kStepsBetweenLooks = 16;

// Everything a walk reads.
struct ForestView {
    const Node* nodes;
    const CategorySets* categories;
};

template <bool kHasCategories>
uint32_t step(const ForestView& forest, uint32_t at, const float* row) {
    const Node& node = forest.nodes[at];
    const float value = row[node.feature()];
    const auto is_missing = static_cast<uint32_t>(value != value);
    uint32_t goes_right =
        static_cast<uint32_t>(value >= node.threshold) | (is_missing & node.missing_goes_right());
    if constexpr (kHasCategories) {
        const uint32_t set = node.data & -node.is_by_category();  // or the empty one
        goes_right |= static_cast<uint32_t>(forest.categories->contains(set, value));
    }
    return node.child + goes_right;
}

using Places = std::array<uint32_t, kLanes>;

bool all_arrived(const ForestView& forest, const Places& at) {
    return std::ranges::all_of(at, [&](uint32_t i) { return forest.nodes[i].child == i; });
}

template <bool kHasCategories, class RowOf>
void walk(const ForestView& forest, Places& at, const RowOf row_of, uint32_t depth) {
    for (uint32_t done = 0; done < depth;) {
        const uint32_t pause = std::min(depth, done + kStepsBetweenLooks);
        for (; done < pause; ++done) {
            for (size_t lane = 0; lane < kLanes; ++lane)
                at[lane] = step<kHasCategories>(forest, at[lane], row_of(lane));
        }
        if (done < depth && all_arrived(forest, at)) return;
    }
}

float leaf_value(const ForestView& forest, uint32_t at) {
    return std::bit_cast<float>(forest.nodes[at].data);
}

// One row through all trees, kLanes trees at once. Lanes that the last trees leave free walk for
// nothing, beside the first of them.
template <bool kHasCategories>
void add_row(const ForestView& forest, std::span<const Tree> trees, const float* row, float* sums) {
    for (size_t first = 0; first < trees.size(); first += kLanes) {
        const auto taken = trees.subspan(first, std::min(kLanes, trees.size() - first));
        Places at;
        at.fill(taken[0].root);
        uint32_t depth = 0;
        for (size_t lane = 0; lane < taken.size(); ++lane) {
            at[lane] = taken[lane].root;
            depth = std::max(depth, taken[lane].depth);
        }
        walk<kHasCategories>(forest, at, [row](size_t) { return row; }, depth);
        for (size_t lane = 0; lane < taken.size(); ++lane)
            sums[taken[lane].group] += leaf_value(forest, at[lane]);
    }
}

// Whole groups of kLanes rows, each group at once, tree by tree: a tree that has been loaded serves
// all rows.
template <bool kHasCategories>
void add_groups_of_rows(const ForestView& forest, std::span<const Tree> trees,
                        std::span<const float> rows, size_t features, std::span<float> sums,
                        size_t groups) {
    for (const Tree& tree : trees) {
        for (size_t row = 0; row < rows.size() / features; row += kLanes) {
            std::array<const float*, kLanes> lanes;
            for (size_t lane = 0; lane < kLanes; ++lane)
                lanes[lane] = &rows[(row + lane) * features];
            Places at;
            at.fill(tree.root);
            walk<kHasCategories>(forest, at, [&](size_t lane) { return lanes[lane]; }, tree.depth);
            for (size_t lane = 0; lane < kLanes; ++lane)
                sums[(row + lane) * groups + tree.group] += leaf_value(forest, at[lane]);
        }
    }
}

}  // namespace

template <bool kHasCategories>
void Forest::add_to_all(std::span<float> sums, std::span<const float> rows, size_t features,
                        size_t groups) const {
    const ForestView forest{nodes_.data(), &categories_};
    const size_t count = rows.size() / features;
    const size_t in_groups = count - count % kLanes;
    if (in_groups > 0)
        add_groups_of_rows<kHasCategories>(forest, trees_, rows.first(in_groups * features),
                                           features, sums, groups);
    for (size_t row = in_groups; row < count; ++row)
        add_row<kHasCategories>(forest, trees_, &rows[row * features], &sums[row * groups]);
}

void Forest::add_to(std::span<float> sums, std::span<const float> rows, size_t features,
                    size_t groups) const {
    if (has_categories_) {
        add_to_all<true>(sums, rows, features, groups);
    } else {
        add_to_all<false>(sums, rows, features, groups);
    }
}

size_t Forest::bytes() const {
    return nodes_.capacity() * sizeof(Node) + trees_.capacity() * sizeof(Tree) +
           categories_.bytes();
}

}  // namespace rondo::serving::trees
