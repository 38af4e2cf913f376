#include "base/text.h"
#include "domain/artifacts/path.h"
#include "domain/tracking/service.h"
#include "domain/tracking/status_text.h"
#include "domain/tracking/validation.h"

namespace rondo::tracking {
namespace {

constexpr std::string_view kDefaultName = "Default";

Status check_experiment_tag(const Tag& tag) {
    TRY(check_key(tag.key, "key"));
    return check_length("value", tag.value, kMaxExperimentTagLength);
}

std::unexpected<Error> no_experiment(int64_t id) {
    return fail(Code::not_found, "No Experiment with id=" + std::to_string(id) + " exists");
}

uint64_t fingerprint_of(const ExperimentQuery& query) {
    std::vector<std::string> parts{"experiments", query.filter,
                                   std::to_string(static_cast<int>(query.view))};
    parts.insert(parts.end(), query.order_by.begin(), query.order_by.end());
    return search::fingerprint(parts);
}

}  // namespace

Result<Experiment> Service::need_experiment(store::Tx& tx, int64_t id) const {
    TRY_ASSIGN(auto found, select_experiment(tx, parts_.workspace_id, id));
    if (!found) return no_experiment(id);
    return std::move(*found);
}

Result<Experiment> Service::need_active_experiment(store::Tx& tx, int64_t id) const {
    TRY_ASSIGN(auto found, select_bare_experiment(tx, parts_.workspace_id, id));
    if (!found) return no_experiment(id);
    if (found->stage == Stage::active) return std::move(*found);
    return fail(Code::invalid, "The experiment " + std::to_string(id) +
                                   " must be in the 'active' state. Current state is deleted. "
                                   "Restore it first.");
}

Status Service::ensure_default_experiment(store::Tx& tx) const {
    Experiment experiment;
    experiment.name = kDefaultName;
    experiment.artifact_location = artifacts::join(parts_.artifact_root, "0");
    experiment.created_ms = experiment.updated_ms = to_millis(parts_.env.now());
    return insert_experiment_as(tx, parts_.workspace_id, experiment);
}

Result<std::optional<int64_t>> Service::add_experiment(store::Tx& tx, Experiment experiment,
                                                       const std::string& chosen_id) const {
    if (chosen_id.empty()) return insert_experiment(tx, parts_.workspace_id, experiment);
    TRY_ASSIGN(experiment.id, parse_experiment_id(chosen_id));
    TRY_ASSIGN(const auto named, select_experiment(tx, parts_.workspace_id, experiment.name));
    if (named) return std::nullopt;
    TRY_ASSIGN(const auto taken, select_experiment(tx, parts_.workspace_id, experiment.id));
    if (taken)
        return fail(Code::already_exists, "the id " + chosen_id + " is that of the experiment " +
                                              quoted(taken->name) + " here");
    TRY(insert_experiment_as(tx, parts_.workspace_id, experiment));
    return experiment.id;
}

Result<int64_t> Service::create_experiment(store::Tx& tx, const NewExperiment& wanted) const {
    TRY(check_experiment_name(wanted.name));
    if (!wanted.artifact_location.empty())
        TRY(check_artifact_uri(wanted.artifact_location, "artifact_location"));
    TRY(check_count_per_call("tags", wanted.tags.size()));
    for (const Tag& tag : wanted.tags) TRY(check_experiment_tag(tag));
    Experiment experiment;
    experiment.name = wanted.name;
    experiment.artifact_location = wanted.artifact_location;
    experiment.created_ms = experiment.updated_ms = to_millis(parts_.env.now());
    TRY_ASSIGN(const auto id, add_experiment(tx, experiment, wanted.chosen.id));
    if (!id)
        return fail(Code::already_exists, "Experiment(name=" + wanted.name +
                                              ") already exists. A deleted experiment "
                                              "keeps its name: restore it, or rename it first.");
    experiment.id = *id;
    if (experiment.artifact_location.empty()) {
        experiment.artifact_location = artifacts::join(parts_.artifact_root, std::to_string(*id));
        TRY(update_experiment(tx, experiment));
    }
    TRY(upsert_experiment_tags(tx, *id, wanted.tags));
    return *id;
}

Result<Experiment> Service::get_experiment(store::Tx& tx, int64_t id) const {
    return need_experiment(tx, id);
}

Result<Experiment> Service::get_experiment(store::Tx& tx, const std::string& name) const {
    TRY_ASSIGN(auto found, select_experiment(tx, parts_.workspace_id, name));
    if (!found) return fail(Code::not_found, "Could not find experiment with name " + quoted(name));
    return std::move(*found);
}

Result<Page<Experiment>> Service::search_experiments(store::Tx& tx,
                                                     const ExperimentQuery& query) const {
    TRY(search::check_max_results(query.max_results, search::kMaxPage));
    const uint64_t fingerprint = fingerprint_of(query);
    TRY_ASSIGN(const int64_t offset, search::read_page_token(query.page_token, fingerprint));
    Page<Experiment> page;
    TRY_ASSIGN(page.items, tracking::search_experiments(tx, parts_.workspace_id, query, offset,
                                                        query.max_results + 1));
    if (std::ssize(page.items) > query.max_results) {
        page.items.pop_back();
        page.next_token = search::make_page_token(offset + query.max_results, fingerprint);
    }
    return page;
}

Status Service::rename_experiment(store::Tx& tx, int64_t id, const std::string& name) const {
    TRY(check_experiment_name(name));
    TRY_ASSIGN(Experiment experiment, need_experiment(tx, id));
    if (experiment.stage != Stage::active)
        return fail(Code::conflict, "Cannot rename a non-active experiment. Restore it first.");
    TRY_ASSIGN(const auto other, select_experiment(tx, parts_.workspace_id, name));
    if (other && other->id != id)
        return fail(Code::already_exists, "Experiment(name=" + name + ") already exists.");
    experiment.name = name;
    experiment.updated_ms = to_millis(parts_.env.now());
    return update_experiment(tx, experiment);
}

Status Service::delete_experiment(store::Tx& tx, int64_t id) const {
    TRY_ASSIGN(Experiment experiment, need_experiment(tx, id));
    if (experiment.stage == Stage::deleted) return no_experiment(id);
    experiment.stage = Stage::deleted;
    experiment.updated_ms = to_millis(parts_.env.now());
    return update_experiment(tx, experiment);
}

Status Service::restore_experiment(store::Tx& tx, int64_t id) const {
    TRY_ASSIGN(Experiment experiment, need_experiment(tx, id));
    if (experiment.stage == Stage::active) return no_experiment(id);
    experiment.stage = Stage::active;
    experiment.updated_ms = to_millis(parts_.env.now());
    TRY(update_experiment(tx, experiment));
    return restore_runs_of(tx, id);
}

Status Service::set_experiment_tag(store::Tx& tx, int64_t id, const Tag& tag) const {
    TRY(check_experiment_tag(tag));
    TRY(need_active_experiment(tx, id));
    return upsert_experiment_tags(tx, id, {tag});
}

Status Service::delete_experiment_tag(store::Tx& tx, int64_t id, const std::string& key) const {
    TRY(need_active_experiment(tx, id));
    TRY_ASSIGN(const int64_t deleted, tracking::delete_experiment_tag(tx, id, key));
    if (deleted > 0) return ok();
    return fail(Code::not_found,
                "No tag with name: " + key + " in experiment with id " + std::to_string(id));
}

}  // namespace rondo::tracking
