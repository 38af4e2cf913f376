#include "platform/notify/mlflow_words.h"

#include <algorithm>

#include "base/check.h"
#include "platform/json/value.h"

namespace rondo::notify {
namespace {

using json::Value;

constexpr MlflowEvent kEvents[] = {
    {"registry.model_created", "registered_model", "created", {"name", "tags", "description"}},
    {"registry.version_created",
     "model_version",
     "created",
     {"name", "version", "source", "run_id", "tags", "description"}},
    {"registry.version_tag_set", "model_version_tag", "set", {"name", "version", "key", "value"}},
    {"registry.version_tag_deleted", "model_version_tag", "deleted", {"name", "version", "key"}},
    {"registry.alias_set", "model_version_alias", "created", {"name", "alias", "version"}},
    {"registry.alias_deleted", "model_version_alias", "deleted", {"name", "alias"}},
    {"registry.prompt_created", "prompt", "created", {"name", "tags", "description"}},
    {"registry.prompt_version_created",
     "prompt_version",
     "created",
     {"name", "version", "template", "tags", "description"}},
    {"registry.prompt_tag_set", "prompt_tag", "set", {"name", "key", "value"}},
    {"registry.prompt_tag_deleted", "prompt_tag", "deleted", {"name", "key"}},
    {"registry.prompt_version_tag_set",
     "prompt_version_tag",
     "set",
     {"name", "version", "key", "value"}},
    {"registry.prompt_version_tag_deleted",
     "prompt_version_tag",
     "deleted",
     {"name", "version", "key"}},
    {"registry.prompt_alias_set", "prompt_alias", "created", {"name", "alias", "version"}},
    {"registry.prompt_alias_deleted", "prompt_alias", "deleted", {"name", "alias"}},
};

// Tags by which clients keep what a prompt is; its text is a member of its own.
constexpr std::string_view kText = "mlflow.prompt.text";
constexpr std::string_view kHidden[] = {kText, "mlflow.prompt.is_prompt", "_mlflow_prompt_type"};

const MlflowEvent* find_event(std::string_view kind) {
    const auto found = std::ranges::find(kEvents, kind, &MlflowEvent::kind);
    return found == std::end(kEvents) ? nullptr : found;
}

Value tags_of(const Value& data, bool prompt) {
    Value::Object out;
    for (const auto& [key, value] : data["tags"].object()) {
        if (!prompt || std::ranges::find(kHidden, key) == std::end(kHidden))
            out.emplace_back(key, value);
    }
    return out;
}

// Python's form of the moment, which older ones of it read too.
std::string with_offset(std::string time) {
    if (time.ends_with('Z')) time.replace(time.size() - 1, 1, "+00:00");
    return time;
}

}  // namespace

std::span<const MlflowEvent> mlflow_events() { return kEvents; }

bool speaks_mlflow(std::string_view kind) { return find_event(kind) != nullptr; }

Form write_mlflow(const Message& m, std::string_view) {
    const MlflowEvent* event = find_event(m.event.kind);
    CHECK(event != nullptr, "an event that MLflow has no words for");
    auto parsed = Value::parse(m.event.data);
    const Value data = parsed ? std::move(*parsed) : Value();
    const bool prompt = event->entity.starts_with("prompt");
    const bool of_version = event->entity.ends_with("_version");
    Value payload = Value::Object{};
    for (const std::string_view field : event->fields) {
        if (field.empty()) break;
        if (field == "tags")
            payload.set(field, tags_of(data, prompt));
        else if (field == "template")
            payload.set(field, data["tags"][kText]);
        else if (data[field].is_int())  // MLflow's versions are texts
            payload.set(field, std::to_string(data[field].integer()));
        else if (of_version && data[field].text().empty() && field != "source")
            payload.set(field, Value());  // no run, no description
        else
            payload.set(field, data[field]);
    }
    return {"application/json",
            Value(Value::Object{{"entity", event->entity},
                                {"action", event->action},
                                {"timestamp", with_offset(format_time(m.event.recorded))},
                                {"data", std::move(payload)}})
                .dump(),
            {}};
}

}  // namespace rondo::notify
