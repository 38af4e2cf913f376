#include "domain/serving/trees/booster.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "domain/serving/trees/forest_builder.h"
#include "domain/serving/trees/json_to_ubj.h"
#include "domain/serving/trees/ubj.h"

namespace rondo::serving::trees {
namespace {

// Rows that go through the model together: their values stay in the nearest cache meanwhile.
constexpr size_t kBlockRows = 64;

std::unexpected<Error> unsupported(std::string_view kind, std::string_view name) {
    return fail(Code::unsupported, std::string(kind) + " '" + std::string(name) +
                                       "' has no native evaluator; serve the model with a Python "
                                       "worker");
}

bool is_ubj(std::string_view bytes) {
    // Behind the brace: in UBJSON the marker of a key's length or of the object itself, in JSON a
    // blank or a quote.
    return bytes.size() >= 2 && bytes[0] == '{' && std::string_view("iUIlL#$").contains(bytes[1]);
}

// XGBoost's own binary format, which it wrote by default before 2.1 and cannot read since 3.1.
bool is_legacy_binary(std::string_view bytes) {
    return bytes.starts_with("binf") || bytes.starts_with("bs64");
}

// The document in either format; `room` keeps what had to be converted.
Result<ubj::Value> open_document(std::string_view bytes, std::string& room) {
    if (is_ubj(bytes)) return ubj::Value::parse(bytes);
    auto converted = json_to_ubj(bytes);
    if (!converted) {
        Error error = std::move(converted).error();
        error.message = "the model cannot be read: " + error.message;
        return fail(std::move(error));
    }
    room = *std::move(converted);
    if (auto root = ubj::Value::parse(room)) return root;
    return fail(Code::invalid, "the model has to be a JSON object that nests at most " +
                                   std::to_string(ubj::kMaxDepth) + " deep");
}

Result<Forest> read_forest(const ubj::Value& root, const ModelHeader& header) {
    TRY_ASSIGN(const TreeList list, read_tree_list(root, header));
    ForestBuilder builder(header.features, header.groups);
    const auto add = [&](const ubj::Value& item, size_t index) -> Status {
        TRY_ASSIGN(const TreeArrays tree, read_tree(item));
        return builder.add(tree, list.groups[index], list.weights[index]);
    };
    size_t index = 0;
    for (ubj::Items items(list.trees); const auto item = items.next(); ++index) {
        if (auto added = add(*item, index); !added) {
            Error error = std::move(added).error();
            error.message = "tree " + std::to_string(index) + ": " + error.message;
            return fail(std::move(error));
        }
    }
    return std::move(builder).finish();
}

}  // namespace

Result<Booster::Model> Booster::read_model(const ubj::Value& root, const ModelHeader& header) {
    if (header.booster == "gbtree" || header.booster == "dart") return read_forest(root, header);
    if (header.booster != "gblinear") return unsupported("booster", header.booster);
    TRY_ASSIGN(std::vector<float> weights, read_linear_weights(root));
    return Linear::make(std::move(weights), header.features, header.groups);
}

Result<std::shared_ptr<const Booster>> Booster::parse(std::string_view bytes) {
    if (is_legacy_binary(bytes)) return unsupported("model format", "legacy binary");
    std::string room;
    TRY_ASSIGN(const ubj::Value root, open_document(bytes, room));
    TRY_ASSIGN(ModelHeader header, read_header(root));
    const Objective* objective = find_objective(header.objective);
    if (objective == nullptr) return unsupported("objective", header.objective);
    if (header.features > kMaxFeatures)
        return unsupported("a number of features such as", std::to_string(header.features));
    TRY_ASSIGN(std::vector<float> base, base_margins(*objective, header.base_scores));
    // XGBoost's linear booster starts every class from the base score of the first.
    if (header.booster == "gblinear") std::ranges::fill(base, base.front());
    TRY_ASSIGN(Model model, read_model(root, header));
    return std::shared_ptr<const Booster>(
        new Booster(std::move(header), *objective, std::move(base), std::move(model)));
}

Booster::Booster(ModelHeader header, const Objective& objective, std::vector<float> base_margins,
                 Model model)
    : header_(std::move(header)),
      objective_(objective),
      base_margins_(std::move(base_margins)),
      model_(std::move(model)) {}

size_t Booster::trees() const {
    return std::visit([](const auto& model) { return model.trees(); }, model_);
}

size_t Booster::bytes() const {
    size_t total = sizeof *this;
    total += (header_.base_scores.capacity() + base_margins_.capacity()) * sizeof(float);
    for (const auto* texts : {&header_.feature_names, &header_.feature_types}) {
        for (const std::string& text : *texts) total += sizeof(std::string) + text.capacity();
    }
    return total + std::visit([](const auto& model) { return model.bytes(); }, model_);
}

void Booster::fill_margins(std::span<const float> rows, std::span<float> margins) const {
    const size_t groups = header_.groups;
    for (size_t i = 0; i < margins.size(); i += groups)
        std::ranges::copy(base_margins_, margins.begin() + static_cast<std::ptrdiff_t>(i));
    std::visit([&](const auto& model) { model.add_to(margins, rows, header_.features, groups); },
               model_);
}

void Booster::predict(std::span<const float> rows, std::span<float> out) const {
    const size_t groups = header_.groups, outputs = this->outputs(), width = header_.features;
    const size_t count = rows.size() / width;
    CHECK(rows.size() % width == 0 && out.size() == count * outputs, "rows and answers do not fit");
    // Only an objective that gives fewer values than it has margins needs room for these.
    std::vector<float> room(outputs == groups ? 0 : std::min(count, kBlockRows) * groups);
    for (size_t first = 0; first < count; first += kBlockRows) {
        const size_t n = std::min(kBlockRows, count - first);
        const std::span<float> block = out.subspan(first * outputs, n * outputs);
        const std::span<float> margins =
            outputs == groups ? block : std::span(room).first(n * groups);
        fill_margins(rows.subspan(first * width, n * width), margins);
        transform(objective_, margins, groups, block);
    }
}

void Booster::predict_margin(std::span<const float> rows, std::span<float> out) const {
    const size_t width = header_.features;
    const size_t count = rows.size() / width;
    CHECK(rows.size() % width == 0 && out.size() == count * margins(),
          "rows and margins do not fit");
    for (size_t first = 0; first < count; first += kBlockRows) {
        const size_t n = std::min(kBlockRows, count - first);
        fill_margins(rows.subspan(first * width, n * width),
                     out.subspan(first * margins(), n * margins()));
    }
}

}  // namespace rondo::serving::trees
