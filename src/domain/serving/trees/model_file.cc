#include "domain/serving/trees/model_file.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/text.h"

namespace rondo::serving::trees {
namespace {

// Of the format, which has kept its meaning since 1.0 (from 1 to 3) and may lose it with the next.
constexpr int32_t kNewestMajorVersion = 3;

std::unexpected<Error> wrong(std::string_view name, std::string_view wanted) {
    return fail(Code::invalid, "'" + std::string(name) + "' has to be " + std::string(wanted),
                std::string(name));
}

Result<ubj::Value> need(const ubj::Value& in, std::string_view name) {
    if (const auto found = in.member(name)) return *found;
    return fail(Code::invalid, "'" + std::string(name) + "' is missing", std::string(name));
}

// need() down a path of names.
Result<ubj::Value> need_path(ubj::Value at, std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) {
        TRY_ASSIGN(at, need(at, name));
    }
    return at;
}

Result<std::string_view> need_text(const ubj::Value& in, std::string_view name) {
    TRY_ASSIGN(const ubj::Value value, need(in, name));
    if (const auto text = value.text()) return *text;
    return wrong(name, "a text");
}

template <class T>
Result<std::vector<T>> need_numbers(const ubj::Value& in, std::string_view name) {
    TRY_ASSIGN(const ubj::Value value, need(in, name));
    if (auto numbers = value.numbers<T>()) return *std::move(numbers);
    return wrong(name, "a list of numbers in the range of its type");
}

// The same for a list that older versions do not write.
template <class T>
Result<std::vector<T>> numbers_if_present(const ubj::Value& in, std::string_view name) {
    if (!in.member(name)) return std::vector<T>{};
    return need_numbers<T>(in, name);
}

// XGBoost writes its parameters as text.
Result<size_t> need_count(const ubj::Value& in, std::string_view name) {
    TRY_ASSIGN(const std::string_view text, need_text(in, name));
    const auto count = parse_int(text);
    if (!count || *count < 0) return wrong(name, "the text of a whole number");
    return static_cast<size_t>(*count);
}

Result<size_t> count_if_present(const ubj::Value& in, std::string_view name) {
    if (!in.member(name)) return 0;
    return need_count(in, name);
}

Result<std::vector<std::string>> texts_if_present(const ubj::Value& in, std::string_view name) {
    std::vector<std::string> out;
    const auto list = in.member(name);
    if (!list) return out;
    if (!list->is_list()) return wrong(name, "a list of texts");
    ubj::Items items(*list);
    while (const auto item = items.next()) {
        const auto text = item->text();
        if (!text) return wrong(name, "a list of texts");
        out.emplace_back(*text);
    }
    return out;
}

// "5E-1" before version 3.1, "[5E-1]" or "[1E0,2E0]" since.
Result<std::vector<float>> read_base_scores(const ubj::Value& parameters) {
    static constexpr std::string_view kName = "base_score";
    TRY_ASSIGN(std::string_view text, need_text(parameters, kName));
    if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
    if (std::ranges::count(text, ',') >= static_cast<std::ptrdiff_t>(kMaxGroups))
        return wrong(kName, "a list of at most " + std::to_string(kMaxGroups) + " numbers");
    std::vector<float> scores;
    for (const std::string_view part : split(text, ',')) {
        const std::string_view number = trim(part);
        const char* end = number.data() + number.size();
        float score = 0;
        const auto [stop, error] = std::from_chars(number.data(), end, score);
        if (error != std::errc{} || stop != end) return wrong(kName, "a number or a list of them");
        scores.push_back(score);
    }
    return scores;
}

Status check_version(const ubj::Value& root) {
    TRY_ASSIGN(const auto version, numbers_if_present<int32_t>(root, "version"));
    if (version.empty() || version[0] <= kNewestMajorVersion) return ok();
    return fail(Code::unsupported, "the model comes from XGBoost " + std::to_string(version[0]) +
                                       ", which this evaluator does not know; serve it with a "
                                       "Python worker");
}

// The object that holds the fields of the booster proper; dart wraps a gbtree.
Result<ubj::Value> booster_model(const ubj::Value& root) {
    TRY_ASSIGN(const ubj::Value booster, need_path(root, {"learner", "gradient_booster"}));
    if (booster.member("gbtree")) return need_path(booster, {"gbtree", "model"});
    return need(booster, "model");
}

}  // namespace

