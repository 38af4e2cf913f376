#include "domain/serving/trees/booster.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "domain/serving/trees/json_to_ubj.h"

namespace rondo::serving::trees {
namespace {

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

// What a test says of a model; text() writes it as XGBoost does.
struct Fixture {
    std::string objective = "reg:squarederror";
    std::string base_score = "[5E-1]";
    std::string classes = "0";
    std::string targets = "1";
    std::string features = "2";
    std::string names = "[]";
    std::string types = "[]";
    std::string booster = "gbtree";
    std::string tree_info = "[0]";
    std::string trees = "[" + stump("1") + "]";
    std::string weights = "[]";  // of trees for dart, of features for gblinear
    std::string version = "[3,2,0]";

    // x0 < 1 ? left : 20, missing values left.
    static std::string stump(const std::string& left) {
        return R"({"tree_param":{"num_nodes":"3","size_leaf_vector":"1"},"left_children":[1,-1,-1],)"
               R"("right_children":[2,-1,-1],"split_conditions":[1E0,)" +
               left +
               R"(,2E1],"split_indices":[0,0,0],"default_left":[1,0,0],"split_type":[0,0,0],)"
               R"("categories":[],"categories_nodes":[],"categories_segments":[],)"
               R"("categories_sizes":[]})";
    }

    std::string booster_text() const {
        if (booster == "gblinear")
            return R"({"name":"gblinear","model":{"weights":)" + weights + "}}";
        const std::string model =
            R"({"name":"gbtree","model":{"tree_info":)" + tree_info + R"(,"trees":)" + trees + "}}";
        if (booster != "dart") return replaced(model, "\"gbtree\"", "\"" + booster + "\"");
        return R"({"name":"dart","weight_drop":)" + weights + R"(,"gbtree":)" + model + "}";
    }

    std::string text() const {
        return R"({"learner":{"attributes":{},"feature_names":)" + names + R"(,"feature_types":)" +
               types + R"(,"gradient_booster":)" + booster_text() +
               R"(,"learner_model_param":{"base_score":")" + base_score + R"(","num_class":")" +
               classes + R"(","num_feature":")" + features + R"(","num_target":")" + targets +
               R"("},"objective":{"name":")" + objective + R"("}},"version":)" + version + "}";
    }

    static std::string replaced(std::string text, std::string_view what, std::string_view with) {
        const size_t at = text.find(what);
        REQUIRE(at != std::string::npos);
        return text.replace(at, what.size(), with);
    }
};

std::shared_ptr<const Booster> parsed(std::string_view bytes) {
    auto booster = Booster::parse(bytes);
    if (!booster) FAIL(booster.error().message);
    return *booster;
}

std::vector<float> predictions(const Booster& model, const std::vector<float>& rows) {
    std::vector<float> out(rows.size() / model.features() * model.outputs());
    model.predict(rows, out);
    return out;
}

std::vector<float> margins(const Booster& model, const std::vector<float>& rows) {
    std::vector<float> out(rows.size() / model.features() * model.margins());
    model.predict_margin(rows, out);
    return out;
}

Error error_of(std::string_view bytes) {
    const auto booster = Booster::parse(bytes);
    REQUIRE_FALSE(booster);
    return booster.error();
}

void check_invalid(const Fixture& fixture, std::string_view message) {
    const Error error = error_of(fixture.text());
    CHECK(error.code == Code::invalid);
    CHECK(error.message == message);
}

void check_unsupported(std::string_view bytes, std::string_view names) {
    const Error error = error_of(bytes);
    CHECK(error.code == Code::unsupported);
    CAPTURE(error.message);
    CHECK(error.message.contains(names));
    CHECK(error.message.contains("Python worker"));
}

TEST_CASE("booster: a stump, from JSON and from UBJSON") {
    Fixture fixture;
    fixture.names = R"(["age","height"])";
    fixture.types = R"(["float","int"])";
    for (const std::string& bytes : {fixture.text(), json_to_ubj(fixture.text()).value()}) {
        const auto model = parsed(bytes);
        CHECK(model->features() == 2);
        CHECK(model->outputs() == 1);
        CHECK(model->margins() == 1);
        CHECK(model->trees() == 1);
        CHECK(model->objective() == "reg:squarederror");
        CHECK(model->feature_names() == std::vector<std::string>{"age", "height"});
        CHECK(model->feature_types() == std::vector<std::string>{"float", "int"});
        CHECK(model->bytes() > 3 * sizeof(Node));
        CHECK(predictions(*model, {0, 7, 1, 7, kMissing, 7}) ==
              std::vector<float>{1.5F, 20.5F, 1.5F});
        CHECK(predictions(*model, {}).empty());
    }
}

TEST_CASE("booster: whitespace around JSON does not matter") {
    CHECK(parsed(" \n{\n  " + Fixture{}.text().substr(1) + "\n")->trees() == 1);
}

