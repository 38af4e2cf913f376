// What rights on models are resolved through. Nothing when there is no such thing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "platform/auth/model.h"
#include "platform/store/tx.h"

namespace rondo::registry {

inline constexpr std::string_view kModelKind = "model";  // of grants

Result<std::optional<int64_t>> model_by_name(store::Tx& tx, int64_t workspace_id,
                                             const std::string& name);
// The experiment or the model that a version's source leads to: "runs:/...", "models:/...", or a
// location of artifacts on this server.
Result<std::optional<auth::ObjectRef>> object_of_source(store::Tx& tx, int64_t workspace_id,
                                                        const std::string& source);

}  // namespace rondo::registry
