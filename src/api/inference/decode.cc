#include "api/inference/decode.h"

#include <cmath>

#include "base/text.h"
#include "domain/serving/table_frame.h"
#include "platform/json/parser.h"

namespace rondo::api::inference {
namespace {

namespace dom = simdjson::dom;
using predictions::Cell;
using predictions::Column;
using predictions::ColumnType;
using serving::Frame;
using serving::ModelDescription;

std::unexpected<Error> bad(std::string message, std::string field = {}) {
    return fail(Code::invalid, std::move(message), std::move(field));
}

std::unexpected<Error> lacks(const std::string& feature) {
    return bad("the request has no feature " + rondo::quoted(feature) + ", which the model needs",
               feature);
}

std::string shown(dom::element value) {
    std::string text = simdjson::minify(value);
    return text.size() > 60 ? text.substr(0, 60) + "..." : text;
}

// Fills a frame by rows and columns under the model's schema.
class Builder {
  public:
    Builder(const ModelDescription& model) : model_(model) { frame_.schema = &model.inputs; }

    size_t width() const { return frame_.schema->columns.size(); }
    const Column& column(size_t index) const { return frame_.schema->columns[index]; }
    bool is_required(size_t index) const {
        return index >= model_.required.size() || model_.required[index];
    }

    Status resize(size_t rows) {
        if (rows == 0) return bad("the request has no rows");
        if (rows > kMaxRows) return fail(Code::too_large, "a request has at most 1,000,000 rows");
        if (width() > 0 && rows > kMaxCells / width())
            return fail(Code::too_large,
                        "a request has at most 33,554,432 values; send fewer rows");
        frame_.rows = rows;
        Cell empty{};
        empty.real = std::nan("");
        frame_.cells.assign(rows * width(), empty);
        return ok();
    }

    // A model without a signature takes what comes: numbers as float64, strings as text.
    Status take_columns(const std::vector<std::pair<std::string, dom::element>>& samples) {
        auto schema = std::make_shared<serving::Schema>();
        for (const auto& [name, sample] : samples)
            schema->columns.push_back(
                {name, sample.is_string() ? ColumnType::text : ColumnType::float64});
        frame_.own_schema = schema;
        frame_.schema = schema.get();
        return ok();
    }

    Status set(size_t row, size_t index, dom::element value) {
        const Column& column = frame_.schema->columns[index];
        Cell& cell = frame_.cells[row * width() + index];
        switch (column.type) {
            case ColumnType::float32:
            case ColumnType::float64:
                return set_real(column, cell, value);
            case ColumnType::int64:
                return set_integer(column, cell, value);
            case ColumnType::text:
                return set_text(column, cell, value);
        }
        return ok();
    }

    Status missing(size_t row, size_t index) {
        const Column& column = frame_.schema->columns[index];
        if (is_required(index))
            return bad("the model needs the feature " + rondo::quoted(column.name) + ", row " +
                           std::to_string(row) + " has none",
                       column.name);
        if (column.type == ColumnType::int64)
            return bad("the feature " + rondo::quoted(column.name) +
                           " is an integer and cannot be left "
                           "out",
                       column.name);
        if (column.type == ColumnType::text) add_text(frame_.cells[row * width() + index], "");
        return ok();
    }

    Frame take() { return std::move(frame_); }

