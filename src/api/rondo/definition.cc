#include "api/rondo/definition.h"

#include "base/text.h"

namespace rondo::api {

Result<std::string> definition_text(const net::Request& request) {
    std::string_view type = request.headers.get("content-type");
    type = trim(type.substr(0, type.find(';')));
    if (equals_ignoring_case(type, "application/json")) return request.body;
    if (equals_ignoring_case(type, "application/yaml")) {
        TRY_ASSIGN(const json::Value value, json::parse_yaml(request.body));
        return value.dump();
    }
    return fail(Code::invalid,
                "send a definition as content-type application/yaml or "
                "application/json");
}

}  // namespace rondo::api
