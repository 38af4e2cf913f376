#include <algorithm>

#include "base/text.h"
#include "domain/registry/prompts.h"
#include "domain/registry/service.h"
#include "domain/registry/stage_text.h"
#include "domain/registry/validation.h"
#include "domain/tracking/validation.h"
#include "platform/json/value.h"

namespace rondo::registry {
namespace {

using tracking::check_length;

Result<VersionStage> parse_stage(const std::string& text) {
    if (const auto stage = stage_of(text)) return *stage;
    return fail(Code::invalid,
                "Invalid Model Version stage: " + text +
                    ". Value must be one of None, Staging, Production, Archived.",
                "stage");
}

uint64_t fingerprint_of(const RegistryQuery& query) {
    std::vector<std::string> parts{"model_versions", query.filter};
    parts.insert(parts.end(), query.order_by.begin(), query.order_by.end());
    return search::fingerprint(parts);
}

// As Python writes JSON, because clients compare the text of the tag.
std::string registrations_text(const json::Value::List& list) {
    std::string text = "[";
    for (const json::Value& entry : list) {
        if (text.size() > 1) text += ", ";
        text += "{\"name\": ";
        text += entry["name"].dump();
        text += ", \"version\": ";
        text += entry["version"].dump();
        text += '}';
    }
    return text + "]";
}

size_t bytes_of(const ModelVersion& version) {
    size_t bytes = 512 + version.description.value_or("").size();
    for (const Tag& tag : version.tags) bytes += tag.key.size() + tag.value.size();
    return bytes;
}

}  // namespace

Result<int64_t> parse_version(std::string_view text) {
    if (const auto version = parse_int(text)) return *version;
    return fail(Code::invalid, "Parameter 'version' must be an integer, got " + quoted(text) + ".",
                "version");
}

Result<VersionRow> Service::need_version(store::Tx& tx, const std::string& name,
                                         int64_t version) const {
    TRY(check_model_name(name));
    TRY_ASSIGN(auto row, select_version(tx, parts_.workspace_id, name, version));
    if (!row)
        return fail(Code::not_found, "Model Version (name=" + name +
                                         ", version=" + std::to_string(version) + ") not found");
    return std::move(*row);
}

Result<ModelVersion> Service::with_details(store::Tx& tx, VersionRow row) const {
    TRY(load_details(tx, std::span(&row, 1)));
    return std::move(row.version);
}

Result<ModelVersion> Service::create_version(store::Tx& tx, const NewModelVersion& wanted) const {
    TRY(check_length("description", wanted.description.value_or(""),
                     tracking::kMaxDescriptionLength));
    TRY(check_length("run_link", wanted.run_link, tracking::kMaxUriLength));
    TRY(tracking::check_count_per_call("tags", wanted.tags.size()));
    for (const Tag& tag : wanted.tags) TRY(check_tag(tag));
    TRY_ASSIGN(Origin origin, resolve_source(tx, wanted));
    TRY_ASSIGN(const ModelRow model, need_model(tx, wanted.name));
    VersionRow row;
    ModelVersion& version = row.version;
    row.model_row = model.id;
    version.name = wanted.name;
    version.source = std::move(origin.source);
    version.storage_location = std::move(origin.storage_location);
    version.run_id = std::move(origin.run_id);
    version.model_id = std::move(origin.model_id);
    version.run_link = wanted.run_link;
    version.description = wanted.description.value_or("");
    version.created_ms = version.updated_ms = to_millis(parts_.env.now());
    TRY_ASSIGN(version.version,
               wanted.chosen_number > 0
                   ? take_version(tx, model.id, wanted.chosen_number, version.created_ms)
                   : next_version(tx, model.id, version.created_ms));
    TRY_ASSIGN(row.id, insert_version(tx, model.id, version));
    for (const Tag& tag : wanted.tags) TRY(upsert_version_tag(tx, row.id, tag));
    if (!version.model_id.empty()) TRY(note_registration(tx, version));
    TRY(announce(tx, "version_created",
                 {.name = version.name,
                  .version = version.version,
                  .source = version.source,
                  .run_id = version.run_id,
                  .model_id = version.model_id,
                  .tags = tags_by_key(wanted.tags),
                  .description = version.description}));
    return with_details(tx, std::move(row));
}

// A logged model knows in a tag which versions it became.
Status Service::note_registration(store::Tx& tx, const ModelVersion& version) const {
    TRY_ASSIGN(const auto logged, parts_.tracking.find_logged_model(tx, version.model_id));
    if (!logged || logged->stage == tracking::Stage::deleted) return ok();
    json::Value::List list;
    for (const Tag& tag : logged->tags) {
        if (tag.key != tracking::kModelVersionsTag) continue;
        if (const auto known = json::Value::parse(tag.value)) list = known->list();
    }
    json::Value entry{json::Value::Object{}};
    entry.set("name", version.name);
    entry.set("version", version.version);
    list.push_back(std::move(entry));
    const std::string text = registrations_text(list);
    // Beyond that the list is only a convenience: searches by model id find the rest.
    if (text.size() > tracking::kMaxRegistryTagLength) return ok();
    TRY(parts_.tracking.set_model_tags(tx, version.model_id,
                                       {{std::string(tracking::kModelVersionsTag), text}}));
    return ok();
}

Result<ModelVersion> Service::get_version(store::Tx& tx, const std::string& name,
                                          int64_t version) const {
    TRY_ASSIGN(VersionRow row, need_version(tx, name, version));
    return with_details(tx, std::move(row));
}

Result<ModelVersion> Service::describe_version(
    store::Tx& tx, const std::string& name, int64_t version,
    const std::optional<std::string>& description) const {
    TRY(check_length("description", description.value_or(""), tracking::kMaxDescriptionLength));
    TRY_ASSIGN(VersionRow row, need_version(tx, name, version));
    row.version.description = description;
    row.version.updated_ms = to_millis(parts_.env.now());
    TRY(update_version(tx, row));
    TRY(announce(tx, "version_updated", {.name = name, .version = version}));
    return with_details(tx, std::move(row));
}

Result<ModelVersion> Service::move_to_stage(store::Tx& tx, const std::string& name, int64_t version,
                                            const std::string& stage, Others others) const {
    TRY_ASSIGN(const VersionStage to, parse_stage(stage));
    const bool active = to == VersionStage::staging || to == VersionStage::production;
    if (others == Others::archive && !active)
        return fail(Code::invalid,
                    "Model version transition cannot archive existing model "
                    "versions because " +
                        quoted(stage) +
                        " is not an Active stage. Valid stages are Staging and "
                        "Production.",
                    "archive_existing_versions");
    TRY_ASSIGN(VersionRow row, need_version(tx, name, version));
    const int64_t now_ms = to_millis(parts_.env.now());
    row.version.stage = to;
    row.version.updated_ms = now_ms;
    if (others == Others::archive) TRY(archive_others(tx, row, now_ms));
    TRY(update_version(tx, row));
    TRY_ASSIGN(ModelRow model, need_model(tx, name));
    model.model.updated_ms = now_ms;
    TRY(update_model(tx, model));
    TRY(announce(tx, "stage_set",
                 {.name = name, .version = version, .stage = std::string(text_of(to))}));
    return with_details(tx, std::move(row));
}

Status Service::delete_version(store::Tx& tx, const std::string& name, int64_t version) const {
    TRY_ASSIGN(const VersionRow row, need_version(tx, name, version));
    const int64_t now_ms = to_millis(parts_.env.now());
    TRY(delete_aliases_of(tx, row.model_row, version));
    TRY(redact_version(tx, row, now_ms));
    TRY_ASSIGN(ModelRow model, need_model(tx, name));
    model.model.updated_ms = now_ms;
    TRY(update_model(tx, model));
    return announce(tx, "version_deleted", {.name = name, .version = version});
}

Result<Page<ModelVersion>> Service::search_versions(store::Tx& tx,
                                                    const RegistryQuery& query) const {
    TRY(search::check_max_results(query.max_results, kMaxVersionPage));
    const uint64_t fingerprint = fingerprint_of(query);
    TRY_ASSIGN(const int64_t offset, search::read_page_token(query.page_token, fingerprint));
    TRY_ASSIGN(auto rows, registry::search_versions(tx, parts_.workspace_id, query, offset,
                                                    query.max_results + 1));
    Page<ModelVersion> page;
    TRY(search::fill_page(
        page, std::span(rows), query.max_results,
        [&](std::span<VersionRow> some) { return load_details(tx, some); },
        [](VersionRow& row) { return std::move(row.version); }, bytes_of));
    if (page.items.size() < rows.size())
        page.next_token = search::make_page_token(offset + std::ssize(page.items), fingerprint);
    return page;
}

Result<std::vector<ModelVersion>> Service::latest_versions(
    store::Tx& tx, const std::string& name, const std::vector<std::string>& stages) const {
    TRY_ASSIGN(RegisteredModel model, get_model(tx, name));
    std::vector<VersionStage> wanted;
    for (const std::string& text : stages) {
        TRY_ASSIGN(const VersionStage stage, parse_stage(text));
        wanted.push_back(stage);
    }
    std::erase_if(model.latest_versions, [&](const ModelVersion& version) {
        return !wanted.empty() && std::ranges::find(wanted, version.stage) == wanted.end();
    });
    return std::move(model.latest_versions);
}

Status Service::set_version_tag(store::Tx& tx, const std::string& name, int64_t version,
                                const Tag& tag) const {
    TRY(check_tag(tag));
    TRY_ASSIGN(const VersionRow row, need_version(tx, name, version));
    TRY(upsert_version_tag(tx, row.id, tag));
    return announce(tx, "version_tag_set",
                    {.name = name, .version = version, .key = tag.key, .value = tag.value});
}

Status Service::delete_version_tag(store::Tx& tx, const std::string& name, int64_t version,
                                   const std::string& key) const {
    TRY_ASSIGN(const VersionRow row, need_version(tx, name, version));
    TRY_ASSIGN(const int64_t deleted, registry::delete_version_tag(tx, row.id, key));
    if (deleted == 0) return ok();
    return announce(tx, "version_tag_deleted", {.name = name, .version = version, .key = key});
}

Status Service::set_alias(store::Tx& tx, const std::string& name, const std::string& alias,
                          int64_t version) const {
    TRY(check_alias(alias));
    TRY(check_alias_is_free(alias));
    TRY_ASSIGN(const VersionRow row, need_version(tx, name, version));
    TRY_ASSIGN(const auto previous, select_alias(tx, row.model_row, alias));
    if (previous == version) return ok();
    TRY(upsert_alias(tx, row.model_row, {alias, version}));
    return announce(
        tx, "alias_set",
        {.name = name, .version = version, .previous_version = previous, .alias = alias});
}

Status Service::delete_alias(store::Tx& tx, const std::string& name,
                             const std::string& alias) const {
    TRY(check_alias(alias));
    TRY_ASSIGN(const ModelRow row, need_model(tx, name));
    TRY_ASSIGN(const auto previous, select_alias(tx, row.id, alias));
    if (!previous) return ok();
    TRY(registry::delete_alias(tx, row.id, alias));
    return announce(tx, "alias_deleted",
                    {.name = name, .previous_version = previous, .alias = alias});
}

Result<std::optional<ModelVersion>> Service::version_by_alias(store::Tx& tx,
                                                              const std::string& name,
                                                              const std::string& alias) const {
    TRY(check_alias(alias));
    TRY_ASSIGN(const ModelRow row, need_model(tx, name));
    if (equals_ignoring_case(alias, "latest")) {
        TRY_ASSIGN(auto latest, latest_versions(tx, name, {}));
        if (latest.empty()) return std::nullopt;
        return std::move(*std::ranges::max_element(latest, {}, &ModelVersion::version));
    }
    TRY_ASSIGN(const auto version, select_alias(tx, row.id, alias));
    if (!version) return std::nullopt;
    TRY_ASSIGN(ModelVersion found, get_version(tx, name, *version));
    return found;
}

}  // namespace rondo::registry