  private:
    static std::unexpected<Error> wrong(const Column& column, std::string_view wanted,
                                        dom::element value) {
        return bad("the feature " + rondo::quoted(column.name) + " has to be " +
                       std::string(wanted) + ", not " + shown(value),
                   column.name);
    }
    static Status set_real(const Column& column, Cell& cell, dom::element value) {
        if (value.is_null()) {
            cell.real = std::nan("");
            return ok();
        }
        double real = 0;
        std::string_view text;
        if (!value.is_bool() && !value.get(real)) {
            cell.real = column.type == ColumnType::float32
                            ? static_cast<double>(static_cast<float>(real))
                            : real;
            return ok();
        }
        if (!value.get(text) && (text == "NaN" || text == "nan")) {
            cell.real = std::nan("");
            return ok();
        }
        return wrong(column, "a number", value);
    }
    static Status set_integer(const Column& column, Cell& cell, dom::element value) {
        bool truth = false;
        if (!value.get(truth)) {
            cell.integer = truth ? 1 : 0;
            return ok();
        }
        if (!value.get(cell.integer)) return ok();
        double real = 0;
        if (!value.get(real) && std::trunc(real) == real && std::abs(real) < 9e18) {
            cell.integer = static_cast<int64_t>(real);
            return ok();
        }
        return wrong(column, "an integer", value);
    }
    Status set_text(const Column& column, Cell& cell, dom::element value) {
        std::string_view text;
        if (value.is_null())
            text = "";
        else if (value.get(text))
            return wrong(column, "a string", value);
        add_text(cell, text);
        return ok();
    }
    void add_text(Cell& cell, std::string_view text) {
        cell.text = static_cast<uint32_t>(frame_.texts.size());
        frame_.texts.emplace_back(text);
    }

