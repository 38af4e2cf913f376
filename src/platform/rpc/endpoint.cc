#include "platform/rpc/endpoint.h"

#include "base/text.h"

namespace rondo::rpc {
namespace {

using json::Kind;

Status decode_query(const json::ObjectInfo& object, json::Dialect dialect,
                    const net::Request& request, void* message) {
    TRY_ASSIGN(const auto pairs, net::parse_query(request.query));
    for (const auto& [name, value] : pairs) {
        const json::FieldInfo* field = json::find_field(object, name);
        if (field == nullptr) {
            if (dialect == json::Dialect::rondo)
                return fail(Code::invalid, "unknown parameter " + quoted(name), name);
            continue;
        }
        TRY(json::read_query_value(*field->shape, name, value,
                                   static_cast<char*>(message) + field->offset, dialect));
    }
    // Required fields: by absence, since a value could be the type's own default.
    for (const json::FieldInfo& field : object.fields) {
        if (field.presence != json::Presence::required) continue;
        bool given = !request.param(field.name).empty();
        // MLflow takes an empty text for none.
        for (const auto& [name, value] : pairs)
            given = given ||
                    (name == field.name && (dialect != json::Dialect::mlflow || !value.empty()));
        if (!given) return fail(json::missing_field(field.name, dialect));
    }
    return ok();
}

Status check_content_type(const Row& row, const net::Request& request) {
    std::string_view type = request.headers.get("content-type");
    type = trim(type.substr(0, type.find(';')));
    if (request.body.empty() && type.empty()) return ok();
    if (equals_ignoring_case(type, "application/json")) return ok();
    // MLflow's clients send no type with some empty bodies; anything else is a page's form.
    if (row.style == Style::mlflow)
        return fail(Code::invalid, "Bad Request. Content-Type must be application/json");
    return fail(Code::invalid, "the body has to be sent as content-type: application/json");
}

// MLflow's old clients send a JSON string that holds the JSON.
Result<std::string> unwrap_twice_encoded(std::string_view body) {
    std::string inner;
    TRY(json::read_into(json::shape_of<std::string>(), body, &inner, json::Dialect::lenient));
    return inner;
}

}  // namespace

json::Dialect dialect_of(Style style) {
    return style == Style::mlflow  ? json::Dialect::mlflow
           : style == Style::rondo ? json::Dialect::rondo
                                   : json::Dialect::lenient;
}

Status decode(const Row& row, const net::Request& request, void* message) {
    const json::Dialect dialect = dialect_of(row.style);
    const json::ObjectInfo& object = row.message->object();
    if (row.body != BodyKind::json || row.verb == net::Verb::get) {
        TRY(decode_query(object, dialect, request, message));
    } else {
        TRY(check_content_type(row, request));
        std::string_view body = trim(request.body);
        std::string inner;
        if (body.starts_with('"') && row.style == Style::mlflow) {
            TRY_ASSIGN(inner, unwrap_twice_encoded(body));
            body = inner;
        }
        TRY(json::read_into(*row.message, body.empty() ? "{}" : body, message, dialect));
    }
    for (const auto& [name, value] : request.params) {
        if (const json::FieldInfo* field = json::find_field(object, name)) {
            TRY(json::read_query_value(*field->shape, name, value,
                                       static_cast<char*>(message) + field->offset, dialect));
        }
    }
    return ok();
}

net::Response encode(const Row& row, const void* answer) {
    net::Response response;
    json::write_to(response.body, *row.answer, answer, dialect_of(row.style));
    return response;
}

}  // namespace rondo::rpc
