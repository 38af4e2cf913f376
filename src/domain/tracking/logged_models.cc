#include "base/ordered_id.h"
#include "base/text.h"
#include "domain/artifacts/path.h"
#include "domain/tracking/grammar.h"
#include "domain/tracking/names.h"
#include "domain/tracking/service.h"
#include "domain/tracking/validation.h"

namespace rondo::tracking {
namespace {

// Datasets that one search may name.
constexpr size_t kMaxDatasetFilters = 100;
constexpr int64_t kDefaultPage = 50;

Status check_params(const std::vector<Param>& params) {
    TRY(check_count_per_call("params", params.size()));
    for (size_t i = 0; i < params.size(); ++i) {
        const std::string at = "params[" + std::to_string(i) + "]";
        TRY(check_key(params[i].key, at + ".key"));
    }
    return ok();
}

Status check_tags(const std::vector<Tag>& tags) {
    TRY(check_count_per_call("tags", tags.size()));
    for (size_t i = 0; i < tags.size(); ++i) {
        const std::string at = "tags[" + std::to_string(i) + "]";
        TRY(check_key(tags[i].key, at + ".key"));
        TRY(check_length(at + ".value", tags[i].value, kMaxRegistryTagLength));
    }
    return ok();
}

Status check_orders(const std::vector<ModelOrder>& orders) {
    if (orders.size() > search::kMaxOrders)
        return fail(Code::invalid,
                    "order_by has at most " + std::to_string(search::kMaxOrders) + " clauses",
                    "order_by");
    for (const ModelOrder& order : orders) {
        if (order.dataset_digest && !order.dataset_name)
            return fail(Code::invalid,
                        "`dataset_digest` can only be specified if `dataset_name` "
                        "is also specified.");
        if (order.field_name.starts_with("metrics.")) continue;
        if (order.field_name.find('.') != std::string::npos)
            return fail(Code::invalid, "Invalid order by field name: " + order.field_name +
                                           ". Only metrics are supported.");
        TRY(search::find_field(logged_model_grammar(), "", order.field_name));
    }
    return ok();
}

std::unexpected<Error> no_model(const std::string& model_id) {
    return fail(Code::not_found, "Logged model with ID '" + model_id + "' not found.");
}

uint64_t fingerprint_of(const LoggedModelQuery& query) {
    std::vector<std::string> parts{"logged_models", query.filter};
    for (const int64_t id : query.experiment_ids) parts.push_back(std::to_string(id));
    parts.emplace_back();
    for (const DatasetFilter& filter : query.datasets) {
        parts.push_back(filter.dataset_name);
        parts.push_back(filter.dataset_digest.value_or(""));
    }
    parts.emplace_back();
    for (const ModelOrder& order : query.order_by) {
        parts.push_back(order.field_name);
        parts.emplace_back(order.ascending.value_or(true) ? "up" : "down");
        parts.push_back(order.dataset_name.value_or(""));
        parts.push_back(order.dataset_digest.value_or(""));
    }
    return search::fingerprint(parts);
}

}  // namespace

Result<ModelRow> Service::need_model(store::Tx& tx, const std::string& model_id) const {
    TRY_ASSIGN(auto row, select_model(tx, parts_.workspace_id, model_id));
    if (!row || row->model.stage == Stage::deleted) return no_model(model_id);
    return std::move(*row);
}

Result<std::string> Service::id_for(store::Tx& tx, const Chosen& chosen) const {
    if (chosen.id.empty()) return "m-" + time_ordered_id(parts_.env);
    TRY(check_run_id(chosen.id));
    TRY_ASSIGN(const auto taken, select_model(tx, parts_.workspace_id, chosen.id));
    if (taken) return fail(Code::already_exists, "there is a logged model " + chosen.id);
    return chosen.id;
}

Result<LoggedModel> Service::create_logged_model(store::Tx& tx,
                                                 const NewLoggedModel& wanted) const {
    TRY(check_logged_model_name(wanted.name));
    TRY(check_params(wanted.params));
    TRY(check_tags(wanted.tags));
    TRY(check_length("model_type", wanted.model_type, kMaxNameLength));
    TRY(check_length("source_run_id", wanted.source_run_id, kMaxNameLength));
    TRY_ASSIGN(const Experiment experiment, need_active_experiment(tx, wanted.experiment_id));
    ModelRow row;
    LoggedModel& model = row.model;
    TRY_ASSIGN(model.model_id, id_for(tx, wanted.chosen));
    model.experiment_id = experiment.id;
    model.name = wanted.name.empty() ? wanted.chosen.name : wanted.name;
    if (model.name.empty()) model.name = random_name(parts_.env);
    model.artifact_uri = wanted.chosen.location;
    if (model.artifact_uri.empty())
        model.artifact_uri = artifacts::join(experiment.artifact_location,
                                             "models/" + model.model_id + "/artifacts");
    TRY(check_length("artifact_uri", model.artifact_uri, kMaxUriLength));
    model.model_type = wanted.model_type;
    model.source_run_id = wanted.source_run_id;
    model.created_ms = model.updated_ms = to_millis(parts_.env.now());
    TRY_ASSIGN(row.id, insert_model(tx, model));
    TRY(write_model_params(tx, row, wanted.params));
    TRY(upsert_model_tags(tx, row.id, wanted.tags));
    TRY(load_details(tx, std::span(&row, 1)));
    return std::move(model);
}

Result<LoggedModel> Service::get_logged_model(store::Tx& tx, const std::string& model_id) const {
    TRY_ASSIGN(ModelRow row, need_model(tx, model_id));
    TRY(load_details(tx, std::span(&row, 1)));
    return std::move(row.model);
}

Result<std::optional<LoggedModel>> Service::find_logged_model(store::Tx& tx,
                                                              const std::string& model_id) const {
    TRY_ASSIGN(auto row, select_model(tx, parts_.workspace_id, model_id));
    if (!row) return std::nullopt;
    TRY(load_details(tx, std::span(&*row, 1)));
    return std::move(row->model);
}

Result<std::optional<LoggedModel>> Service::find_model_of_run(store::Tx& tx,
                                                              const std::string& run_id,
                                                              const std::string& name) const {
    TRY_ASSIGN(auto row, select_model_of_run(tx, parts_.workspace_id, run_id, name));
    if (!row) return std::nullopt;
    return std::move(row->model);
}

Result<Page<LoggedModel>> Service::search_logged_models(store::Tx& tx,
                                                        const LoggedModelQuery& query) const {
    const int64_t limit = query.max_results == 0 ? kDefaultPage : query.max_results;
    TRY(search::check_max_results(limit, kMaxLoggedModelPage));
    TRY(check_orders(query.order_by));
    if (query.datasets.size() > kMaxDatasetFilters)
        return fail(Code::invalid,
                    "at most " + std::to_string(kMaxDatasetFilters) + " datasets can be named",
                    "datasets");
    const uint64_t fingerprint = fingerprint_of(query);
    TRY_ASSIGN(const int64_t offset, search::read_page_token(query.page_token, fingerprint));
    TRY_ASSIGN(const auto stages,
               select_stages(tx, parts_.workspace_id, query.experiment_ids, query.readable));
    TRY_ASSIGN(auto rows, search_models(tx, query, stages, offset, limit + 1));
    Page<LoggedModel> page;
    if (std::ssize(rows) > limit) {
        rows.pop_back();
        page.next_token = search::make_page_token(offset + limit, fingerprint);
    }
    TRY(load_details(tx, rows));
    for (ModelRow& row : rows) page.items.push_back(std::move(row.model));
    return page;
}

Result<LoggedModel> Service::finalize_logged_model(store::Tx& tx, const std::string& model_id,
                                                   ModelStatus status) const {
    TRY_ASSIGN(ModelRow row, need_model(tx, model_id));
    row.model.status = status;
    row.model.updated_ms = to_millis(parts_.env.now());
    TRY(update_model(tx, row));
    TRY(load_details(tx, std::span(&row, 1)));
    return std::move(row.model);
}

Status Service::delete_logged_model(store::Tx& tx, const std::string& model_id) const {
    TRY_ASSIGN(auto row, select_model(tx, parts_.workspace_id, model_id));
    if (!row) return no_model(model_id);
    if (row->model.stage == Stage::deleted) return ok();
    row->model.stage = Stage::deleted;
    row->model.updated_ms = to_millis(parts_.env.now());
    return update_model(tx, *row);
}

Status Service::log_model_params(store::Tx& tx, const std::string& model_id,
                                 const std::vector<Param>& params) const {
    TRY(check_params(params));
    TRY_ASSIGN(const ModelRow row, need_model(tx, model_id));
    return write_model_params(tx, row, params);
}

Status Service::write_model_params(store::Tx& tx, const ModelRow& row,
                                   const std::vector<Param>& params) const {
    std::vector<Param> kept = params;
    for (Param& param : kept)
        param.value = std::string(first_characters(param.value, kMaxParamLength));
    TRY_ASSIGN(const int64_t added, insert_model_params(tx, row.id, kept));
    if (added == std::ssize(kept)) return ok();
    for (const Param& param : kept) {
        TRY_ASSIGN(const auto stored, select_model_param(tx, row.id, param.key));
        if (stored == param.value) continue;
        return fail(Code::invalid, "Changing param values is not allowed. The logged model " +
                                       row.model.model_id + " has the param " + quoted(param.key) +
                                       " with another value.");
    }
    return ok();
}

Status Service::set_model_tags(store::Tx& tx, const std::string& model_id,
                               const std::vector<Tag>& tags) const {
    TRY(check_tags(tags));
    TRY_ASSIGN(const ModelRow row, need_model(tx, model_id));
    return upsert_model_tags(tx, row.id, tags);
}

Status Service::delete_model_tag(store::Tx& tx, const std::string& model_id,
                                 const std::string& key) const {
    TRY_ASSIGN(const ModelRow row, need_model(tx, model_id));
    TRY_ASSIGN(const int64_t deleted, tracking::delete_model_tag(tx, row.id, key));
    if (deleted > 0) return ok();
    return fail(Code::not_found,
                "No tag with key " + quoted(key) + " found for model with ID '" + model_id + "'.");
}

}  // namespace rondo::tracking
