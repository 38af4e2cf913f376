// Logged models and the registry (importer.h).
#include <algorithm>

#include "base/text.h"
#include "domain/move/importer.h"
#include "domain/registry/service.h"
#include "domain/registry/validation.h"
#include "domain/tracking/uri.h"
#include "domain/tracking/validation.h"

namespace rondo::move {
namespace {

using tracking::LoggedModel;
using tracking::Metric;

constexpr int64_t kVersionsAtOnce = 1000;

bool same_row(const LoggedModel& a, const LoggedModel& b) {
    return a.experiment_id == b.experiment_id && a.name == b.name &&
           a.artifact_uri == b.artifact_uri && a.model_type == b.model_type &&
           a.source_run_id == b.source_run_id && a.status == b.status && a.stage == b.stage &&
           a.created_ms == b.created_ms && a.updated_ms == b.updated_ms;
}

bool same_row(const registry::VersionRow& a, const registry::VersionRow& b) {
    const registry::ModelVersion &x = a.version, &y = b.version;
    return a.deleted == b.deleted && x.source == y.source &&
           x.storage_location == y.storage_location && x.run_id == y.run_id &&
           x.run_link == y.run_link && x.model_id == y.model_id && x.description == y.description &&
           x.stage == y.stage && x.created_ms == y.created_ms && x.updated_ms == y.updated_ms;
}

// The wanted metrics that are later than ours of the same key, dataset and run, or the first.
std::vector<Metric> newer(const std::vector<Metric>& wanted, const std::vector<Metric>& have) {
    std::vector<Metric> all = have;
    all.insert(all.end(), wanted.begin(), wanted.end());
    keep_latest(all);
    const auto is_known = [&](const Metric& metric) {
        return std::ranges::any_of(have, [&](const Metric& ours) {
            return ours.key == metric.key && ours.run_id == metric.run_id &&
                   ours.dataset_name == metric.dataset_name &&
                   ours.dataset_digest == metric.dataset_digest && ours.step == metric.step &&
                   ours.timestamp == metric.timestamp &&
                   !tracking::is_later(stored_point(metric), stored_point(ours));
        });
    };
    std::erase_if(all, is_known);
    return all;
}

std::vector<registry::Alias> differing_aliases(const std::vector<registry::Alias>& wanted,
                                               const std::vector<registry::Alias>& have) {
    std::vector<registry::Alias> out;
    for (const registry::Alias& alias : wanted) {
        const auto found = std::ranges::find(have, alias.alias, &registry::Alias::alias);
        if (found == have.end() || found->version != alias.version) out.push_back(alias);
    }
    return out;
}

// A location that names a registered model names it by its name here.
std::string renamed(const std::string& location, const std::string& prefix) {
    constexpr std::string_view kScheme = "models:/";
    const auto uri = tracking::parse_model_uri(location);
    if (prefix.empty() || !uri || !*uri || (*uri)->name.empty()) return location;
    return std::string(kScheme) + prefix + location.substr(kScheme.size());
}

Result<std::map<int64_t, registry::VersionRow>> versions_of(store::Tx& tx, int64_t model) {
    std::map<int64_t, registry::VersionRow> out;
    for (int64_t after = 0;;) {
        TRY_ASSIGN(auto page, registry::list_versions(tx, model, after, kVersionsAtOnce));
        TRY(registry::load_details(tx, std::span<registry::VersionRow>(page)));
        const bool last = std::ssize(page) < kVersionsAtOnce;
        for (registry::VersionRow& row : page) {
            after = row.version.version;
            out.emplace(after, std::move(row));
        }
        if (last) return out;
    }
}

}  // namespace

Status Importer::import_logged_models() {
    watch_.step("logged models", 0, kRowsUnit);
    return source_.logged_models([&](std::vector<LoggedModel>& page) -> Status {
        for (LoggedModel& model : page) {
            TRY(about("logged model " + quoted(model.model_id), import_logged_model(model)));
            watch_.done(1);
        }
        return ok();
    });
}

Status Importer::import_logged_model(LoggedModel& wanted) {
    if (!wanted.model_id.starts_with("m-") || !tracking::check_run_id(wanted.model_id))
        return fail(Code::invalid, "this is no id of a logged model");
    const std::string end = wanted.model_id + "/artifacts";
    Place place = places_.of(wanted.artifact_uri,
                             std::to_string(wanted.experiment_id) + "/models/" + end, end);
    wanted.artifact_uri = place.uri;
    if (!place.folder.empty()) folders_.push_back(std::move(place));
    const std::string ids[] = {wanted.model_id};
    TRY_ASSIGN(const auto ours,
               target_.read([&](store::Tx& tx) -> Result<std::vector<tracking::ModelRow>> {
                   TRY_ASSIGN(auto rows, tracking::select_models(tx, parts_.workspace_id, ids));
                   TRY(tracking::load_details(tx, rows));
                   return rows;
               }));
    const tracking::ModelRow none;
    const tracking::ModelRow& have = ours.empty() ? none : ours.front();
    const bool row = ours.empty() || !same_row(wanted, have.model);
    const auto params = differing(wanted.params, have.model.params);
    const auto tags = differing(wanted.tags, have.model.tags);
    const auto metrics = newer(wanted.metrics, have.model.metrics);
    const bool any = row || !params.empty() || !tags.empty() || !metrics.empty();
    if (any)
        TRY(target_.write([&](store::Tx& tx) -> Status {
            TRY_ASSIGN(const int64_t id,
                       row ? tracking::put_model(tx, wanted) : Result<int64_t>(have.id));
            TRY(tracking::insert_model_params(tx, id, params));
            TRY(tracking::upsert_model_tags(tx, id, tags));
            for (const Metric& metric : metrics)
                TRY(tracking::upsert_model_metric(tx, id, metric.run_id.value_or(""), metric));
            return ok();
        }));
    count(Kind::logged_models, ours.empty(), any);
    return ok();
}

Status Importer::import_registered_models() {
    watch_.step("registered models", 0, kRowsUnit);
    return source_.registered_models([&](RegisteredModel& each) {
        return about("registered model " + quoted(each.model.name), import_registered_model(each));
    });
}

Status Importer::import_registered_model(RegisteredModel& wanted) {
    const std::string name = wanted.model.name = named(wanted.model.name);
    TRY(registry::check_model_name(name));
    for (registry::VersionRow& row : wanted.versions) {
        registry::ModelVersion& version = row.version;
        version.source = renamed(places_.moved(version.source), options_.prefix);
        version.storage_location =
            renamed(places_.moved(version.storage_location), options_.prefix);
    }
    registry::ModelRow have;
    std::map<int64_t, registry::VersionRow> versions;
    TRY(target_.read([&](store::Tx& tx) -> Status {
        TRY_ASSIGN(auto row, registry::select_model(tx, parts_.workspace_id, name));
        if (!row) return ok();
        TRY(registry::load_details(tx, std::span(&*row, 1)));
        have = std::move(*row);
        TRY_ASSIGN(versions, versions_of(tx, have.id));
        return ok();
    }));
    const bool is_new = have.id == 0;
    const bool row = is_new || wanted.model.description != have.model.description ||
                     wanted.model.created_ms != have.model.created_ms ||
                     wanted.model.updated_ms != have.model.updated_ms;
    const auto tags = differing(wanted.model.tags, have.model.tags);
    const auto aliases = differing_aliases(wanted.model.aliases, have.model.aliases);
    const bool any = row || !tags.empty() || !aliases.empty();
    if (any)
        TRY(target_.write([&](store::Tx& tx) -> Status {
            TRY_ASSIGN(const int64_t id,
                       row ? registry::put_model(tx, parts_.workspace_id, wanted.model)
                           : Result<int64_t>(have.id));
            for (const tracking::Tag& tag : tags) TRY(registry::upsert_model_tag(tx, id, tag));
            return ok();
        }));
    count(Kind::models, is_new, any);
    for (registry::VersionRow& version : wanted.versions) {
        const auto found = versions.find(version.version.version);
        const registry::VersionRow none;
        const registry::VersionRow& ours = found == versions.end() ? none : found->second;
        const bool differs = ours.id == 0 || !same_row(version, ours);
        const auto missing = differing(version.version.tags, ours.version.tags);
        if (differs || !missing.empty())
            TRY(target_.write([&](store::Tx& tx) -> Status {
                TRY_ASSIGN(const auto model, registry::select_model(tx, parts_.workspace_id, name));
                registry::VersionRow put = version;
                put.model_row = model ? model->id : 0;
                if (ours.id != 0 && version.deleted && !ours.deleted)
                    TRY(registry::redact_version(tx, ours, version.version.updated_ms));
                TRY_ASSIGN(const int64_t id, registry::put_version(tx, put));
                for (const tracking::Tag& tag : missing)
                    TRY(registry::upsert_version_tag(tx, id, tag));
                return ok();
            }));
        count(Kind::versions, ours.id == 0, differs || !missing.empty());
        watch_.done(1);
    }
    // Behind the versions that they point to.
    if (aliases.empty()) return ok();
    return target_.write([&](store::Tx& tx) -> Status {
        TRY_ASSIGN(const auto model, registry::select_model(tx, parts_.workspace_id, name));
        if (!model) return fail(Code::conflict, "it was deleted meanwhile");
        for (const registry::Alias& alias : aliases)
            TRY(registry::upsert_alias(tx, model->id, alias));
        return ok();
    });
}

}  // namespace rondo::move
