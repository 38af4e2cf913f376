// Requests for predictions as frames: MLflow's scoring JSON and CSV, and the Open Inference
// Protocol's JSON. One pass over the parsed document, straight into cells.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/serving/frame.h"
#include "domain/serving/signature.h"

namespace rondo::api::inference {

inline constexpr size_t kMaxRows = 1'000'000;
inline constexpr size_t kBodyLimit = 64 << 20;  // Triton's default
// As many values as a body can hold ("1,"). A body of empty rows must not become more memory.
inline constexpr size_t kMaxCells = kBodyLimit / 2;

// {"dataframe_split": ...}, {"dataframe_records": ...}, {"instances": ...} or {"inputs": ...}.
Result<serving::Frame> decode_invocations(std::string_view body,
                                          const serving::ModelDescription& model);
// A header line and rows.
Result<serving::Frame> decode_csv(std::string body, const serving::ModelDescription& model);

// {"id": ..., "parameters": ..., "inputs": [{"name", "shape", "datatype", "data"}], "outputs": ...}
struct V2Request {
    std::string id;
    std::string unit_id, event_time;   // parameters of ours
    std::vector<std::string> outputs;  // names; empty: all
    serving::Frame frame;
};
Result<V2Request> decode_v2(std::string_view body, const serving::ModelDescription& model);

}  // namespace rondo::api::inference