TEST_CASE("booster: the margin is what comes before the objective's transform") {
    Fixture fixture;
    fixture.objective = "binary:logistic";
    const auto model = parsed(fixture.text());
    CHECK(margins(*model, {0, 0}) == std::vector<float>{1});
    CHECK(predictions(*model, {0, 0})[0] == doctest::Approx(1 / (1 + std::exp(-1.0))));
}

TEST_CASE("booster: base scores of old and new versions") {
    for (const std::string text : {"5E-1", "0.5", "[5E-1]", "[ 5E-1 ]", "0.500000"}) {
        Fixture fixture;
        fixture.base_score = text;
        CHECK(predictions(*parsed(fixture.text()), {0, 0})[0] == 1.5F);
    }
}

TEST_CASE("booster: classes have a tree each") {
    Fixture fixture;
    fixture.objective = "multi:softprob";
    fixture.classes = "3";
    fixture.base_score = "[1E0,2E0,3E0]";
    fixture.tree_info = "[2,0]";
    fixture.trees = "[" + Fixture::stump("1") + "," + Fixture::stump("5") + "]";
    const auto model = parsed(fixture.text());
    CHECK(model->outputs() == 3);
    CHECK(margins(*model, {0, 0}) == std::vector<float>{6, 2, 4});
    const auto probabilities = predictions(*model, {0, 0, 5, 0});
    CHECK(probabilities.size() == 6);
    CHECK(probabilities[0] + probabilities[1] + probabilities[2] == doctest::Approx(1));

    fixture.objective = "multi:softmax";
    const auto classifier = parsed(fixture.text());
    CHECK(classifier->outputs() == 1);
    CHECK(classifier->margins() == 3);
    CHECK(predictions(*classifier, {0, 0, 5, 0}) == std::vector<float>{0, 2});
}

TEST_CASE("booster: many rows give what single rows give") {
    for (const std::string objective : {"reg:squarederror", "multi:softmax"}) {
        Fixture fixture;
        fixture.objective = objective;
        fixture.classes = "2";
        const auto model = parsed(fixture.text());
        std::vector<float> rows, expected;
        for (int i = 0; i < 150; ++i) {
            const std::vector<float> row{static_cast<float>(i % 3), 0};
            rows.insert(rows.end(), row.begin(), row.end());
            const auto answers = predictions(*model, row);
            expected.insert(expected.end(), answers.begin(), answers.end());
        }
        CHECK(predictions(*model, rows) == expected);
    }
}

TEST_CASE("booster: dart weighs its trees") {
    Fixture fixture;
    fixture.booster = "dart";
    fixture.weights = "[2.5E-1]";
    CHECK(predictions(*parsed(fixture.text()), {0, 0}) == std::vector<float>{0.75F});
}

TEST_CASE("booster: linear") {
    Fixture fixture;
    fixture.booster = "gblinear";
    fixture.weights = "[2E0,3E0,1E1]";
    const auto model = parsed(fixture.text());
    CHECK(model->trees() == 0);
    CHECK(predictions(*model, {1, 1, 1, kMissing}) == std::vector<float>{15.5F, 12.5F});

    // XGBoost starts every class from the first base score.
    fixture.objective = "multi:softprob";
    fixture.classes = "2";
    fixture.base_score = "[1E0,2E0]";
    fixture.weights = "[0,0,0,0,1E0,2E0]";
    CHECK(margins(*parsed(fixture.text()), {0, 0}) == std::vector<float>{2, 3});
}

TEST_CASE("booster: files of old versions") {
    Fixture fixture;
    fixture.base_score = "5E-1";
    fixture.version = "[1,0,0]";
    std::string text = Fixture::replaced(fixture.text(), R"("split_type":[0,0,0],)", "");
    text = Fixture::replaced(text, R"("default_left":[1,0,0])",
                             R"("default_left":[true,false,false])");
    text = Fixture::replaced(text, R"("feature_names":[],"feature_types":[],)", "");
    text = Fixture::replaced(text, R"(,"num_target":"1")", "");
    text = Fixture::replaced(text, R"("size_leaf_vector":"1")", R"("size_leaf_vector":"0")");
    CHECK(predictions(*parsed(text), {kMissing, 0}) == std::vector<float>{1.5F});
}

TEST_CASE("booster: a diverged model answers NaN") {
    Fixture fixture;
    fixture.trees = "[" + Fixture::stump("NaN") + "]";
    const auto model = parsed(fixture.text());
    CHECK(std::isnan(predictions(*model, {0, 0})[0]));
    CHECK(predictions(*model, {1, 0})[0] == 20.5F);
}

TEST_CASE("booster: what is of another kind is unsupported") {
    Fixture objective;
    objective.objective = "reg:unheardof";
    check_unsupported(objective.text(), "objective 'reg:unheardof'");
    Fixture booster;
    booster.booster = "gbforest";
    check_unsupported(booster.text(), "booster 'gbforest'");
    Fixture version;
    version.version = "[4,0,0]";
    check_unsupported(version.text(), "XGBoost 4");
    Fixture features;
    features.features = "2000000000";
    check_unsupported(features.text(), "2000000000");
    check_unsupported(Fixture::replaced(Fixture{}.text(), R"("size_leaf_vector":"1")",
                                        R"("size_leaf_vector":"3")"),
                      "multi_output_tree");
    check_unsupported("binf\1\2\3", "legacy binary");
    check_unsupported("bs64 xyz", "legacy binary");
}

