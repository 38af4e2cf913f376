#include "domain/serving/signature.h"

#include "base/text.h"
#include "platform/json/value.h"

namespace rondo::serving {
namespace {

constexpr size_t kMaxTensorColumns = 65'536;

std::optional<ColumnType> column_type(std::string_view name) {
    if (name == "float" || name == "float32") return ColumnType::float32;
    if (name == "double" || name == "float64") return ColumnType::float64;
    if (name == "integer" || name == "long" || name == "boolean" || name == "int32" ||
        name == "int64" || name == "bool")
        return ColumnType::int64;
    if (name == "string" || name == "datetime") return ColumnType::text;
    return std::nullopt;
}

// {"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 30]}}
bool add_tensor(const json::Value& spec, ModelDescription& out) {
    const auto type = column_type(spec["dtype"].text());
    const auto& shape = spec["shape"].list();
    if (!type || shape.size() != 2) return false;
    const int64_t width = shape[1].integer();
    if (width < 1 || width > static_cast<int64_t>(kMaxTensorColumns)) return false;
    for (int64_t i = 0; i < width; ++i) {
        out.inputs.columns.push_back({std::to_string(i), *type});
        out.required.push_back(true);
    }
    return true;
}

bool read_inputs(const json::Value& inputs, ModelDescription& out) {
    const auto& list = inputs.list();
    if (list.size() == 1 && list[0]["type"].text() == "tensor" && list[0]["name"].is_null())
        return add_tensor(list[0]["tensor-spec"], out);
    for (const json::Value& column : list) {
        const auto type = column_type(column["type"].text());
        if (!type || column["name"].text().empty()) return false;
        out.inputs.columns.push_back({std::string(column["name"].text()), *type});
        const json::Value& required = column["required"];
        out.required.push_back(required.is_null() || required.boolean());
    }
    return !list.empty();
}

}  // namespace

Result<ModelDescription> parse_mlmodel(std::string_view text) {
    TRY_ASSIGN(const json::Value document, json::parse_yaml(text));
    ModelDescription out;
    for (const auto& [name, flavor] : document["flavors"].object()) {
        out.flavors.push_back(name);
        if (name != "xgboost") continue;
        out.xgboost_file = std::string(flavor["data"].text());
        out.xgboost_class = std::string(flavor["model_class"].text());
    }
    if (out.flavors.empty())
        return fail(Code::invalid, "the MLmodel file names no flavors; log the model again");
    const json::Value& signature = document["signature"];
    if (signature["inputs"].is_text()) {
        TRY_ASSIGN(const json::Value inputs, json::Value::parse(signature["inputs"].text()));
        out.has_signature = read_inputs(inputs, out);
        if (!out.has_signature) {
            out.inputs.columns.clear();
            out.required.clear();
        }
    }
    return out;
}

}  // namespace rondo::serving
