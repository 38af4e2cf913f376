#include "api/inference/encode.h"

#include "base/text.h"

namespace rondo::api::inference {
namespace {

using serving::Answers;
using serving::ColumnType;
using serving::NumberKind;

void append_value(std::string& out, const Answers& answers, size_t index) {
    const double value = answers.values[index];
    // A float is shown as the double that it is, as NumPy's tolist() does; a class without
    // fraction.
    if (answers.kind == NumberKind::int64)
        out += std::to_string(static_cast<int64_t>(value));
    else
        append_json_double(out, value);
}

ColumnType type_of(NumberKind kind) {
    switch (kind) {
        case NumberKind::float32:
            return ColumnType::float32;
        case NumberKind::int64:
            return ColumnType::int64;
        case NumberKind::float64:
            break;
    }
    return ColumnType::float64;
}

void append_ids(std::string& out, const serving::Served& served) {
    out += '[';
    for (size_t i = 0; i < served.prediction_ids.size(); ++i) {
        if (i > 0) out += ',';
        out += '"';
        out += served.prediction_ids[i];
        out += '"';
    }
    out += ']';
}

}  // namespace

std::string encode_invocations(const serving::Served& served) {
    const Answers& answers = served.answers;
    std::string out = R"({"predictions":[)";
    for (size_t row = 0; row < answers.rows; ++row) {
        if (row > 0) out += ',';
        if (!answers.texts.empty()) {
            out += answers.texts[row];
            continue;
        }
        if (answers.width > 1) out += '[';
        for (size_t k = 0; k < answers.width; ++k) {
            if (k > 0) out += ',';
            append_value(out, answers, row * answers.width + k);
        }
        if (answers.width > 1) out += ']';
    }
    out += "],\"prediction_ids\":";
    append_ids(out, served);
    return out += '}';
}

std::string encode_v2(const serving::Served& served, const std::string& model,
                      const std::string& id) {
    const Answers& answers = served.answers;
    std::string out = R"({"model_name":)";
    append_json_string(out, model);
    out += R"(,"model_version":")" + std::to_string(served.version) + '"';
    if (!id.empty()) {
        out += R"(,"id":)";
        append_json_string(out, id);
    }
    out += R"(,"outputs":[{"name":"predictions","shape":[)" + std::to_string(answers.rows);
    if (answers.width > 1) out += "," + std::to_string(answers.width);
    out += R"(],"datatype":")";
    out += datatype_of(!answers.texts.empty() ? ColumnType::text : type_of(answers.kind));
    out += R"(","data":[)";
    const size_t count = answers.texts.empty() ? answers.values.size() : answers.texts.size();
    for (size_t i = 0; i < count; ++i) {
        if (i > 0) out += ',';
        if (answers.texts.empty())
            append_value(out, answers, i);
        else
            append_json_string(out, answers.texts[i]);
    }
    out += "]}],\"parameters\":{\"prediction_ids\":";
    append_ids(out, served);
    return out += "}}";
}

std::string_view datatype_of(predictions::ColumnType type) {
    switch (type) {
        case predictions::ColumnType::float32:
            return "FP32";
        case predictions::ColumnType::float64:
            return "FP64";
        case predictions::ColumnType::int64:
            return "INT64";
        case predictions::ColumnType::text:
            return "BYTES";
    }
    return "BYTES";
}

}  // namespace rondo::api::inference
