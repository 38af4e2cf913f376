#include <algorithm>

#include "base/ordered_id.h"
#include "domain/artifacts/path.h"
#include "domain/tracking/names.h"
#include "domain/tracking/run_index.h"
#include "domain/tracking/service.h"
#include "domain/tracking/status_text.h"
#include "domain/tracking/uri.h"
#include "domain/tracking/validation.h"

namespace rondo::tracking {
namespace {

std::unexpected<Error> no_run(const std::string& run_id) {
    return fail(Code::not_found, "Run with id=" + run_id + " not found");
}

uint64_t fingerprint_of(const RunQuery& query) {
    std::vector<std::string> parts{"runs", query.filter,
                                   std::to_string(static_cast<int>(query.view))};
    for (const int64_t id : query.experiment_ids) parts.push_back(std::to_string(id));
    parts.emplace_back();
    parts.insert(parts.end(), query.order_by.begin(), query.order_by.end());
    return search::fingerprint(parts);
}

size_t bytes_of(const Run& run) {
    size_t bytes = 512 + 64 * run.metrics.size();
    for (const Param& param : run.params) bytes += param.key.size() + param.value.size();
    for (const Tag& tag : run.tags) bytes += tag.key.size() + tag.value.size();
    for (const DatasetInput& input : run.dataset_inputs)
        bytes += input.dataset.source.size() + input.dataset.schema.value_or("").size() +
                 input.dataset.profile.value_or("").size();
    return bytes;
}

}  // namespace

Result<RunState> Service::need_run(store::Tx& tx, const std::string& run_id) const {
    TRY_ASSIGN(const auto state, select_run_state(tx, parts_.workspace_id, run_id));
    if (!state) return no_run(run_id);
    return *state;
}

Result<RunState> Service::need_active_run(store::Tx& tx, const std::string& run_id) const {
    TRY_ASSIGN(const RunState state, need_run(tx, run_id));
    if (state.stage == Stage::active && state.experiment_stage == Stage::active) {
        if (state.indexed) TRY(unindex_run(tx, state.id));
        return state;
    }
    return fail(Code::invalid, "The run " + run_id +
                                   " must be in the 'active' state. "
                                   "Current state is deleted. Restore it, or its experiment.");
}

Status Service::check_free(store::Tx& tx, const std::string& run_id) const {
    TRY(check_run_id(run_id));
    TRY_ASSIGN(const auto taken, select_run_state(tx, parts_.workspace_id, run_id));
    if (!taken) return ok();
    return fail(Code::already_exists, "there is a run " + run_id + " already");
}

Result<Run> Service::create_run(store::Tx& tx, const NewRun& wanted) const {
    TRY_ASSIGN(const Experiment experiment, need_active_experiment(tx, wanted.experiment_id));
    TRY(check_length("user_id", wanted.user_id, kMaxNameLength));
    TRY(check_count_per_call("tags", wanted.tags.size()));
    std::map<std::string, std::string> tags;
    for (size_t i = 0; i < wanted.tags.size(); ++i) {
        const Tag& tag = wanted.tags[i];
        TRY(check_key(tag.key, "tags[" + std::to_string(i) + "].key"));
        tags[tag.key] = first_characters(tag.value, kMaxTagLength);
    }
    std::string& name = tags[std::string(kRunNameTag)];
    if (!wanted.name.empty() && !name.empty() && wanted.name != name)
        return fail(Code::invalid,
                    "Both 'run_name' argument and 'mlflow.runName' tag are "
                    "specified, but with different values (run_name='" +
                        wanted.name + "', mlflow.runName='" + name + "').");
    if (name.empty()) name = first_characters(wanted.name, kMaxTagLength);
    if (name.empty()) name = first_characters(wanted.chosen.name, kMaxTagLength);
    if (name.empty()) name = random_name(parts_.env);

    Run run;
    run.run_id = wanted.chosen.id;
    if (run.run_id.empty())
        run.run_id = time_ordered_id(parts_.env);
    else
        TRY(check_free(tx, run.run_id));
    run.name = name;
    run.experiment_id = experiment.id;
    run.user_id = wanted.user_id;
    run.start_ms = wanted.start_ms;
    run.artifact_uri = wanted.chosen.location;
    if (run.artifact_uri.empty())
        run.artifact_uri = artifacts::join(experiment.artifact_location, run.run_id + "/artifacts");
    TRY(check_length("artifact_uri", run.artifact_uri, kMaxUriLength));
    for (auto& [key, value] : tags) run.tags.push_back({key, value});
    TRY_ASSIGN(const int64_t id, insert_run(tx, run));
    TRY(upsert_run_tags(tx, id, run.tags));
    return run;
}

Result<Run> Service::get_run(store::Tx& tx, const std::string& run_id) const {
    TRY_ASSIGN(auto row, select_run(tx, parts_.workspace_id, run_id));
    if (!row) return no_run(run_id);
    TRY(load_details(tx, std::span(&*row, 1)));
    return std::move(row->run);
}

Result<Page<Run>> Service::search_runs(store::Tx& tx, const RunQuery& query) const {
    TRY(search::check_max_results(query.max_results, search::kMaxPage));
    const uint64_t fingerprint = fingerprint_of(query);
    TRY_ASSIGN(const int64_t offset, search::read_page_token(query.page_token, fingerprint));
    TRY_ASSIGN(const auto stages,
               select_stages(tx, parts_.workspace_id, query.experiment_ids, query.readable));
    TRY_ASSIGN(auto rows, tracking::search_runs(tx, query, stages, offset, query.max_results + 1));
    Page<Run> page;
    TRY(search::fill_page(
        page, std::span(rows), query.max_results,
        [&](std::span<RunRow> some) { return load_details(tx, some); },
        [](RunRow& row) { return std::move(row.run); }, bytes_of));
    if (page.items.size() < rows.size())
        page.next_token = search::make_page_token(offset + std::ssize(page.items), fingerprint);
    return page;
}

Result<Run> Service::update_run(store::Tx& tx, const RunUpdate& update) const {
    TRY_ASSIGN(const RunState state, need_active_run(tx, update.run_id));
    RunUpdate change = update;
    if (change.name && change.name->empty()) change.name.reset();
    if (change.name) {
        change.name = std::string(first_characters(*change.name, kMaxTagLength));
        TRY(upsert_run_tags(tx, state.id, {{std::string(kRunNameTag), *change.name}}));
    }
    TRY(tracking::update_run(tx, state.id, change));
    TRY_ASSIGN(auto row, select_run(tx, parts_.workspace_id, update.run_id));
    return std::move(row->run);
}

Status Service::delete_run(store::Tx& tx, const std::string& run_id) const {
    TRY_ASSIGN(const RunState state, need_run(tx, run_id));
    if (state.stage == Stage::deleted) return ok();
    return set_run_deleted(tx, state.id, to_millis(parts_.env.now()));
}

Status Service::restore_run(store::Tx& tx, const std::string& run_id) const {
    TRY_ASSIGN(const RunState state, need_run(tx, run_id));
    if (state.experiment_stage == Stage::deleted)
        return fail(Code::invalid, "The experiment " + std::to_string(state.experiment_id) +
                                       " of run " + run_id + " is deleted. Restore it first.");
    if (state.stage == Stage::active) return ok();
    return set_run_deleted(tx, state.id, std::nullopt);
}

Result<std::string> Service::storage_uri(store::Tx& tx, const std::string& uri) const {
    TRY_ASSIGN(const auto model, parse_model_uri(uri));
    if (model) {
        if (model->model_id.empty())
            return fail(Code::invalid, "the location '" + uri +
                                           "' names a registered version; "
                                           "the registry resolves it");
        TRY_ASSIGN(const LoggedModel logged, get_logged_model(tx, model->model_id));
        return logged.artifact_uri;
    }
    TRY_ASSIGN(const auto in_run, parse_run_uri(uri));
    if (!in_run) return uri;
    TRY_ASSIGN(const auto row, select_run(tx, parts_.workspace_id, in_run->run_id));
    if (!row) return no_run(in_run->run_id);
    const std::string location = artifacts::join(row->run.artifact_uri, in_run->path);
    const auto path = artifacts::path_of_uri(location);
    if (!path) return location;  // in a store that is not ours to look into
    TRY_ASSIGN(const auto files, parts_.artifacts.walk(tx, *path, "", 1));
    if (!files.empty()) return location;
    // Newer clients keep models outside of the run, found by their name.
    const size_t slash = in_run->path.find('/');
    TRY_ASSIGN(const auto logged,
               find_model_of_run(tx, in_run->run_id, in_run->path.substr(0, slash)));
    if (!logged) return location;
    if (slash == std::string::npos) return logged->artifact_uri;
    return artifacts::join(logged->artifact_uri, in_run->path.substr(slash + 1));
}

}  // namespace rondo::tracking