TEST_CASE("booster: bytes that are no document") {
    for (const std::string_view bytes : {"", "{", "x", "{}", "{L", "[1]", "{\"learner\":1}"}) {
        CAPTURE(bytes);
        CHECK(error_of(bytes).code == Code::invalid);
    }
    const std::string_view no_object =
        "the model has to be a JSON object that nests at most 32 deep";
    CHECK(error_of("[1]").message == no_object);
    CHECK(error_of("{\"a\":" + std::string(40, '[') + std::string(40, ']') + "}").message ==
          no_object);
    CHECK(error_of("{\"a\":").message.starts_with("the model cannot be read: "));
}

TEST_CASE("booster: fields that are missing or of another type") {
    const std::string good = Fixture{}.text();
    for (const std::string name :
         {"learner", "gradient_booster", "learner_model_param", "objective", "base_score",
          "num_class", "num_feature", "model", "trees", "tree_info", "tree_param", "left_children",
          "right_children", "split_conditions", "split_indices", "default_left"}) {
        CAPTURE(name);
        const std::string key = "\"" + name + "\":";
        const Error missing = error_of(Fixture::replaced(good, key, "\"other\":"));
        CHECK(missing.code == Code::invalid);
        CHECK(missing.message.ends_with("'" + name + "' is missing"));
        CHECK(missing.field == name);
        CHECK(error_of(Fixture::replaced(good, key, key + "[{}],\"other\":")).code ==
              Code::invalid);
    }
    for (const std::string name :
         {"feature_names", "feature_types", "split_type", "categories", "categories_nodes",
          "categories_segments", "categories_sizes", "version", "num_target", "size_leaf_vector"}) {
        CAPTURE(name);
        const std::string key = "\"" + name + "\":";
        const Error error = error_of(Fixture::replaced(good, key, key + "[{}],\"other\":"));
        CHECK(error.code == Code::invalid);
        CHECK(error.field == name);
    }
    CHECK(
        error_of(Fixture::replaced(good, R"("feature_names":[])", R"("feature_names":{})")).field ==
        "feature_names");
}

TEST_CASE("booster: parameters that make no sense") {
    for (const std::string text : {"", "[]", "x", "[5E-1", "5E-1x", "[1E0,]", "[1E0,2E0]"}) {
        CAPTURE(text);
        Fixture fixture;
        fixture.base_score = text;
        const Error error = error_of(fixture.text());
        CHECK(error.code == Code::invalid);
        CHECK(error.field == "base_score");
    }
    Fixture scores;
    scores.base_score = std::string(kMaxGroups, ',');
    check_invalid(scores, "'base_score' has to be a list of at most 65536 numbers");
    Fixture probability;
    probability.objective = "binary:logistic";
    probability.base_score = "2E0";
    check_invalid(probability, "'base_score' has to be between 0 and 1 for binary:logistic");
    Fixture features;
    features.features = "0";
    check_invalid(features, "'num_feature' has to be at least 1");
    features.features = "-1";
    check_invalid(features, "'num_feature' has to be the text of a whole number");
    Fixture classes;
    classes.classes = "1000000000";
    check_invalid(classes, "the model has more than 65536 classes or targets");
    Fixture names;
    names.names = R"(["one"])";
    check_invalid(names, "'feature_names' has to be one a feature");
    Fixture types;
    types.types = R"(["q"])";
    check_invalid(types, "'feature_types' has to be one a feature");
}

TEST_CASE("booster: lists that do not fit the trees") {
    Fixture few;
    few.tree_info = "[]";
    check_invalid(few, "'tree_info' has to be one number a tree");
    Fixture many;
    many.tree_info = "[0,0]";
    check_invalid(many, "'tree_info' has to be one number a tree");
    Fixture dart;
    dart.booster = "dart";
    check_invalid(dart, "'weight_drop' has to be one number a tree");
    dart.weights = "[1,2]";
    check_invalid(dart, "'weight_drop' has to be one number a tree");
    Fixture group;
    group.tree_info = "[1]";
    check_invalid(group, "tree 0: it belongs to a class or target that does not exist");
    Fixture linear;
    linear.booster = "gblinear";
    linear.weights = "[1,2]";
    check_invalid(linear, "'weights' has to hold one number a feature and one more");
    Fixture trees;
    trees.trees = "{}";
    check_invalid(trees, "'trees' has to be a list of trees");
    trees.trees = "[7]";
    check_invalid(trees, "tree 0: 'tree_param' is missing");
    trees.trees = "[" + Fixture::stump("1") + "," +
                  Fixture::replaced(Fixture::stump("1"), "[1,-1,-1]", "[0,-1,-1]") + "]";
    trees.tree_info = "[0,0]";
    check_invalid(trees, "tree 1: a child of node 0 does not exist or has another parent");
}

}  // namespace
}  // namespace rondo::serving::trees
