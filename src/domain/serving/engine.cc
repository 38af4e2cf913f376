#include "domain/serving/engine.h"

#include "base/log.h"
#include "base/text.h"
#include "domain/serving/trees/booster.h"

namespace rondo::serving {
namespace {

constexpr size_t kMaxMlmodelBytes = 4 << 20;
constexpr size_t kMaxTreesBytes = size_t{1} << 30;

// Rows as the booster wants them; NaN stays "missing".
std::vector<float> to_floats(const Frame& frame) {
    const size_t width = frame.schema->columns.size();
    std::vector<float> out(frame.cells.size());
    for (size_t i = 0; i < frame.cells.size(); ++i) {
        const bool integer = frame.schema->columns[i % width].type == ColumnType::int64;
        out[i] = integer ? static_cast<float>(frame.cells[i].integer)
                         : static_cast<float>(frame.cells[i].real);
    }
    return out;
}

class TreeEngine final : public Engine {
  public:
    TreeEngine(std::shared_ptr<const trees::Booster> booster, ModelDescription description)
        : booster_(std::move(booster)), description_(std::move(description)) {}

    Result<Answers> predict(const Frame& frame) override {
        const std::vector<float> rows = to_floats(frame);
        Answers answers;
        answers.rows = frame.rows;
        answers.width = booster_->outputs();
        answers.kind = NumberKind::float32;
        std::vector<float> out(frame.rows * answers.width);
        booster_->predict(rows, out);
        answers.values.assign(out.begin(), out.end());
        return answers;
    }
    bool blocks() const override { return false; }
    const ModelDescription& description() const override { return description_; }
    std::string kind() const override { return "native trees"; }
    Output output() const override { return {ColumnType::float32, booster_->outputs()}; }

  private:
    std::shared_ptr<const trees::Booster> booster_;
    ModelDescription description_;
};

// The class whose pyfunc answer is the booster's own prediction. The scikit-learn wrappers stop
// at the best iteration and answer with the labels of their training data, which only the Python
// object knows.
bool is_native_class(std::string_view name) { return name == "xgboost.core.Booster"; }

// Why the signature does not fit the trees; empty when it does.
std::string mismatch(const ModelDescription& description, const trees::Booster& booster) {
    const auto& columns = description.inputs.columns;
    if (!description.has_signature) return "it has no signature of plain columns";
    if (columns.size() != booster.features())
        return "its signature has " + std::to_string(columns.size()) + " columns and its trees " +
               std::to_string(booster.features());
    for (size_t i = 0; i < columns.size(); ++i) {
        if (columns[i].type == ColumnType::text)
            return "the column '" + columns[i].name + "' is text";
        const auto& names = booster.feature_names();
        if (!names.empty() && names[i] != columns[i].name && columns[i].name != std::to_string(i))
            return "its signature and its trees name column " + std::to_string(i) + " differently";
    }
    return {};
}

}  // namespace

Result<std::string> Loader::read(const ModelPackage& package, const std::string& path,
                                 size_t limit) {
    const auto found = package.files.find(path);
    if (found == package.files.end())
        return fail(Code::invalid, "model " + quoted(package.name) + " version " +
                                       std::to_string(package.version) + " has no file '" + path +
                                       "'; log and register it again");
    TRY_ASSIGN(const auto digest, blob::Digest::parse(found->second.digest));
    return blobs_.read_all(digest, limit);
}

Result<std::shared_ptr<Engine>> Loader::load(const ModelPackage& package) {
    TRY_ASSIGN(const std::string mlmodel, read(package, "MLmodel", kMaxMlmodelBytes));
    TRY_ASSIGN(ModelDescription description, parse_mlmodel(mlmodel));
    if (description.xgboost_file && is_native_class(description.xgboost_class)) {
        TRY_ASSIGN(const std::string bytes,
                   read(package, *description.xgboost_file, kMaxTreesBytes));
        auto booster = trees::Booster::parse(bytes);
        if (!booster && booster.error().code != Code::unsupported)
            return fail(Code::invalid, "model " + quoted(package.name) + " version " +
                                           std::to_string(package.version) +
                                           " does not load: " + booster.error().message);
        const std::string why =
            booster ? mismatch(description, **booster) : booster.error().message;
        if (why.empty())
            return std::make_shared<TreeEngine>(std::move(*booster), std::move(description));
        log::info("served by Python", {{"model", package.name}, {"because", why}});
    }
    return python_.start(package, std::move(description));
}

}  // namespace rondo::serving
