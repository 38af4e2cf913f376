#include "base/text.h"
#include "platform/rpc/service.h"

namespace rondo::rpc {
namespace {

std::string_view name_of(Reach reach) {
    constexpr std::string_view kNames[] = {"open",   "optional", "signed_in", "read",
                                           "search", "invoke",   "write",     "create",
                                           "manage", "operate",  "admin"};
    return kNames[static_cast<size_t>(reach)];
}

// OpenAPI has no parameter for the rest of a path: "/files/{path...}" is told as "/files/{path}".
std::string template_of(std::string path) {
    constexpr std::string_view kRest = "...}";
    if (path.ends_with(kRest)) path.replace(path.size() - kRest.size(), kRest.size(), "}");
    return path;
}

// "get_labels_by_id" for GET /labels/{id}
std::string operation_id(const Row& row) {
    std::string id = to_lower(net::name_of(row.verb));
    for (const std::string_view segment : split(template_of(row.path), '/')) {
        if (segment.empty()) continue;
        id += segment.starts_with('{') ? "_by_" : "_";
        for (const char c : segment) {
            const bool plain =
                (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            if (c != '{' && c != '}') id += plain ? c : '_';
        }
    }
    return id;
}

void write_parameters(std::string& out, const Row& row) {
    const json::ObjectInfo& object = row.message->object();
    const bool in_query = row.verb == net::Verb::get || row.body != BodyKind::json;
    bool first = true;
    out += "\"parameters\":[";
    const auto add = [&](std::string_view name, std::string_view place, bool required,
                         std::string_view doc, const json::Shape* shape) {
        if (!first) out += ',';
        first = false;
        out += R"({"name":)";
        append_json_string(out, name);
        out += R"(,"in":")";
        out += place;
        out += required ? R"(","required":true)" : R"(","required":false)";
        if (!doc.empty()) {
            out += R"(,"description":)";
            append_json_string(out, doc);
        }
        out += R"(,"schema":)";
        if (shape != nullptr)
            json::write_schema(out, *shape);
        else
            out += R"({"type":"string"})";
        out += '}';
    };
    for (const std::string_view segment : split(row.path, '/')) {
        if (!segment.starts_with('{')) continue;
        std::string_view name = segment.substr(1, segment.size() - 2);
        if (name.ends_with("...")) name.remove_suffix(3);
        const json::FieldInfo* field = json::find_field(object, name);
        add(name, "path", true, field == nullptr ? "" : field->doc, nullptr);
    }
    if (in_query) {
        for (const json::FieldInfo& field : object.fields) {
            const std::string in_path = "{" + std::string(field.name);
            if (row.path.find(in_path + "}") != std::string::npos ||
                row.path.find(in_path + "...}") != std::string::npos)
                continue;
            add(field.name, "query", field.presence == json::Presence::required, field.doc,
                field.shape);
        }
    }
    out += ']';
}

void write_object(std::string& out, const json::ObjectInfo& object) {
    out += R"({"type":"object","properties":{)";
    bool first = true;
    for (const json::FieldInfo& field : object.fields) {
        if (!first) out += ',';
        first = false;
        append_json_string(out, field.name);
        out += R"(:{"description":)";
        append_json_string(out, field.doc);
        out += R"(,"allOf":[)";
        json::write_schema(out, *field.shape);
        out += "]}";
    }
    out += "},\"required\":[";
    first = true;
    for (const json::FieldInfo& field : object.fields) {
        if (field.presence != json::Presence::required) continue;
        if (!first) out += ',';
        first = false;
        append_json_string(out, field.name);
    }
    out += "]}";
}

}  // namespace

std::string Service::openapi(std::string_view version) const {
    std::string out = R"({"openapi":"3.1.0","info":{"title":"Rondo","version":)";
    append_json_string(out, version);
    out += R"(},"paths":{)";
    std::map<std::string, std::vector<const Row*>> by_path;
    for (const auto& row : rows_) {
        if (row->style != Style::grpc) by_path[row->path].push_back(row.get());
    }
    std::vector<const json::ObjectInfo*> objects;
    bool first_path = true;
    for (const auto& [path, rows] : by_path) {
        if (!first_path) out += ',';
        first_path = false;
        append_json_string(out, template_of(path));
        out += ":{";
        bool first_row = true;
        for (const Row* row : rows) {
            if (!first_row) out += ',';
            first_row = false;
            append_json_string(out, to_lower(net::name_of(row->verb)));
            out += R"(:{"operationId":)";
            append_json_string(out, operation_id(*row));
            out += R"(,"summary":)";
            append_json_string(out, row->summary);
            out += R"(,"x-permission":)";
            append_json_string(out, row->permission.name);
            out += R"(,"x-reach":)";
            append_json_string(out, name_of(row->permission.reach));
            out += R"(,"x-object":)";
            append_json_string(out, row->permission.object);
            out += ',';
            write_parameters(out, *row);
            if (row->body == BodyKind::json && row->verb != net::Verb::get &&
                !row->message->object().fields.empty()) {
                out += R"(,"requestBody":{"content":{"application/json":{"schema":)";
                json::write_schema(out, *row->message);
                out += "}}}";
                json::collect_objects(*row->message, objects);
            } else if (row->body != BodyKind::json) {
                out += R"(,"requestBody":{"content":{"application/octet-stream":{}}})";
            }
            out += R"(,"responses":{"200":{"description":"Done")";
            if (row->answer != nullptr) {
                out += R"(,"content":{"application/json":{"schema":)";
                json::write_schema(out, *row->answer);
                out += "}}";
                json::collect_objects(*row->answer, objects);
            }
            out += R"(},"default":{"description":"What went wrong, and the way out"}}})";
        }
        out += '}';
    }
    out += R"(},"components":{"schemas":{)";
    std::map<std::string_view, const json::ObjectInfo*> by_name;
    for (const json::ObjectInfo* object : objects) by_name.emplace(object->name, object);
    bool first = true;
    for (const auto& [name, object] : by_name) {
        if (!first) out += ',';
        first = false;
        append_json_string(out, name);
        out += ':';
        write_object(out, *object);
    }
    return out += "}}}";
}

}  // namespace rondo::rpc