    const ModelDescription& model_;
    Frame frame_;
};

// Where each of the model's columns is in a list of names; by position when there are no names.
Result<std::vector<std::optional<size_t>>> places(const Builder& builder,
                                                  const std::vector<std::string_view>& names) {
    std::vector<std::optional<size_t>> out(builder.width());
    for (size_t c = 0; c < builder.width(); ++c) {
        for (size_t i = 0; i < names.size(); ++i) {
            if (names[i] == builder.column(c).name) out[c] = i;
        }
        if (!out[c] && builder.is_required(c)) return lacks(builder.column(c).name);
    }
    return out;
}

Status fill_row(Builder& builder, size_t row, dom::element cells,
                const std::vector<std::optional<size_t>>& place, size_t expected) {
    dom::array list;
    if (cells.get(list)) return bad("a row has to be a list, not " + shown(cells));
    std::vector<dom::element> values;
    for (const dom::element value : list) values.push_back(value);
    if (values.size() != expected)
        return bad("row " + std::to_string(row) + " has " + std::to_string(values.size()) +
                   " values, " + std::to_string(expected) + " are expected");
    for (size_t c = 0; c < builder.width(); ++c) {
        if (place[c])
            TRY(builder.set(row, c, values[*place[c]]));
        else
            TRY(builder.missing(row, c));
    }
    return ok();
}

Result<Frame> from_split(dom::element value, const ModelDescription& model) {
    dom::object split;
    if (value.get(split))
        return bad("Dataframe split format must be a dictionary. Got " + shown(value));
    dom::array columns, data;
    for (const auto [key, ignored] : split) {
        if (key != "columns" && key != "index" && key != "data")
            return bad(
                "Dataframe split format may only have the keys columns, index and data, "
                "not " +
                rondo::quoted(key));
    }
    if (split["data"].get(data))
        return bad(
            "Provided dataframe_split field is not a valid dataframe representation: "
            "it has no list 'data'");
    std::vector<std::string_view> names;
    const bool named = !split["columns"].get(columns);
    if (named) {
        for (const dom::element name : columns) {
            std::string_view text;
            if (name.get(text)) return bad("the names of columns have to be strings");
            names.push_back(text);
        }
    }
    Builder builder(model);
    if (!model.has_signature) {
        std::vector<std::pair<std::string, dom::element>> samples;
        dom::array first;
        if (data.at(0).get(first)) return bad("the request has no rows");
        size_t i = 0;
        for (const dom::element sample : first)
            samples.emplace_back(i < names.size() ? std::string(names[i]) : std::to_string(i),
                                 sample),
                ++i;
        TRY(builder.take_columns(samples));
        if (!named)
            for (size_t c = 0; c < builder.width(); ++c) names.push_back(builder.column(c).name);
    } else if (!named) {
        for (size_t c = 0; c < builder.width(); ++c) names.push_back(builder.column(c).name);
    }
    TRY_ASSIGN(const auto place, places(builder, names));
    TRY(builder.resize(data.size()));
    size_t row = 0;
    for (const dom::element cells : data) TRY(fill_row(builder, row++, cells, place, names.size()));
    return builder.take();
}

Result<Frame> from_records(dom::element value, const ModelDescription& model) {
    dom::array records;
    if (value.get(records))
        return bad("Dataframe records format must be a list of records. Got " + shown(value));
    Builder builder(model);
    if (!model.has_signature) {
        dom::object first;
        if (records.at(0).get(first)) return bad("the request has no rows");
        std::vector<std::pair<std::string, dom::element>> samples;
        for (const auto [key, sample] : first) samples.emplace_back(std::string(key), sample);
        TRY(builder.take_columns(samples));
    }
    TRY(builder.resize(records.size()));
    size_t row = 0;
    for (const dom::element record : records) {
        dom::object fields;
        if (record.get(fields)) return bad("a record has to be an object, not " + shown(record));
        for (size_t c = 0; c < builder.width(); ++c) {
            dom::element cell;
            if (fields[builder.column(c).name].get(cell))
                TRY(builder.missing(row, c));
            else
                TRY(builder.set(row, c, cell));
        }
        ++row;
    }
    return builder.take();
}

// Rows by position.
Result<Frame> from_rows(dom::array rows, const ModelDescription& model) {
    Builder builder(model);
    dom::element row_of_any_kind;
    if (rows.at(0).get(row_of_any_kind)) return bad("the request has no rows");
    dom::array first;
    const bool flat = row_of_any_kind.get(first) != simdjson::SUCCESS;
    if (!model.has_signature) {
        std::vector<std::pair<std::string, dom::element>> samples;
        if (flat) {
            samples.emplace_back("0", row_of_any_kind);
        } else {
            size_t i = 0;
            for (const dom::element sample : first)
                samples.emplace_back(std::to_string(i++), sample);
        }
        TRY(builder.take_columns(samples));
    }
    TRY(builder.resize(rows.size()));
    std::vector<std::optional<size_t>> place(builder.width());
    for (size_t c = 0; c < place.size(); ++c) place[c] = c;
    size_t row = 0;
    for (const dom::element cells : rows) {
        if (flat && builder.width() == 1)
            TRY(builder.set(row++, 0, cells));
        else
            TRY(fill_row(builder, row++, cells, place, builder.width()));
    }
    return builder.take();
}

// {"a": [1, 2], "b": [3, 4]}
Result<Frame> from_columns(dom::object columns, const ModelDescription& model) {
    Builder builder(model);
    std::vector<std::string_view> names;
    std::vector<dom::array> values;
    for (const auto [key, value] : columns) {
        dom::array list;
        if (value.get(list)) return bad("the column " + rondo::quoted(key) + " has to be a list");
        names.push_back(key);
        values.push_back(list);
    }
    if (values.empty()) return bad("the request has no columns");
    if (!model.has_signature) {
        std::vector<std::pair<std::string, dom::element>> samples;
        for (size_t i = 0; i < names.size(); ++i) {
            dom::element sample;
            if (values[i].at(0).get(sample)) return bad("the request has no rows");
            samples.emplace_back(std::string(names[i]), sample);
        }
        TRY(builder.take_columns(samples));
    }
    TRY_ASSIGN(const auto place, places(builder, names));
    const size_t rows = values[0].size();
    TRY(builder.resize(rows));
    for (size_t c = 0; c < builder.width(); ++c) {
        if (!place[c]) {
            for (size_t row = 0; row < rows; ++row) TRY(builder.missing(row, c));
            continue;
        }
        if (values[*place[c]].size() != rows) return bad("the columns have different lengths");
        size_t row = 0;
        for (const dom::element cell : values[*place[c]]) TRY(builder.set(row++, c, cell));
    }
    return builder.take();
}

Result<Frame> from_any(dom::element value, const ModelDescription& model) {
    dom::object object;
    if (!value.get(object)) return from_columns(object, model);
    dom::array list;
    if (value.get(list)) return bad("the input has to be a list or an object");
    dom::object first;
    if (!list.at(0).get(first)) return from_records(value, model);
    return from_rows(list, model);
}

// --- Open Inference Protocol --------------------------------------------------------------------

struct Tensor {
    std::string_view name, datatype;
    std::vector<int64_t> shape;
    std::vector<dom::element> values;  // flattened, row-major
};

Status flatten(dom::element value, std::vector<dom::element>& out, int depth) {
    dom::array list;
    if (value.get(list)) {
        out.push_back(value);
        return ok();
    }
    if (depth > 8) return bad("a tensor has at most 8 dimensions");
    for (const dom::element item : list) TRY(flatten(item, out, depth + 1));
    return ok();
}

Result<Tensor> read_tensor(dom::element in) {
    Tensor tensor;
    dom::array shape;
    dom::element data;
    if (in["name"].get(tensor.name)) return bad("an input has no name", "inputs");
    const std::string where = "input " + rondo::quoted(tensor.name);
    if (in["datatype"].get(tensor.datatype)) return bad(where + " has no datatype", "inputs");
    if (in["shape"].get(shape)) return bad(where + " has no shape", "inputs");
    if (in["data"].get(data)) return bad(where + " has no data", "inputs");
    if (tensor.datatype == "FP16" || tensor.datatype == "BF16")
        return bad(where + ": FP16 and BF16 cannot be sent as JSON; use FP32", "inputs");
    int64_t elements = 1;
    for (const dom::element dimension : shape) {
        int64_t size = 0;
        if (dimension.get(size) || size < 0)
            return bad(where + ": a dimension has to be an integer of at least 0", "inputs");
        if (size != 0 && elements > static_cast<int64_t>(kBodyLimit) / size)
            return bad(where + ": the shape is larger than any request can be", "inputs");
        elements *= size;
        tensor.shape.push_back(size);
    }
    TRY(flatten(data, tensor.values, 0));
    if (static_cast<int64_t>(tensor.values.size()) != elements)
        return bad(where + " has " + std::to_string(tensor.values.size()) +
                       " values, its shape says " + std::to_string(elements),
                   "inputs");
    if (tensor.shape.empty()) return bad(where + " has an empty shape", "inputs");
    return tensor;
}

// One tensor a column, or one tensor of rows by columns.
Result<Frame> from_tensors(const std::vector<Tensor>& tensors, const ModelDescription& model) {
    Builder builder(model);
    const bool matrix = tensors.size() == 1 && tensors[0].shape.size() == 2 &&
                        (tensors[0].shape[1] != 1 || builder.width() == 1);
    if (!model.has_signature) {
        std::vector<std::pair<std::string, dom::element>> samples;
        const size_t columns = matrix ? static_cast<size_t>(tensors[0].shape[1]) : tensors.size();
        for (size_t c = 0; c < columns; ++c) {
            const Tensor& tensor = matrix ? tensors[0] : tensors[c];
            if (tensor.values.empty()) return bad("the request has no rows");
            samples.emplace_back(matrix ? std::to_string(c) : std::string(tensor.name),
                                 tensor.values[matrix ? c : 0]);
        }
        TRY(builder.take_columns(samples));
    }
    if (matrix) {
        const Tensor& tensor = tensors[0];
        if (static_cast<size_t>(tensor.shape[1]) != builder.width())
            return bad("the input has " + std::to_string(tensor.shape[1]) + " columns, the model " +
                       std::to_string(builder.width()));
        TRY(builder.resize(static_cast<size_t>(tensor.shape[0])));
        for (size_t i = 0; i < tensor.values.size(); ++i)
            TRY(builder.set(i / builder.width(), i % builder.width(), tensor.values[i]));
        return builder.take();
    }
    std::vector<std::string_view> names;
    for (const Tensor& tensor : tensors) {
        names.push_back(tensor.name);
        const bool column =
            tensor.shape.size() == 1 || (tensor.shape.size() == 2 && tensor.shape[1] == 1);
        if (!column || tensor.shape[0] != tensors[0].shape[0])
            return bad("input " + rondo::quoted(tensor.name) + " has to be a column of " +
                       std::to_string(tensors[0].shape[0]) + " rows");
    }
    TRY_ASSIGN(const auto place, places(builder, names));
    const auto rows = static_cast<size_t>(tensors[0].shape[0]);
    TRY(builder.resize(rows));
    for (size_t c = 0; c < builder.width(); ++c) {
        for (size_t row = 0; row < rows; ++row) {
            if (place[c])
                TRY(builder.set(row, c, tensors[*place[c]].values[row]));
            else
                TRY(builder.missing(row, c));
        }
    }
    return builder.take();
}

}  // namespace

Result<Frame> decode_invocations(std::string_view body, const ModelDescription& model) {
    return json::with_parsed(body, [&](const dom::element& root) -> Result<Frame> {
        constexpr std::array<std::string_view, 4> kinds{"dataframe_split", "dataframe_records",
                                                        "instances", "inputs"};
        dom::object object;
        if (root.get(object))
            return bad(
                "Invalid input. The input must be a JSON dictionary with exactly one of "
                "the input fields dataframe_split, dataframe_records, instances, inputs");
        std::optional<size_t> kind;
        dom::element input;
        for (const auto [key, value] : object) {
            for (size_t i = 0; i < kinds.size(); ++i) {
                if (key != kinds[i]) continue;
                if (kind)
                    return bad(
                        "Invalid input. The input must be a JSON dictionary with exactly "
                        "one of the input fields, not several");
                kind = i;
                input = value;
            }
        }
        if (!kind)
            return bad(
                "Invalid input. The input must be a JSON dictionary with exactly one of "
                "the input fields dataframe_split, dataframe_records, instances, inputs");
        if (*kind == 0) return from_split(input, model);
        if (*kind == 1) return from_records(input, model);
        return from_any(input, model);
    });
}

Result<Frame> decode_csv(std::string body, const ModelDescription& model) {
    TRY_ASSIGN(data::Table table, data::parse_csv(std::move(body)));
    if (table.rows == 0) return bad("the request has no rows");
    if (!model.has_signature)
        return bad("the model has no signature; send JSON, which says what is a number");
    for (size_t c = 0; c < model.inputs.columns.size(); ++c) {
        const std::string& name = model.inputs.columns[c].name;
        if (table.find(name)) continue;
        if (c >= model.required.size() || model.required[c]) return lacks(name);
        table.names.push_back(name);
        table.columns.emplace_back(table.rows, std::string_view());
    }
    std::vector<size_t> rows(table.rows);
    for (size_t i = 0; i < rows.size(); ++i) rows[i] = i;
    return serving::frame_of(table, rows, model.inputs);
}

Result<V2Request> decode_v2(std::string_view body, const ModelDescription& model) {
    return json::with_parsed(body, [&](const dom::element& root) -> Result<V2Request> {
        V2Request request;
        dom::array inputs, outputs;
        std::string_view text;
        if (!root.is_object()) return bad("the body has to be an object");
        if (!root["id"].get(text)) request.id = text;
        if (!root["parameters"]["unit_id"].get(text)) request.unit_id = text;
        if (!root["parameters"]["event_time"].get(text)) request.event_time = text;
        if (root["inputs"].get(inputs) || inputs.size() == 0)
            return bad("the request has no inputs", "inputs");
        if (!root["outputs"].get(outputs)) {
            for (const dom::element output : outputs) {
                if (output["name"].get(text)) return bad("an output has no name", "outputs");
                request.outputs.emplace_back(text);
            }
        }
        std::vector<Tensor> tensors;
        for (const dom::element input : inputs) {
            TRY_ASSIGN(Tensor tensor, read_tensor(input));
            tensors.push_back(std::move(tensor));
        }
        TRY_ASSIGN(request.frame, from_tensors(tensors, model));
        return request;
    });
}

}  // namespace rondo::api::inference
