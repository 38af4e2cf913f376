// Definitions (endpoints, policies, pipelines) are sent as YAML or JSON and read by field tables.
#pragma once

#include <string>

#include "platform/json/json.h"
#include "platform/json/value.h"
#include "platform/net/http.h"

namespace rondo::api {

inline constexpr size_t kDefinitionLimit = 4 << 20;

// The body as JSON: YAML is converted, JSON is taken as it is. Code::invalid for another type.
Result<std::string> definition_text(const net::Request& request);

template <class T>
Result<T> read_definition(const net::Request& request) {
    TRY_ASSIGN(const std::string text, definition_text(request));
    return json::read<T>(text);
}

}  // namespace rondo::api
