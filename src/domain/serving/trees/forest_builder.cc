#include "domain/serving/trees/forest_builder.h"

#include <bit>
#include <limits>
#include <string>
#include <utility>

namespace rondo::serving::trees {
namespace {

constexpr float kNotANumber = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr size_t kMaxNodes = std::numeric_limits<uint32_t>::max();
constexpr int64_t kNoSet = -1;

std::unexpected<Error> wrong(std::string message) {
    return fail(Code::invalid, std::move(message));
}

std::string node_name(size_t node) { return "node " + std::to_string(node); }

Status check_sizes(const TreeArrays& tree) {
    const size_t nodes = tree.left.size();
    if (nodes == 0) return wrong("the tree has no nodes");
    const bool agree = tree.right.size() == nodes && tree.conditions.size() == nodes &&
                       tree.features.size() == nodes && tree.default_left.size() == nodes &&
                       (tree.categorical.empty() || tree.categorical.size() == nodes);
    if (!agree) return wrong("the arrays of its nodes differ in size");
    const size_t splits = tree.category_nodes.size();
    if (tree.category_begins.size() != splits || tree.category_counts.size() != splits)
        return wrong("the arrays of its categories differ in size");
    return ok();
}

// The nodes in the order in which they will lie: level by level, siblings side by side.
class Order {
  public:
    explicit Order(size_t nodes) : reached_(nodes) {
        reached_[0] = true;
        order_.push_back(0);
    }

    // Puts a child behind all others; false if it is out of range or has been reached before.
    bool append(int32_t child) {
        if (child < 0 || static_cast<size_t>(child) >= reached_.size()) return false;
        const auto node = static_cast<size_t>(child);
        if (reached_[node]) return false;
        reached_[node] = true;
        order_.push_back(node);
        return true;
    }
    size_t size() const { return order_.size(); }
    size_t operator[](size_t i) const { return order_[i]; }

  private:
    std::vector<bool> reached_;
    std::vector<size_t> order_;
};

Node leaf_node(float value, size_t index) {
    return {.threshold = kNotANumber,
            .feature_and_flags = 0,
            .child = static_cast<uint32_t>(index),
            .data = std::bit_cast<uint32_t>(value)};
}

Node split_node(const TreeArrays& tree, size_t node, int64_t set, size_t child) {
    const bool by_category = set != kNoSet;
    const float condition = tree.conditions[node];
    Node out{};
    // Nothing is less than NaN: every number goes right, as with minus infinity.
    out.threshold = by_category ? kNotANumber : condition != condition ? -kInfinity : condition;
    out.feature_and_flags = static_cast<uint32_t>(tree.features[node]);
    if (tree.default_left[node] == 0) out.feature_and_flags |= Node::kMissingGoesRight;
    if (by_category) out.feature_and_flags |= Node::kByCategory;
    out.child = static_cast<uint32_t>(child);
    out.data = by_category ? static_cast<uint32_t>(set) : 0;
    return out;
}

}  // namespace

Result<std::vector<int64_t>> ForestBuilder::add_categories(const TreeArrays& tree) {
    std::vector<int64_t> sets(tree.left.size(), kNoSet);
    // The segments follow each other and cover all categories: so they cannot overlap.
    int64_t expected_begin = 0;
    const auto total = static_cast<int64_t>(tree.categories.size());
    for (size_t i = 0; i < tree.category_nodes.size(); ++i) {
        const int32_t node = tree.category_nodes[i];
        const int64_t begin = tree.category_begins[i], count = tree.category_counts[i];
        if (node < 0 || static_cast<size_t>(node) >= sets.size())
            return wrong("categories are given for a node that does not exist");
        if (begin != expected_begin || count < 0 || count > total - begin)
            return wrong("the categories of " + node_name(static_cast<size_t>(node)) +
                         " are out of range");
        const auto members = std::span(tree.categories)
                                 .subspan(static_cast<size_t>(begin), static_cast<size_t>(count));
        for (const int32_t category : members) {
            if (category < 0 || category >= CategorySets::kLimit)
                return wrong("category " + std::to_string(category) + " is out of range");
        }
        TRY_ASSIGN(sets[static_cast<size_t>(node)], forest_.categories_.add(members));
        expected_begin += count;
    }
    if (expected_begin != total) return wrong("there are categories that belong to no node");
    return sets;
}

Status ForestBuilder::add_nodes(const TreeArrays& tree, const std::vector<int64_t>& sets,
                                float weight) {
    const size_t base = forest_.nodes_.size();
    if (tree.left.size() > kMaxNodes - base) return wrong("the model has too many nodes");
    Order order(tree.left.size());
    uint32_t depth = 0;
    size_t level_end = 1;
    for (size_t i = 0; i < order.size(); ++i) {
        if (i == level_end) {
            ++depth;
            level_end = order.size();
        }
        const size_t node = order[i];
        if (tree.left[node] == -1) {
            forest_.nodes_.push_back(leaf_node(weight * tree.conditions[node], base + i));
            continue;
        }
        const bool by_category = !tree.categorical.empty() && tree.categorical[node] != 0;
        const int32_t feature = tree.features[node];
        if (feature < 0 || static_cast<size_t>(feature) >= features_)
            return wrong(node_name(node) + " splits by a feature that does not exist");
        if (by_category && sets[node] == kNoSet)
            return wrong(node_name(node) + " splits by categories and has none");
        forest_.has_categories_ |= by_category;
        forest_.nodes_.push_back(
            split_node(tree, node, by_category ? sets[node] : kNoSet, base + order.size()));
        if (!order.append(tree.left[node]) || !order.append(tree.right[node]))
            return wrong("a child of " + node_name(node) + " does not exist or has another parent");
    }
    forest_.trees_.back().root = static_cast<uint32_t>(base);
    forest_.trees_.back().depth = depth;
    return ok();
}

Status ForestBuilder::add(const TreeArrays& tree, int32_t group, float weight) {
    TRY(check_sizes(tree));
    if (group < 0 || static_cast<size_t>(group) >= groups_)
        return wrong("it belongs to a class or target that does not exist");
    TRY_ASSIGN(const std::vector<int64_t> sets, add_categories(tree));
    forest_.trees_.push_back({.root = 0, .depth = 0, .group = static_cast<uint32_t>(group)});
    return add_nodes(tree, sets, weight);
}

Forest ForestBuilder::finish() && {
    forest_.nodes_.shrink_to_fit();
    forest_.trees_.shrink_to_fit();
    return std::move(forest_);
}

}  // namespace rondo::serving::trees