Result<ModelHeader> read_header(const ubj::Value& root) {
    TRY(check_version(root));
    TRY_ASSIGN(const ubj::Value learner, need(root, "learner"));
    TRY_ASSIGN(const ubj::Value parameters, need(learner, "learner_model_param"));
    TRY_ASSIGN(const ubj::Value objective, need(learner, "objective"));
    TRY_ASSIGN(const ubj::Value booster, need(learner, "gradient_booster"));
    ModelHeader header;
    TRY_ASSIGN(header.objective, need_text(objective, "name"));
    TRY_ASSIGN(header.booster, need_text(booster, "name"));
    TRY_ASSIGN(header.features, need_count(parameters, "num_feature"));
    TRY_ASSIGN(const size_t classes, need_count(parameters, "num_class"));
    TRY_ASSIGN(const size_t targets, count_if_present(parameters, "num_target"));
    header.groups = std::max({size_t{1}, classes, targets});
    if (header.features == 0) return wrong("num_feature", "at least 1");
    if (header.groups > kMaxGroups)
        return fail(Code::invalid, "the model has more than " + std::to_string(kMaxGroups) +
                                       " classes or targets");
    TRY_ASSIGN(header.base_scores, read_base_scores(parameters));
    if (header.base_scores.size() == 1)
        header.base_scores.resize(header.groups, header.base_scores[0]);
    if (header.base_scores.size() != header.groups)
        return wrong("base_score", "one number, or one a class or target");
    TRY_ASSIGN(header.feature_names, texts_if_present(learner, "feature_names"));
    TRY_ASSIGN(header.feature_types, texts_if_present(learner, "feature_types"));
    if (!header.feature_names.empty() && header.feature_names.size() != header.features)
        return wrong("feature_names", "one a feature");
    if (!header.feature_types.empty() && header.feature_types.size() != header.features)
        return wrong("feature_types", "one a feature");
    return header;
}

Result<TreeList> read_tree_list(const ubj::Value& root, const ModelHeader& header) {
    TRY_ASSIGN(const ubj::Value model, booster_model(root));
    TRY_ASSIGN(const ubj::Value trees, need(model, "trees"));
    if (!trees.is_list()) return wrong("trees", "a list of trees");
    size_t count = 0;
    for (ubj::Items items(trees); items.next();) ++count;
    TreeList list{.trees = trees};
    TRY_ASSIGN(list.groups, need_numbers<int32_t>(model, "tree_info"));
    if (list.groups.size() != count) return wrong("tree_info", "one number a tree");
    if (header.booster != "dart") {
        list.weights.assign(count, 1.0F);
        return list;
    }
    TRY_ASSIGN(const ubj::Value booster, need_path(root, {"learner", "gradient_booster"}));
    TRY_ASSIGN(list.weights, need_numbers<float>(booster, "weight_drop"));
    if (list.weights.size() != count) return wrong("weight_drop", "one number a tree");
    return list;
}

Result<TreeArrays> read_tree(const ubj::Value& tree) {
    TRY_ASSIGN(const ubj::Value parameters, need(tree, "tree_param"));
    TRY_ASSIGN(const size_t leaf_size, need_count(parameters, "size_leaf_vector"));
    if (leaf_size > 1)
        return fail(Code::unsupported,
                    "leaves that hold a vector (multi_strategy=multi_output_tree) have no native "
                    "evaluator; serve the model with a Python worker");
    TreeArrays out;
    TRY_ASSIGN(out.left, need_numbers<int32_t>(tree, "left_children"));
    TRY_ASSIGN(out.right, need_numbers<int32_t>(tree, "right_children"));
    TRY_ASSIGN(out.conditions, need_numbers<float>(tree, "split_conditions"));
    TRY_ASSIGN(out.features, need_numbers<int32_t>(tree, "split_indices"));
    TRY_ASSIGN(out.default_left, need_numbers<uint8_t>(tree, "default_left"));
    TRY_ASSIGN(out.categorical, numbers_if_present<uint8_t>(tree, "split_type"));
    TRY_ASSIGN(out.categories, numbers_if_present<int32_t>(tree, "categories"));
    TRY_ASSIGN(out.category_nodes, numbers_if_present<int32_t>(tree, "categories_nodes"));
    TRY_ASSIGN(out.category_begins, numbers_if_present<int64_t>(tree, "categories_segments"));
    TRY_ASSIGN(out.category_counts, numbers_if_present<int64_t>(tree, "categories_sizes"));
    return out;
}

Result<std::vector<float>> read_linear_weights(const ubj::Value& root) {
    TRY_ASSIGN(const ubj::Value model, booster_model(root));
    return need_numbers<float>(model, "weights");
}

}  // namespace rondo::serving::trees
