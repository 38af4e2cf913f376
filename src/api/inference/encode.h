// Answers as MLflow's scoring server and the Open Inference Protocol write them.
#pragma once

#include <string>

#include "domain/serving/endpoint.h"

namespace rondo::api::inference {

// {"predictions": [...], "prediction_ids": [...]}
std::string encode_invocations(const serving::Served& served);

// {"model_name", "model_version", "id"?, "outputs": [{"name": "predictions", ...}], "parameters"}
std::string encode_v2(const serving::Served& served, const std::string& model,
                      const std::string& id);

// The protocol's name of a column's type: FP32, FP64, INT64, BYTES.
std::string_view datatype_of(predictions::ColumnType type);

}  // namespace rondo::api::inference
