// What names and tags of the registry may be. Errors are Code::invalid in MLflow's words, and name
// the field they are about.
#pragma once

#include "base/result.h"
#include "domain/registry/model.h"

namespace rondo::registry {

// Not empty, and good as a folder's name.
Status check_model_name(const std::string& name, std::string_view path = "name");
Status check_tag(const Tag& tag);
Status check_alias(const std::string& alias);
// Some aliases mean something else in locations (models:/NAME@latest).
Status check_alias_is_free(const std::string& alias);

}  // namespace rondo::registry
