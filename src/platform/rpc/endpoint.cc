#include "platform/rpc/endpoint.h"

#include "base/check.h"
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

// Whether a path of fields leads to texts or whole numbers.
bool leads_to_ids(const json::Shape& shape, std::string_view path) {
    switch (shape.kind) {
        case Kind::object: {
            const std::string_view name = path.substr(0, path.find('.'));
            const json::FieldInfo* field = json::find_field(shape.object(), name);
            path.remove_prefix(std::min(path.size(), name.size() + 1));
            return field != nullptr && leads_to_ids(*field->shape, path);
        }
        case Kind::optional:
        case Kind::list:
            return leads_to_ids(shape.element(), path);
        default:
            return path.empty() && (shape.kind == Kind::text || shape.kind == Kind::int64);
    }
}

// Appends the texts at a path of fields ("metrics.model_id"), through lists and optionals.
void collect_ids(const json::Shape& shape, const void* value, std::string_view path,
                 std::vector<std::string>& ids) {
    switch (shape.kind) {
        case Kind::object: {
            const std::string_view name = path.substr(0, path.find('.'));
            const json::FieldInfo* field = json::find_field(shape.object(), name);
            path.remove_prefix(std::min(path.size(), name.size() + 1));
            collect_ids(*field->shape, static_cast<const char*>(value) + field->offset, path, ids);
            return;
        }
        case Kind::optional:
        case Kind::list: {
            const size_t n = shape.size(value);
            std::string_view ignored;
            for (size_t i = 0; i < n; ++i)
                collect_ids(shape.element(), shape.at(value, i, &ignored), path, ids);
            return;
        }
        case Kind::text: {
            const auto& text = *static_cast<const std::string*>(value);
            if (!text.empty()) ids.push_back(text);
            return;
        }
        case Kind::int64:
            ids.push_back(std::to_string(*static_cast<const int64_t*>(value)));
            return;
        default:
            CHECK(false, "a permission that check_permission() has let through");
    }
}

void collect_objects_of(const Row& row, const void* message, const ObjectField& of,
                        std::vector<NamedObject>& objects) {
    std::vector<std::string> ids;
    for (const std::string_view path : split(of.id_field, ' '))
        collect_ids(*row.message, message, path, ids);
    for (std::string& id : ids) objects.push_back({of.object, std::move(id), of.reach});
}

}  // namespace

void check_permission(const Row& row) {
    CHECK(!row.permission.name.empty(), "a route without a permission: " + row.path);
    const auto check = [&](std::string_view paths) {
        for (const std::string_view path : split(paths, ' '))
            CHECK(path.empty() || leads_to_ids(*row.message, path),
                  "the permission of " + row.path + " names no id: " + std::string(path));
    };
    check(row.permission.id_field);
    for (const ObjectField& also : row.permission.also) check(also.id_field);
}

Task<Result<int64_t>> permit(const Row& row, net::Request& request, const void* message) {
    std::vector<NamedObject> objects;
    const Permission& permission = row.permission;
    if (!permission.id_field.empty())
        collect_objects_of(row, message, {permission.object, permission.id_field, permission.reach},
                           objects);
    for (const ObjectField& also : permission.also) collect_objects_of(row, message, also, objects);
    return row.guard->permit(permission, request, std::move(objects));
}

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
