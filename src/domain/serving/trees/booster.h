// An XGBoost model (model.json or model.ubj), evaluated natively: predictions are those of
// xgboost.Booster.predict(DMatrix) 3.2 on a CPU to the last bit, in about a microsecond a row.
//
// Evaluated: boosters gbtree, dart and gblinear, missing values, splits by category, one tree a
// class or target, parallel trees, all objectives of objective.cc. All trees count, as they do for
// Booster.predict; scikit-learn's wrapper stops at the best iteration instead, and gives classes
// for probabilities: both are the caller's business. So is turning category names into the codes
// of the training data.
//
// Immutable once parsed: any number of threads may ask it at once. Parsing untrusted bytes is safe;
// it takes memory in proportion to them.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "domain/serving/trees/forest.h"
#include "domain/serving/trees/linear.h"
#include "domain/serving/trees/model_file.h"
#include "domain/serving/trees/objective.h"

namespace rondo::serving::trees {

class Booster {
  public:
    // Code::invalid: malformed, the message says where. Code::unsupported: a well-formed model of a
    // kind that is not evaluated here; the message names it, a Python worker can serve it.
    static Result<std::shared_ptr<const Booster>> parse(std::string_view bytes);

    size_t features() const { return header_.features; }
    // Empty, or one a feature.
    const std::vector<std::string>& feature_names() const { return header_.feature_names; }
    const std::vector<std::string>& feature_types() const { return header_.feature_types; }
    const std::string& objective() const { return header_.objective; }
    // Values a row of predict(): 1, or one a class (multi:softprob) or target.
    size_t outputs() const { return outputs_of(objective_, header_.groups); }
    // Values a row of predict_margin(): one a class or target.
    size_t margins() const { return header_.groups; }
    size_t trees() const;
    size_t bytes() const;

    // rows: n x features(), row-major, NaN where a value is missing. out: n x outputs().
    void predict(std::span<const float> rows, std::span<float> out) const;
    // The same with output_margin=True. out: n x margins().
    void predict_margin(std::span<const float> rows, std::span<float> out) const;

  private:
    using Model = std::variant<Forest, Linear>;
    Booster(ModelHeader header, const Objective& objective, std::vector<float> base_margins,
            Model model);
    static Result<Model> read_model(const ubj::Value& root, const ModelHeader& header);
    void fill_margins(std::span<const float> rows, std::span<float> margins) const;

    ModelHeader header_;
    Objective objective_;
    std::vector<float> base_margins_;
    Model model_;
};

}  // namespace rondo::serving::trees
