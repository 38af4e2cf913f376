#include "base/text.h"
#include "domain/registry/objects.h"
#include "domain/registry/prompts.h"
#include "domain/registry/service.h"
#include "domain/tracking/validation.h"
#include "platform/auth/accounts.h"
#include "platform/json/json.h"

namespace rondo::registry {
namespace {

using tracking::check_key;
using tracking::check_length;

Status check_model_tag(const Tag& tag) {
    TRY(check_key(tag.key, "key"));
    return check_length("value", tag.value, tracking::kMaxRegistryTagLength);
}

uint64_t fingerprint_of(const RegistryQuery& query) {
    std::vector<std::string> parts{"registered_models", query.filter};
    parts.insert(parts.end(), query.order_by.begin(), query.order_by.end());
    return search::fingerprint(parts);
}

}  // namespace

Status check_model_name(const std::string& name, std::string_view path) {
    if (trim(name).empty()) return fail(tracking::missing_value(path));
    if (name.find_first_of("/:") != std::string::npos)
        return fail(Code::invalid,
                    "Invalid model name " + quoted(name) + ". Names cannot contain '/' or ':'.",
                    std::string(path));
    if (name == "." || name.starts_with(".."))
        return fail(tracking::invalid_value(path, name,
                                            "a name may be used as a folder, so it must not be "
                                            "'.' nor start with '..'"));
    constexpr size_t kMaxModelName = 256;
    return check_length(path, name, kMaxModelName);
}

Status Service::announce(store::Tx& tx, std::string_view what, const Change& change) const {
    events::NewEvent event;
    event.kind = "registry." + std::string(what);
    event.subject = "model/" + change.name;
    event.data = json::write(change, json::Dialect::rondo);
    event.workspace_id = parts_.workspace_id;
    TRY(parts_.events.publish(tx, event));
    return ok();
}

Result<ModelRow> Service::need_model(store::Tx& tx, const std::string& name) const {
    TRY(check_model_name(name));
    TRY_ASSIGN(auto row, select_model(tx, parts_.workspace_id, name));
    if (!row) return fail(Code::not_found, "Registered Model with name=" + name + " not found");
    return std::move(*row);
}

Result<RegisteredModel> Service::with_details(store::Tx& tx, ModelRow row) const {
    TRY(load_details(tx, std::span(&row, 1)));
    return std::move(row.model);
}

Result<RegisteredModel> Service::create_model(store::Tx& tx, const NewModel& wanted) const {
    TRY(check_model_name(wanted.name));
    TRY(check_length("description", wanted.description.value_or(""),
                     tracking::kMaxDescriptionLength));
    TRY(tracking::check_count_per_call("tags", wanted.tags.size()));
    for (const Tag& tag : wanted.tags) TRY(check_model_tag(tag));
    ModelRow row;
    row.model.name = wanted.name;
    row.model.description = wanted.description;
    row.model.created_ms = row.model.updated_ms = to_millis(parts_.env.now());
    TRY_ASSIGN(const auto id, insert_model(tx, parts_.workspace_id, row.model));
    if (!id) {
        TRY_ASSIGN(const RegisteredModel taken, get_model(tx, wanted.name));
        if (is_prompt(taken.tags) != is_prompt(wanted.tags))
            return fail(Code::already_exists,
                        "Tried to create a model or prompt with name " + quoted(wanted.name) +
                            ", but the name is already taken by one of the other kind. MLflow "
                            "does not allow a model and a prompt of the same name.");
        return fail(Code::already_exists,
                    "Registered Model (name=" + wanted.name + ") already exists.");
    }
    row.id = *id;
    for (const Tag& tag : wanted.tags) TRY(upsert_model_tag(tx, *id, tag));
    TRY(announce(tx, "model_created", {.name = wanted.name}));
    return with_details(tx, std::move(row));
}

Status Service::ensure_model(store::Tx& tx, const std::string& name) const {
    TRY_ASSIGN(const auto row, select_model(tx, parts_.workspace_id, name));
    if (row) return ok();
    TRY(create_model(tx, {.name = name}));
    return ok();
}

Result<RegisteredModel> Service::get_model(store::Tx& tx, const std::string& name) const {
    TRY_ASSIGN(ModelRow row, need_model(tx, name));
    return with_details(tx, std::move(row));
}

Result<RegisteredModel> Service::rename_model(store::Tx& tx, const std::string& name,
                                              const std::string& new_name) const {
    TRY(check_model_name(new_name, "new_name"));
    TRY_ASSIGN(ModelRow row, need_model(tx, name));
    TRY_ASSIGN(const auto other, select_model(tx, parts_.workspace_id, new_name));
    if (other && other->id != row.id)
        return fail(Code::already_exists,
                    "Registered Model (name=" + new_name + ") already exists.");
    row.model.name = new_name;
    row.model.updated_ms = to_millis(parts_.env.now());
    TRY(update_model(tx, row));
    TRY(announce(tx, "model_renamed", {.name = name, .new_name = new_name}));
    return with_details(tx, std::move(row));
}

Result<RegisteredModel> Service::describe_model(store::Tx& tx, const std::string& name,
                                                const std::string& description) const {
    TRY(check_length("description", description, tracking::kMaxDescriptionLength));
    TRY_ASSIGN(ModelRow row, need_model(tx, name));
    row.model.description = description;
    row.model.updated_ms = to_millis(parts_.env.now());
    TRY(update_model(tx, row));
    TRY(announce(tx, "model_updated", {.name = name}));
    return with_details(tx, std::move(row));
}

Status Service::own(store::Tx& tx, const auth::Caller* caller, const std::string& name) const {
    TRY_ASSIGN(const ModelRow row, need_model(tx, name));
    return auth::own(tx, caller, {std::string(kModelKind), row.id});
}

Status Service::delete_model(store::Tx& tx, const std::string& name) const {
    TRY_ASSIGN(const ModelRow row, need_model(tx, name));
    TRY(registry::delete_model(tx, row.id));
    TRY(auth::forget(tx, {std::string(kModelKind), row.id}));
    return announce(tx, "model_deleted", {.name = name});
}

Result<Page<RegisteredModel>> Service::search_models(store::Tx& tx,
                                                     const RegistryQuery& query) const {
    TRY(search::check_max_results(query.max_results, kMaxModelPage));
    const uint64_t fingerprint = fingerprint_of(query);
    TRY_ASSIGN(const int64_t offset, search::read_page_token(query.page_token, fingerprint));
    TRY_ASSIGN(auto rows, registry::search_models(tx, parts_.workspace_id, query, offset,
                                                  query.max_results + 1));
    Page<RegisteredModel> page;
    if (std::ssize(rows) > query.max_results) {
        rows.pop_back();
        page.next_token = search::make_page_token(offset + query.max_results, fingerprint);
    }
    TRY(load_details(tx, std::span<ModelRow>(rows)));
    for (ModelRow& row : rows) page.items.push_back(std::move(row.model));
    return page;
}

Status Service::set_model_tag(store::Tx& tx, const std::string& name, const Tag& tag) const {
    TRY(check_model_tag(tag));
    TRY_ASSIGN(const ModelRow row, need_model(tx, name));
    TRY(upsert_model_tag(tx, row.id, tag));
    return announce(tx, "model_tag_set", {.name = name, .key = tag.key, .value = tag.value});
}

Status Service::delete_model_tag(store::Tx& tx, const std::string& name,
                                 const std::string& key) const {
    TRY(check_key(key, "key"));
    TRY_ASSIGN(const ModelRow row, need_model(tx, name));
    TRY_ASSIGN(const int64_t deleted, registry::delete_model_tag(tx, row.id, key));
    if (deleted == 0) return ok();
    return announce(tx, "model_tag_deleted", {.name = name, .key = key});
}

}  // namespace rondo::registry
