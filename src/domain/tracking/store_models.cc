#include "domain/search/filter.h"
#include "domain/tracking/grammar.h"
#include "domain/tracking/pairs.h"
#include "domain/tracking/status_text.h"
#include "domain/tracking/store.h"

namespace rondo::tracking {
namespace {

constexpr std::string_view kColumns =
    "SELECT m.id, m.model_id, m.experiment_id, m.name, m.model_type, m.source_run_id, m.status, "
    "m.artifact_uri, m.deleted, m.created_ms, m.updated_ms FROM logged_models m ";

ModelRow read_model(const store::Row& row) {
    ModelRow out;
    out.id = row.integer(0);
    out.model.model_id = row.text(1);
    out.model.experiment_id = row.integer(2);
    out.model.name = row.text(3);
    out.model.model_type = row.text(4);
    out.model.source_run_id = row.text(5);
    out.model.status = model_status_of(row.text(6)).value_or(ModelStatus::unspecified);
    out.model.artifact_uri = row.text(7);
    out.model.stage = row.get<bool>(8) ? Stage::deleted : Stage::active;
    out.model.created_ms = row.integer(9);
    out.model.updated_ms = row.integer(10);
    return out;
}

// Models that have metrics on one of the datasets, for searches that name datasets.
void add_datasets(search::Statement& statement, const std::vector<DatasetFilter>& datasets) {
    statement.add("WITH wanted (name, digest) AS (VALUES ");
    for (size_t i = 0; i < datasets.size(); ++i) {
        statement.add(i == 0 ? "(" : ", (").bind(std::string_view(datasets[i].dataset_name));
        const std::string_view digest =
            datasets[i].dataset_digest ? std::string_view(*datasets[i].dataset_digest) : "";
        statement.add(", ").bind(digest).add(")");
    }
    statement.add(") ");
}

// Sorting by a metric takes the newest point there is on the named dataset; NaN counts as none.
void add_metric_order(search::Statement& statement, const ModelOrder& order) {
    statement.add(
        "(SELECT CASE WHEN s.is_nan = 1 THEN NULL ELSE s.value END "
        "FROM logged_model_metrics s WHERE s.model = m.id AND s.key = ");
    statement.bind(std::string_view(order.field_name).substr(order.field_name.find('.') + 1));
    if (order.dataset_name)
        statement.add(" AND s.dataset_name = ").bind(std::string_view(*order.dataset_name));
    if (order.dataset_digest)
        statement.add(" AND s.dataset_digest = ").bind(std::string_view(*order.dataset_digest));
    statement.add(" ORDER BY s.timestamp_ms DESC, s.step DESC, s.run_id LIMIT 1)");
}

Status add_orders(search::Statement& statement, const std::vector<ModelOrder>& orders) {
    bool by_creation = false;
    for (const ModelOrder& order : orders) {
        const bool ascending = order.ascending.value_or(true);
        if (order.field_name.starts_with("metrics.")) {
            add_metric_order(statement, order);
        } else {
            TRY_ASSIGN(const search::Field* const field,
                       search::find_field(logged_model_grammar(), "", order.field_name));
            statement.add(field->column);
            by_creation = by_creation || field->column == "m.created_ms";
        }
        statement.add(ascending ? " ASC NULLS LAST, " : " DESC NULLS LAST, ");
    }
    if (!by_creation) statement.add("m.created_ms DESC, ");
    statement.add("m.model_id");
    return ok();
}

}  // namespace

Result<int64_t> insert_model(store::Tx& tx, const LoggedModel& model) {
    TRY_ASSIGN(const auto id,
               tx.one<int64_t>("INSERT INTO logged_models (model_id, experiment_id, name, "
                               "model_type, source_run_id, status, artifact_uri, deleted, "
                               "created_ms, updated_ms) "
                               "VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9) RETURNING id",
                               model.model_id, model.experiment_id, model.name, model.model_type,
                               model.source_run_id, text_of(model.status), model.artifact_uri,
                               model.created_ms, model.updated_ms));
    return *id;
}

Result<std::optional<ModelRow>> select_model(store::Tx& tx, int64_t workspace_id,
                                             const std::string& model_id) {
    std::optional<ModelRow> found;
    TRY(tx.each(
        std::string(kColumns) + "JOIN experiments e ON e.id = m.experiment_id "
                                "WHERE m.model_id = $1 AND e.workspace_id = $2",
        [&](const store::Row& row) {
            found = read_model(row);
            return false;
        },
        model_id, workspace_id));
    return found;
}

Result<std::optional<ModelRow>> select_model_of_run(store::Tx& tx, int64_t workspace_id,
                                                    const std::string& run_id,
                                                    const std::string& name) {
    std::optional<ModelRow> found;
    TRY(tx.each(
        std::string(kColumns) +
            "JOIN experiments e ON e.id = m.experiment_id WHERE m.source_run_id = $1 "
            "AND m.name = $2 AND m.deleted = 0 AND e.workspace_id = $3 "
            "ORDER BY m.created_ms DESC, m.id DESC LIMIT 1",
        [&](const store::Row& row) {
            found = read_model(row);
            return false;
        },
        run_id, name, workspace_id));
    return found;
}

Status update_model(store::Tx& tx, const ModelRow& row) {
    TRY(
        tx.exec("UPDATE logged_models SET status = $1, deleted = $2, updated_ms = $3 "
                "WHERE id = $4",
                text_of(row.model.status), row.model.stage == Stage::deleted, row.model.updated_ms,
                row.id));
    return ok();
}

Result<int64_t> insert_model_params(store::Tx& tx, int64_t model,
                                    const std::vector<Param>& params) {
    store::Rows rows(3);
    for (const Param& param : params) rows.add(model, param.key, param.value);
    return store::insert_many(tx, "INSERT INTO logged_model_params (model, key, value) VALUES ",
                              rows, " ON CONFLICT (model, key) DO NOTHING");
}

Result<std::optional<std::string>> select_model_param(store::Tx& tx, int64_t model,
                                                      const std::string& key) {
    return tx.one<std::string>(
        "SELECT value FROM logged_model_params WHERE model = $1 AND key = $2", model, key);
}

Status upsert_model_tags(store::Tx& tx, int64_t model, const std::vector<Tag>& tags) {
    for (const Tag& tag : tags) {
        TRY(
            tx.exec("INSERT INTO logged_model_tags (model, key, value) VALUES ($1, $2, $3) "
                    "ON CONFLICT (model, key) DO UPDATE SET value = excluded.value",
                    model, tag.key, tag.value));
    }
    return ok();
}

Result<int64_t> delete_model_tag(store::Tx& tx, int64_t model, const std::string& key) {
    return tx.exec("DELETE FROM logged_model_tags WHERE model = $1 AND key = $2", model, key);
}

Status upsert_model_metric(store::Tx& tx, int64_t model, const std::string& run_id,
                           const Metric& metric) {
    const Point point = stored_point(metric);
    TRY(tx.exec(
        "INSERT INTO logged_model_metrics (model, key, dataset_name, dataset_digest, "
        "run_id, timestamp_ms, step, value, is_nan) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
        "ON CONFLICT (model, key, dataset_name, dataset_digest, run_id) DO UPDATE SET "
        "timestamp_ms = excluded.timestamp_ms, step = excluded.step, "
        "value = excluded.value, is_nan = excluded.is_nan "
        "WHERE (excluded.step, excluded.timestamp_ms, excluded.value) > "
        "(logged_model_metrics.step, logged_model_metrics.timestamp_ms, "
        "logged_model_metrics.value)",
        model, metric.key, metric.dataset_name.value_or(""), metric.dataset_digest.value_or(""),
        run_id, point.timestamp, point.step, point.value, point.is_nan));
    return ok();
}

Result<std::vector<ModelRow>> search_models(store::Tx& tx, const LoggedModelQuery& query,
                                            const std::map<int64_t, Stage>& stages, int64_t offset,
                                            int64_t limit) {
    TRY_ASSIGN(const auto terms, search::parse_filter(query.filter));
    const bool on_datasets = !query.datasets.empty();
    const search::Grammar& grammar =
        on_datasets ? logged_model_on_datasets_grammar() : logged_model_grammar();
    bool names_metric = false;
    for (const search::Term& term : terms)
        names_metric = names_metric || term.scope.starts_with("metric");
    std::vector<store::Arg> ids;
    for (const auto& [id, stage] : stages) ids.emplace_back(id);
    if (ids.empty()) ids.emplace_back(int64_t{-1});  // no experiment: the filter is still checked
    search::Statement statement;
    if (on_datasets) add_datasets(statement, query.datasets);
    statement.add(kColumns).add("WHERE m.deleted = 0 AND m.experiment_id IN ").bind_list(ids);
    if (on_datasets && !names_metric)
        statement.add(
            " AND EXISTS (SELECT 1 FROM logged_model_metrics k JOIN wanted w "
            "ON w.name = k.dataset_name AND (w.digest = '' OR "
            "w.digest = k.dataset_digest) WHERE k.model = m.id)");
    TRY(search::add_conditions(statement, grammar, terms));
    statement.add(" ORDER BY ");
    TRY(add_orders(statement, query.order_by));
    statement.add(" LIMIT ").bind(limit).add(" OFFSET ").bind(offset);
    std::vector<ModelRow> found;
    TRY(statement.each(tx, [&](const store::Row& row) {
        found.push_back(read_model(row));
        return true;
    }));
    return found;
}

Status load_details(store::Tx& tx, std::span<ModelRow> rows) {
    std::map<int64_t, LoggedModel*> models;
    std::vector<store::Arg> ids;
    for (ModelRow& row : rows) {
        models.emplace(row.id, &row.model);
        ids.emplace_back(row.id);
    }
    std::vector<store::Question> questions;
    add_pairs(questions, "logged_model_tags", "model", ids,
              [&](int64_t id) -> auto& { return models.at(id)->tags; });
    add_pairs(questions, "logged_model_params", "model", ids,
              [&](int64_t id) -> auto& { return models.at(id)->params; });
    store::add_each_of(
        questions,
        "SELECT model, key, value, is_nan, timestamp_ms, step, dataset_name, dataset_digest, "
        "run_id FROM logged_model_metrics WHERE model IN ",
        ids, " ORDER BY model, key, dataset_name, dataset_digest, run_id",
        [&](const store::Row& row) {
            LoggedModel& model = *models.at(row.integer(0));
            Metric metric = read_metric(row, 1);
            metric.model_id = model.model_id;
            metric.run_id = row.get<std::string>(8);
            if (!row.text(6).empty()) metric.dataset_name = row.get<std::string>(6);
            if (!row.text(7).empty()) metric.dataset_digest = row.get<std::string>(7);
            model.metrics.push_back(std::move(metric));
            return true;
        });
    return tx.run_all(questions);
}

Result<int64_t> put_model(store::Tx& tx, const LoggedModel& model) {
    TRY_ASSIGN(
        const auto id,
        tx.one<int64_t>(
            "INSERT INTO logged_models (model_id, experiment_id, name, model_type, source_run_id, "
            "status, artifact_uri, deleted, created_ms, updated_ms) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "
            "ON CONFLICT (model_id) DO UPDATE SET experiment_id = excluded.experiment_id, "
            "name = excluded.name, model_type = excluded.model_type, "
            "source_run_id = excluded.source_run_id, status = excluded.status, "
            "artifact_uri = excluded.artifact_uri, deleted = excluded.deleted, "
            "created_ms = excluded.created_ms, updated_ms = excluded.updated_ms RETURNING id",
            model.model_id, model.experiment_id, model.name, model.model_type, model.source_run_id,
            text_of(model.status), model.artifact_uri, model.stage == Stage::deleted,
            model.created_ms, model.updated_ms));
    return *id;
}

Result<std::vector<ModelRow>> select_models(store::Tx& tx, int64_t workspace_id,
                                            std::span<const std::string> model_ids) {
    std::vector<ModelRow> found;
    for (const std::string& model_id : model_ids) {
        TRY_ASSIGN(auto row, select_model(tx, workspace_id, model_id));
        if (row) found.push_back(std::move(*row));
    }
    return found;
}

Result<std::vector<ModelRow>> list_models(store::Tx& tx, int64_t workspace_id, int64_t after,
                                          int64_t limit) {
    std::vector<ModelRow> found;
    TRY(tx.each(
        std::string(kColumns) + "JOIN experiments e ON e.id = m.experiment_id "
                                "WHERE e.workspace_id = $1 AND m.id > $2 ORDER BY m.id LIMIT $3",
        [&](const store::Row& row) {
            found.push_back(read_model(row));
            return true;
        },
        workspace_id, after, limit));
    return found;
}

}  // namespace rondo::tracking
