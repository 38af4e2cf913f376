// A decoded request: rows under a schema, row-major.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "domain/predictions/model.h"

namespace rondo::serving {

using predictions::Answer;
using predictions::Cell;
using predictions::ColumnType;
using predictions::NumberKind;
using predictions::Schema;

struct Frame {
    const Schema* schema = nullptr;  // outlives the frame: the loaded model's, or `own_schema`
    std::shared_ptr<const Schema> own_schema;  // of a model without a signature: the request's
    size_t rows = 0;
    std::vector<Cell> cells;         // rows * columns
    std::vector<std::string> texts;  // what text cells point to

    std::span<const Cell> row(size_t index) const {
        const size_t width = schema->columns.size();
        return {cells.data() + index * width, width};
    }
};

// The frame under another schema, by column names; numbers change their type where it is exact
// enough for the model. Code::invalid names a feature that is not there.
Result<Frame> project(const Frame& frame, const Schema& to);

// The answers to a frame: one number a row, several numbers a row, or text (JSON) a row.
struct Answers {
    size_t rows = 0;
    size_t width = 1;  // numbers a row
    NumberKind kind = NumberKind::float64;
    std::vector<double> values;      // rows * width
    std::vector<std::string> texts;  // instead of values: one JSON text a row

    Answer row(size_t index) const {
        Answer answer;
        answer.kind = kind;
        if (!texts.empty()) {
            answer.text = texts[index];
        } else {
            answer.values.assign(values.begin() + static_cast<std::ptrdiff_t>(index * width),
                                 values.begin() + static_cast<std::ptrdiff_t>((index + 1) * width));
        }
        return answer;
    }
};

}  // namespace rondo::serving
