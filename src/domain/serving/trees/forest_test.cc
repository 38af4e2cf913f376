#include "domain/serving/trees/forest.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "domain/serving/trees/forest_builder.h"

namespace rondo::serving::trees {
namespace {

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// x[feature] < 1 ? 10 : 20
TreeArrays stump(int32_t feature = 0) {
    return {.left = {1, -1, -1},
            .right = {2, -1, -1},
            .conditions = {1, 10, 20},
            .features = {feature, 0, 0},
            .default_left = {1, 0, 0},
            .categorical = {0, 0, 0}};
}

// Members of the set go right.
TreeArrays category_stump(std::vector<int32_t> members) {
    TreeArrays tree = stump();
    tree.categorical = {1, 0, 0};
    tree.category_nodes = {0};
    tree.category_begins = {0};
    tree.category_counts = {static_cast<int64_t>(members.size())};
    tree.categories = std::move(members);
    return tree;
}

Forest forest_of(const std::vector<TreeArrays>& trees, size_t features = 1) {
    ForestBuilder builder(features, 1);
    for (const TreeArrays& tree : trees) REQUIRE(builder.add(tree, 0, 1));
    return std::move(builder).finish();
}

float answer(const Forest& forest, const std::vector<float>& row) {
    std::vector<float> sum(1);
    forest.add_to(sum, row, row.size(), 1);
    return sum[0];
}

std::string refusal(const TreeArrays& tree, int32_t group = 0) {
    ForestBuilder builder(1, 1);
    const auto added = builder.add(tree, group, 1);
    REQUIRE_FALSE(added);
    CHECK(added.error().code == Code::invalid);
    return added.error().message;
}

TEST_CASE("forest: splits by number") {
    const Forest forest = forest_of({stump()});
    CHECK(answer(forest, {0.5F}) == 10);
    CHECK(answer(forest, {1}) == 20);
    CHECK(answer(forest, {-kInfinity}) == 10);
    CHECK(answer(forest, {kInfinity}) == 20);
    CHECK(answer(forest, {kMissing}) == 10);
    CHECK(forest.trees() == 1);
    CHECK(forest.bytes() >= 3 * sizeof(Node));

    TreeArrays missing_right = stump();
    missing_right.default_left[0] = 0;
    CHECK(answer(forest_of({missing_right}), {kMissing}) == 20);
}

TEST_CASE("forest: a threshold of NaN sends every number right") {
    for (const bool default_left : {false, true}) {
        TreeArrays tree = stump();
        tree.conditions[0] = kMissing;
        tree.default_left[0] = default_left ? 1 : 0;
        const Forest forest = forest_of({tree});
        CHECK(answer(forest, {0}) == 20);
        CHECK(answer(forest, {-kInfinity}) == 20);
        CHECK(answer(forest, {kMissing}) == (default_left ? 10 : 20));
    }
}

TEST_CASE("forest: splits by category") {
    // Dense sets are bits, sparse ones lists; the answers are the same.
    for (const int32_t far : {40, 100'000, (1 << 24) - 1}) {
        const Forest forest = forest_of({category_stump({3, 0, far})});
        CAPTURE(far);
        CHECK(answer(forest, {0}) == 20);
        CHECK(answer(forest, {-0.0F}) == 20);
        CHECK(answer(forest, {3}) == 20);
        CHECK(answer(forest, {3.9F}) == 20);
        CHECK(answer(forest, {static_cast<float>(far)}) == 20);
        for (const float other : {1.0F, 4.0F, 35.0F, 41.0F, 99'999.0F, 1e6F, 16777216.0F, 3e9F,
                                  1e30F, kInfinity, -0.5F, -1.0F, -kInfinity}) {
            CAPTURE(other);
            CHECK(answer(forest, {other}) == 10);
        }
        CHECK(answer(forest, {kMissing}) == 10);
    }
    CHECK(answer(forest_of({category_stump({})}), {0}) == 10);
    TreeArrays missing_right = category_stump({1});
    missing_right.default_left[0] = 0;
    CHECK(answer(forest_of({missing_right}), {kMissing}) == 20);
}

TEST_CASE("forest: sparse categories take no more memory than their number") {
    ForestBuilder builder(1, 1);
    for (int i = 0; i < 1000; ++i) REQUIRE(builder.add(category_stump({(1 << 24) - 1}), 0, 1));
    CHECK(std::move(builder).finish().bytes() < 200'000);
}

TEST_CASE("forest: weights scale leaves, groups have their own sums") {
    ForestBuilder builder(1, 3);
    REQUIRE(builder.add(stump(), 2, 0.5F));
    REQUIRE(builder.add(stump(), 0, 1));
    const Forest forest = std::move(builder).finish();
    std::vector<float> sums{1, 2, 3};
    forest.add_to(sums, std::vector<float>{0}, 1, 3);
    CHECK(sums == std::vector<float>{11, 2, 8});
}

TEST_CASE("forest: nodes that pruning has cut off do not matter") {
    TreeArrays tree = stump();
    tree.left.push_back(77);
    tree.right.push_back(-5);
    tree.conditions.push_back(0);
    tree.features.push_back(std::numeric_limits<int32_t>::max());
    tree.default_left.push_back(1);
    tree.categorical.push_back(1);
    CHECK(answer(forest_of({tree}), {0}) == 10);
    TreeArrays collapsed = category_stump({1});
    collapsed.left[0] = -1;
    CHECK(answer(forest_of({collapsed}), {1}) == 1);
}

TEST_CASE("forest: trees without categories may say nothing of them") {
    TreeArrays tree = stump();
    tree.categorical.clear();
    CHECK(answer(forest_of({tree}), {5}) == 20);
}

// The plain way down a tree, as XGBoost's documentation tells it.
float reference(const TreeArrays& tree, const float* row) {
    size_t node = 0;
    while (tree.left[node] != -1) {
        const float x = row[tree.features[node]];
        bool left = x < tree.conditions[node];
        if (std::isnan(x)) {
            left = tree.default_left[node] != 0;
        } else if (tree.categorical[node] != 0) {
            const auto at = std::ranges::find(tree.category_nodes, static_cast<int32_t>(node)) -
                            tree.category_nodes.begin();
            const auto begin = tree.categories.begin() + tree.category_begins[at];
            left = std::find(begin, begin + tree.category_counts[at], static_cast<int32_t>(x)) ==
                   begin + tree.category_counts[at];
        }
        node = static_cast<size_t>(left ? tree.left[node] : tree.right[node]);
    }
    return tree.conditions[node];
}

// Grown by splitting random leaves; with `deep` always one of the last two.
TreeArrays random_tree(std::mt19937& random, int splits, int features, bool deep) {
    TreeArrays tree;
    const auto below = [&](size_t n) {
        return std::uniform_int_distribution<size_t>(0, n - 1)(random);
    };
    const auto add_node = [&] {
        tree.left.push_back(-1);
        tree.right.push_back(-1);
        tree.conditions.push_back(std::normal_distribution<float>()(random));
        tree.features.push_back(0);
        tree.default_left.push_back(static_cast<uint8_t>(below(2)));
        tree.categorical.push_back(0);
        return tree.left.size() - 1;
    };
    std::vector<size_t> leaves{add_node()};
    for (int i = 0; i < splits; ++i) {
        const size_t at = deep ? leaves.size() - 1 - below(std::min<size_t>(2, leaves.size()))
                               : below(leaves.size());
        const size_t node = leaves[at];
        leaves.erase(leaves.begin() + static_cast<std::ptrdiff_t>(at));
        tree.features[node] = static_cast<int32_t>(below(features));
        tree.categorical[node] = tree.features[node] == 0;
        // Children in either order, and not always side by side.
        const size_t first = add_node(), second = add_node();
        leaves.insert(leaves.end(), {first, second});
        tree.left[node] = static_cast<int32_t>(below(2) == 0 ? first : second);
        tree.right[node] = static_cast<int32_t>(first + second) - tree.left[node];
    }
    for (size_t node = 0; node < tree.left.size(); ++node) {
        if (tree.categorical[node] == 0) continue;
        tree.category_nodes.push_back(static_cast<int32_t>(node));
        tree.category_begins.push_back(static_cast<int64_t>(tree.categories.size()));
        tree.category_counts.push_back(static_cast<int64_t>(below(4)));
        for (int64_t i = 0; i < tree.category_counts.back(); ++i)
            tree.categories.push_back(static_cast<int32_t>(below(6)));
    }
    return tree;
}

TEST_CASE("forest: any number of trees and rows gives what a plain walk gives") {
    std::mt19937 random(7);
    constexpr int kFeatures = 5;
    for (const size_t count : {1, 3, 8, 21}) {
        std::vector<TreeArrays> trees;
        trees.reserve(count);
        for (size_t i = 0; i < count; ++i)
            trees.push_back(random_tree(random, i == 2 ? 0 : 60, kFeatures, i % 2 == 0));
        const Forest forest = forest_of(trees, kFeatures);
        for (const size_t rows : {0, 1, 7, 8, 13, 64}) {
            std::vector<float> values(rows * kFeatures);
            std::uniform_real_distribution<float> uniform(-2, 6);
            for (float& value : values) value = random() % 8 == 0 ? kMissing : uniform(random);
            for (size_t row = 0; row < rows; ++row)
                values[row * kFeatures] = static_cast<float>(random() % 6);
            std::vector<float> sums(rows, 0.5F), expected(rows, 0.5F);
            forest.add_to(sums, values, kFeatures, 1);
            for (size_t row = 0; row < rows; ++row) {
                for (const TreeArrays& tree : trees)
                    expected[row] += reference(tree, &values[row * kFeatures]);
            }
            CHECK(sums == expected);
        }
    }
}

TEST_CASE("forest builder: arrays that disagree") {
    CHECK(refusal({}) == "the tree has no nodes");
    const auto with = [](auto change) {
        TreeArrays tree = category_stump({1});
        change(tree);
        return refusal(tree);
    };
    const std::string nodes = "the arrays of its nodes differ in size";
    CHECK(with([](auto& t) { t.right.pop_back(); }) == nodes);
    CHECK(with([](auto& t) { t.conditions.push_back(0); }) == nodes);
    CHECK(with([](auto& t) { t.features.pop_back(); }) == nodes);
    CHECK(with([](auto& t) { t.default_left.pop_back(); }) == nodes);
    CHECK(with([](auto& t) { t.categorical.pop_back(); }) == nodes);
    const std::string categories = "the arrays of its categories differ in size";
    CHECK(with([](auto& t) { t.category_begins.pop_back(); }) == categories);
    CHECK(with([](auto& t) { t.category_counts.push_back(0); }) == categories);
}

TEST_CASE("forest builder: nodes that are no tree") {
    const auto with_children = [](int32_t left, int32_t right) {
        TreeArrays tree = stump();
        tree.left[0] = left;
        tree.right[0] = right;
        return refusal(tree);
    };
    const std::string child = "a child of node 0 does not exist or has another parent";
    CHECK(with_children(1, 1) == child);
    CHECK(with_children(0, 1) == child);
    CHECK(with_children(1, 0) == child);
    CHECK(with_children(1, 3) == child);
    CHECK(with_children(1, -1) == child);
    CHECK(with_children(-2, 1) == child);
    TreeArrays cycle = stump();
    cycle.left[1] = 2;
    cycle.right[1] = 0;
    CHECK(refusal(cycle) == "a child of node 1 does not exist or has another parent");
}

TEST_CASE("forest builder: features, groups and categories out of range") {
    CHECK(refusal(stump(1)) == "node 0 splits by a feature that does not exist");
    CHECK(refusal(stump(-1)) == "node 0 splits by a feature that does not exist");
    CHECK(refusal(stump(), 1) == "it belongs to a class or target that does not exist");
    CHECK(refusal(stump(), -1) == "it belongs to a class or target that does not exist");
    CHECK(refusal(category_stump({-1})) == "category -1 is out of range");
    CHECK(refusal(category_stump({1 << 24})) == "category 16777216 is out of range");
    const auto with = [](auto change) {
        TreeArrays tree = category_stump({1, 2});
        change(tree);
        return refusal(tree);
    };
    const std::string range = "the categories of node 0 are out of range";
    CHECK(with([](auto& t) { t.category_begins[0] = 1; }) == range);
    CHECK(with([](auto& t) { t.category_begins[0] = -1; }) == range);
    CHECK(with([](auto& t) { t.category_counts[0] = 3; }) == range);
    CHECK(with([](auto& t) { t.category_counts[0] = -1; }) == range);
    CHECK(with([](auto& t) { t.category_counts[0] = std::numeric_limits<int64_t>::max(); }) ==
          range);
    CHECK(with([](auto& t) { t.category_counts[0] = 1; }) ==
          "there are categories that belong to no node");
    CHECK(with([](auto& t) { t.category_nodes[0] = 3; }) ==
          "categories are given for a node that does not exist");
    CHECK(with([](auto& t) { t.category_nodes[0] = 1; }) ==
          "node 0 splits by categories and has none");
}

}  // namespace
}  // namespace rondo::serving::trees
