#include "domain/tracking/store.h"
#include "platform/store/bulk.h"

namespace rondo::tracking {

Status insert_dataset_input(store::Tx& tx, const RunState& run, const DatasetInput& input) {
    const Dataset& dataset = input.dataset;
    TRY(
        tx.exec("INSERT INTO run_datasets (experiment_id, name, digest, source_type, source, "
                "schema, profile) VALUES ($1, $2, $3, $4, $5, $6, $7) "
                "ON CONFLICT (experiment_id, name, digest) DO NOTHING",
                run.experiment_id, dataset.name, dataset.digest, dataset.source_type,
                dataset.source, dataset.schema, dataset.profile));
    TRY_ASSIGN(const auto id,
               tx.one<int64_t>("SELECT id FROM run_datasets "
                               "WHERE experiment_id = $1 AND name = $2 AND digest = $3",
                               run.experiment_id, dataset.name, dataset.digest));
    TRY_ASSIGN(const int64_t added,
               tx.exec("INSERT INTO run_inputs (run, dataset_id) VALUES ($1, $2) "
                       "ON CONFLICT (run, dataset_id) DO NOTHING",
                       run.id, *id));
    if (added == 0) return ok();  // known already, with the tags of the first time
    for (const Tag& tag : input.tags) {
        TRY(
            tx.exec("INSERT INTO run_input_tags (run, dataset_id, key, value) "
                    "VALUES ($1, $2, $3, $4) "
                    "ON CONFLICT (run, dataset_id, key) DO UPDATE SET value = excluded.value",
                    run.id, *id, tag.key, tag.value));
    }
    return ok();
}

Status upsert_run_models(store::Tx& tx, int64_t run, Direction direction,
                         const std::vector<ModelOutput>& models) {
    for (const ModelOutput& model : models) {
        TRY(
            tx.exec("INSERT INTO run_models (run, is_output, model_id, step) "
                    "VALUES ($1, $2, $3, $4) "
                    "ON CONFLICT (run, is_output, model_id) DO UPDATE SET step = excluded.step",
                    run, direction == Direction::output, model.model_id, model.step));
    }
    return ok();
}

void add_inputs(std::vector<store::Question>& questions, std::span<const store::Arg> ids,
                const std::map<int64_t, Run*>& runs) {
    store::add_each_of(
        questions,
        "SELECT i.run, d.id, t.key, t.value, d.name, d.digest, d.source_type, d.source, "
        "d.schema, d.profile FROM run_inputs i JOIN run_datasets d ON d.id = i.dataset_id "
        "LEFT JOIN run_input_tags t ON t.run = i.run AND t.dataset_id = i.dataset_id "
        "WHERE i.run IN ",
        ids, " ORDER BY i.run, d.id, t.key",
        [&runs, last_run = int64_t{0}, last_dataset = int64_t{0}](const store::Row& row) mutable {
            auto& inputs = runs.at(row.integer(0))->dataset_inputs;
            if (row.integer(0) != last_run || row.integer(1) != last_dataset) {
                inputs.push_back(
                    {{},
                     {row.get<std::string>(4), row.get<std::string>(5), row.get<std::string>(6),
                      row.get<std::string>(7), row.get<std::optional<std::string>>(8),
                      row.get<std::optional<std::string>>(9)}});
                last_run = row.integer(0);
                last_dataset = row.integer(1);
            }
            if (!row.is_null(2))
                inputs.back().tags.push_back({row.get<std::string>(2), row.get<std::string>(3)});
            return true;
        });
    store::add_each_of(questions,
                       "SELECT run, is_output, model_id, step FROM run_models WHERE run IN ", ids,
                       " ORDER BY run, is_output, step, model_id", [&runs](const store::Row& row) {
                           Run& run = *runs.at(row.integer(0));
                           const auto model_id = row.get<std::string>(2);
                           if (row.get<bool>(1))
                               run.model_outputs.push_back({model_id, row.integer(3)});
                           else
                               run.model_inputs.push_back({model_id});
                           return true;
                       });
}

Result<std::vector<DatasetSummary>> select_datasets(store::Tx& tx,
                                                    const std::map<int64_t, Stage>& stages,
                                                    int64_t limit) {
    std::vector<store::Arg> ids;
    for (const auto& [id, stage] : stages) ids.emplace_back(id);
    std::vector<DatasetSummary> found;
    TRY(store::each_of(
        tx,
        "SELECT DISTINCT d.experiment_id, d.name, d.digest, t.value FROM run_datasets d "
        "JOIN run_inputs i ON i.dataset_id = d.id "
        "LEFT JOIN run_input_tags t ON t.run = i.run AND t.dataset_id = i.dataset_id "
        "AND t.key = 'mlflow.data.context' WHERE d.experiment_id IN ",
        ids, " ORDER BY d.experiment_id, d.name, d.digest, t.value", [&](const store::Row& row) {
            found.push_back({std::to_string(row.integer(0)), row.get<std::string>(1),
                             row.get<std::string>(2), row.get<std::optional<std::string>>(3)});
            return std::ssize(found) < limit;
        }));
    return found;
}

}  // namespace rondo::tracking
