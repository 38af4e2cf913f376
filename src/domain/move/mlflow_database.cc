// MLflow's database, read by its own tables (source.h).
#include <algorithm>
#include <cmath>
#include <set>

#include "base/text.h"
#include "domain/move/mlflow_schema.h"
#include "domain/move/source.h"
#include "domain/registry/stage_text.h"
#include "domain/tracking/status_text.h"
#include "platform/store/bulk.h"
#include "platform/store/snapshot.h"

namespace rondo::move {
namespace {

using tracking::Stage;

// Runs and models read at once.
constexpr int64_t kPage = 100;
constexpr std::string_view kDefaultWorkspace = "default";
// The stage that MLflow gives a version that was deleted.
constexpr std::string_view kDeletedStage = "Deleted_Internal";

// The tables of what is not carried, and of what is carried in part.
struct Uncarried {
    std::string_view table, what, where, why;
};
constexpr std::string_view kNoPlace = "Rondo has no place for it yet";
constexpr std::string_view kNoField = "Rondo keeps no such field";
constexpr std::array kUncarried{
    Uncarried{"trace_info", "traces", "", kNoPlace},
    Uncarried{"assessments", "assessments of traces", "", kNoPlace},
    Uncarried{"evaluation_datasets", "evaluation datasets", "", kNoPlace},
    Uncarried{"scorers", "scorers", "", kNoPlace},
    Uncarried{"endpoints", "gateway endpoints", "", kNoPlace},
    Uncarried{"model_definitions", "gateway model definitions", "", kNoPlace},
    Uncarried{"secrets", "gateway secrets", "", "they are sealed with a key of MLflow's server"},
    Uncarried{"guardrails", "guardrails", "", kNoPlace},
    Uncarried{"budget_policies", "budget policies", "", kNoPlace},
    Uncarried{"issues", "issues", "", kNoPlace},
    Uncarried{"label_schemas", "label schemas", "", kNoPlace},
    Uncarried{"review_queues", "review queues", "", kNoPlace},
    Uncarried{"mcp_servers", "MCP servers", "", kNoPlace},
    Uncarried{"jobs", "jobs", "", "they are MLflow's own work in progress"},
    Uncarried{"webhooks", "webhooks", "",
              "their secrets are sealed with a key of MLflow's server; make them anew with `rondo "
              "webhook create`"},
    Uncarried{"experiments", "experiments of other workspaces", "workspace <> 'default'",
              "Rondo has one workspace, which is MLflow's 'default'"},
    Uncarried{"registered_models", "registered models of other workspaces",
              "workspace <> 'default'", "Rondo has one workspace, which is MLflow's 'default'"},
    Uncarried{"logged_models", "status messages of logged models", "status_message IS NOT NULL",
              kNoField},
    Uncarried{"model_versions", "creators of model versions",
              "user_id IS NOT NULL AND user_id <> ''", kNoField},
    Uncarried{"model_versions", "model versions whose registration was not ready",
              "status <> 'READY' AND current_stage <> 'Deleted_Internal'",
              "Rondo has no such state: they are carried as ready ones"},
    Uncarried{"runs", "sources of runs that MLflow's clients no longer show",
              "source_name IS NOT NULL AND source_name <> ''", kNoField},
};

std::string text_or(const store::Row& row, int column) {
    return row.is_null(column) ? std::string() : row.get<std::string>(column);
}

Stage stage_of(std::string_view text) { return text == "deleted" ? Stage::deleted : Stage::active; }

class Database final : public Source {
  public:
    Database(std::unique_ptr<store::Snapshot> snapshot, std::string folder)
        : snapshot_(std::move(snapshot)), folder_(std::move(folder)) {}

    Result<int64_t> rows() override {
        TRY_ASSIGN(const auto runs, tx().one<int64_t>("SELECT count(*) FROM runs"));
        TRY_ASSIGN(const auto points, tx().one<int64_t>("SELECT count(*) FROM metrics"));
        return *runs + *points;
    }

    Result<std::vector<tracking::Experiment>> experiments() override {
        std::vector<tracking::Experiment> found;
        TRY(tx().each(
            "SELECT experiment_id, name, artifact_location, lifecycle_stage, creation_time, "
            "last_update_time FROM experiments WHERE workspace = $1 ORDER BY experiment_id",
            [&](const store::Row& row) {
                const int64_t created_ms = row.is_null(4) ? 0 : row.integer(4);
                found.push_back({.id = row.integer(0),
                                 .name = row.get<std::string>(1),
                                 .artifact_location = text_or(row, 2),
                                 .stage = stage_of(row.text(3)),
                                 .created_ms = created_ms,
                                 .updated_ms = row.is_null(5) ? created_ms : row.integer(5)});
                return true;
            },
            kDefaultWorkspace));
        std::map<int64_t, tracking::Experiment*> by_id;
        std::vector<store::Arg> ids;
        for (tracking::Experiment& experiment : found) {
            by_id.emplace(experiment.id, &experiment);
            ids.emplace_back(experiment.id);
        }
        TRY(store::each_of(
            tx(), "SELECT experiment_id, key, value FROM experiment_tags WHERE experiment_id IN ",
            ids, " ORDER BY experiment_id, key", [&](const store::Row& row) {
                by_id.at(row.integer(0))
                    ->tags.push_back({row.get<std::string>(1), text_or(row, 2)});
                return true;
            }));
        return found;
    }

    Status runs(const std::function<Status(std::vector<tracking::RunRow>&)>& visit) override {
        std::string after;
        while (true) {
            std::vector<tracking::RunRow> page;
            TRY(tx().each(
                "SELECT r.run_uuid, r.experiment_id, r.name, r.user_id, r.status, r.start_time, "
                "r.end_time, r.lifecycle_stage, r.deleted_time, r.artifact_uri FROM runs r "
                "JOIN experiments e ON e.experiment_id = r.experiment_id "
                "WHERE r.run_uuid > $1 AND e.workspace = $2 ORDER BY r.run_uuid LIMIT $3",
                [&](const store::Row& row) {
                    page.push_back(read_run(row));
                    return true;
                },
                after, kDefaultWorkspace, kPage));
            if (page.empty()) return ok();
            TRY(load_run_details(page));
            after = page.back().run.run_id;
            TRY(visit(page));
        }
    }

    Status points(const tracking::Run& run,
                  const std::function<Status(const tracking::Metric&)>& visit) override {
        Status visited = ok();
        const store::Arg key = store::to_arg(run.run_id);
        TRY(snapshot_->stream(
            "SELECT key, value, CASE WHEN is_nan THEN 1 ELSE 0 END, timestamp, step FROM metrics "
            "WHERE run_uuid = $1 ORDER BY key, timestamp, step, value, is_nan",
            {&key, 1}, [&](const store::Row& row) {
                visited = visit(tracking::read_metric(row, 0));
                return visited.has_value();
            }));
        return visited;
    }

    Status logged_models(
        const std::function<Status(std::vector<tracking::LoggedModel>&)>& visit) override {
        std::string after;
        while (true) {
            std::vector<tracking::LoggedModel> page;
            TRY(tx().each(
                "SELECT m.model_id, m.experiment_id, m.name, m.artifact_location, m.model_type, "
                "m.source_run_id, m.status, m.lifecycle_stage, m.creation_timestamp_ms, "
                "m.last_updated_timestamp_ms FROM logged_models m "
                "JOIN experiments e ON e.experiment_id = m.experiment_id "
                "WHERE m.model_id > $1 AND e.workspace = $2 ORDER BY m.model_id LIMIT $3",
                [&](const store::Row& row) {
                    page.push_back(read_model(row));
                    return true;
                },
                after, kDefaultWorkspace, kPage));
            if (page.empty()) return ok();
            TRY(load_model_details(page));
            after = page.back().model_id;
            TRY(visit(page));
        }
    }

    Status registered_models(const std::function<Status(RegisteredModel&)>& visit) override {
        std::string after;
        while (true) {
            std::vector<RegisteredModel> page;
            TRY(tx().each(
                "SELECT name, description, creation_time, last_updated_time FROM "
                "registered_models WHERE workspace = $1 AND name > $2 ORDER BY name LIMIT $3",
                [&](const store::Row& row) {
                    RegisteredModel each;
                    each.model.name = row.text(0);
                    each.model.description = row.get<std::optional<std::string>>(1);
                    each.model.created_ms = row.integer(2);
                    each.model.updated_ms = row.integer(3);
                    page.push_back(std::move(each));
                    return true;
                },
                kDefaultWorkspace, after, kPage));
            if (page.empty()) return ok();
            after = page.back().model.name;
            for (RegisteredModel& each : page) {
                TRY(load_registered_details(each));
                TRY(visit(each));
            }
        }
    }

    Result<std::vector<Left>> left() override {
        TRY_ASSIGN(const auto names,
                   tx().all<std::string>(snapshot_->engine() == "sqlite"
                                             ? "SELECT name FROM sqlite_master WHERE type = 'table'"
                                             : "SELECT table_name FROM information_schema.tables "
                                               "WHERE table_schema = current_schema()"));
        const std::set<std::string, std::less<>> there(names.begin(), names.end());
        std::vector<Left> found;
        for (const Uncarried& each : kUncarried) {
            if (!there.contains(each.table)) continue;  // came with a later schema
            std::string sql = "SELECT count(*) FROM " + std::string(each.table);
            if (!each.where.empty()) sql += " WHERE " + std::string(each.where);
            TRY_ASSIGN(const auto count, tx().one<int64_t>(sql));
            if (*count > 0)
                found.push_back({std::string(each.what), *count, std::string(each.why)});
        }
        if (model_points_ > 0)
            found.push_back({"earlier points of logged models' metrics", model_points_,
                             "Rondo keeps the latest one of each dataset and run at the model; the "
                             "run has them all"});
        return found;
    }

    std::string folder() const override { return folder_; }

  private:
    store::Tx& tx() { return snapshot_->tx(); }

    static tracking::RunRow read_run(const store::Row& row) {
        tracking::RunRow out;
        out.run.run_id = row.text(0);
        out.run.experiment_id = row.integer(1);
        out.run.name = text_or(row, 2);
        out.run.user_id = text_or(row, 3);
        out.run.status = tracking::status_of(row.text(4)).value_or(tracking::RunStatus::running);
        out.run.start_ms = row.is_null(5) ? 0 : row.integer(5);
        out.run.end_ms = row.get<std::optional<int64_t>>(6);
        out.run.stage = stage_of(row.text(7));
        out.deleted_ms = row.get<std::optional<int64_t>>(8);
        out.run.artifact_uri = text_or(row, 9);
        return out;
    }

    static tracking::LoggedModel read_model(const store::Row& row) {
        tracking::LoggedModel out;
        out.model_id = row.text(0);
        out.experiment_id = row.integer(1);
        out.name = row.text(2);
        out.artifact_uri = row.text(3);
        out.model_type = text_or(row, 4);
        out.source_run_id = text_or(row, 5);
        const int64_t status = row.integer(6);  // MLflow's numbers are the order of ours
        if (status > 0 && status < std::ssize(tracking::kModelStatuses))
            out.status = static_cast<tracking::ModelStatus>(status);
        else
            out.status = tracking::ModelStatus::unspecified;
        out.stage = stage_of(row.text(7));
        out.created_ms = row.integer(8);
        out.updated_ms = row.integer(9);
        return out;
    }

    Status load_run_details(std::vector<tracking::RunRow>& page) {
        std::map<std::string, tracking::Run*, std::less<>> runs;
        std::vector<store::Arg> ids;
        for (tracking::RunRow& row : page) {
            runs.emplace(row.run.run_id, &row.run);
            ids.push_back(store::to_arg(row.run.run_id));
        }
        TRY(store::each_of(tx(), "SELECT run_uuid, key, value FROM params WHERE run_uuid IN ", ids,
                           " ORDER BY run_uuid, key", [&](const store::Row& row) {
                               runs.at(row.get<std::string>(0))
                                   ->params.push_back({row.get<std::string>(1), text_or(row, 2)});
                               return true;
                           }));
        TRY(store::each_of(tx(), "SELECT run_uuid, key, value FROM tags WHERE run_uuid IN ", ids,
                           " ORDER BY run_uuid, key", [&](const store::Row& row) {
                               runs.at(row.get<std::string>(0))
                                   ->tags.push_back({row.get<std::string>(1), text_or(row, 2)});
                               return true;
                           }));
        TRY(load_inputs(ids, runs));
        return store::each_of(
            tx(),
            "SELECT source_id, source_type, destination_id, step FROM inputs WHERE source_type IN "
            "('RUN_INPUT', 'RUN_OUTPUT') AND source_id IN ",
            ids, " ORDER BY source_id, step, destination_id", [&](const store::Row& row) {
                tracking::Run& run = *runs.at(row.get<std::string>(0));
                if (row.text(1) == "RUN_OUTPUT")
                    run.model_outputs.push_back({row.get<std::string>(2), row.integer(3)});
                else
                    run.model_inputs.push_back({row.get<std::string>(2)});
                return true;
            });
    }

    Status load_inputs(const std::vector<store::Arg>& ids,
                       const std::map<std::string, tracking::Run*, std::less<>>& runs) {
        std::map<std::string, std::pair<tracking::Run*, size_t>> by_input;
        TRY(store::each_of(
            tx(),
            "SELECT i.destination_id, i.input_uuid, d.name, d.digest, d.dataset_source_type, "
            "d.dataset_source, d.dataset_schema, d.dataset_profile FROM inputs i "
            "JOIN datasets d ON d.dataset_uuid = i.source_id WHERE i.source_type = 'DATASET' AND "
            "i.destination_type = 'RUN' AND i.destination_id IN ",
            ids, " ORDER BY i.destination_id, d.name, d.digest", [&](const store::Row& row) {
                tracking::Run* run = runs.at(row.get<std::string>(0));
                by_input.emplace(row.text(1), std::pair{run, run->dataset_inputs.size()});
                run->dataset_inputs.push_back(
                    {{},
                     {row.get<std::string>(2), row.get<std::string>(3), row.get<std::string>(4),
                      row.get<std::string>(5), row.get<std::optional<std::string>>(6),
                      row.get<std::optional<std::string>>(7)}});
                return true;
            }));
        std::vector<store::Arg> inputs;
        for (const auto& [id, place] : by_input) inputs.push_back(store::to_arg(id));
        return store::each_of(tx(),
                              "SELECT input_uuid, name, value FROM input_tags WHERE input_uuid IN ",
                              inputs, " ORDER BY input_uuid, name", [&](const store::Row& row) {
                                  const auto& [run, index] = by_input.at(row.get<std::string>(0));
                                  run->dataset_inputs[index].tags.push_back(
                                      {row.get<std::string>(1), row.get<std::string>(2)});
                                  return true;
                              });
    }

    Status load_model_details(std::vector<tracking::LoggedModel>& page) {
        std::map<std::string, tracking::LoggedModel*, std::less<>> models;
        std::vector<store::Arg> ids;
        for (tracking::LoggedModel& model : page) {
            models.emplace(model.model_id, &model);
            ids.push_back(store::to_arg(model.model_id));
        }
        TRY(store::each_of(
            tx(),
            "SELECT model_id, param_key, param_value FROM logged_model_params WHERE model_id IN ",
            ids, " ORDER BY model_id, param_key", [&](const store::Row& row) {
                models.at(row.get<std::string>(0))
                    ->params.push_back({row.get<std::string>(1), row.get<std::string>(2)});
                return true;
            }));
        TRY(store::each_of(
            tx(), "SELECT model_id, tag_key, tag_value FROM logged_model_tags WHERE model_id IN ",
            ids, " ORDER BY model_id, tag_key", [&](const store::Row& row) {
                models.at(row.get<std::string>(0))
                    ->tags.push_back({row.get<std::string>(1), row.get<std::string>(2)});
                return true;
            }));
        TRY(store::each_of(
            tx(),
            "SELECT model_id, metric_name, metric_value, metric_timestamp_ms, metric_step, "
            "dataset_name, dataset_digest, run_id FROM logged_model_metrics WHERE model_id IN ",
            ids, " ORDER BY model_id, metric_name", [&](const store::Row& row) {
                tracking::Metric metric;
                metric.key = row.text(1);
                metric.value = row.is_null(2) ? std::nan("") : row.real(2);
                metric.timestamp = row.integer(3);
                metric.step = row.integer(4);
                metric.dataset_name = row.get<std::optional<std::string>>(5);
                metric.dataset_digest = row.get<std::optional<std::string>>(6);
                metric.run_id = row.get<std::string>(7);
                models.at(row.get<std::string>(0))->metrics.push_back(std::move(metric));
                return true;
            }));
        for (tracking::LoggedModel& model : page) {
            model_points_ += std::ssize(model.metrics);
            keep_latest(model.metrics);
            model_points_ -= std::ssize(model.metrics);
        }
        return ok();
    }

    Status load_registered_details(RegisteredModel& each) {
        const std::string& name = each.model.name;
        TRY(tx().each(
            "SELECT key, value FROM registered_model_tags WHERE workspace = $1 AND name = $2 "
            "ORDER BY key",
            [&](const store::Row& row) {
                each.model.tags.push_back({row.get<std::string>(0), text_or(row, 1)});
                return true;
            },
            kDefaultWorkspace, name));
        TRY(tx().each(
            "SELECT alias, version FROM registered_model_aliases WHERE workspace = $1 AND "
            "name = $2 ORDER BY alias",
            [&](const store::Row& row) {
                each.model.aliases.push_back({row.get<std::string>(0), row.integer(1)});
                return true;
            },
            kDefaultWorkspace, name));
        TRY(tx().each(
            "SELECT version, creation_time, last_updated_time, description, current_stage, source, "
            "storage_location, run_id, run_link FROM model_versions WHERE workspace = $1 AND "
            "name = $2 ORDER BY version",
            [&](const store::Row& row) {
                each.versions.push_back(read_version(row, name));
                return true;
            },
            kDefaultWorkspace, name));
        std::map<int64_t, registry::ModelVersion*> by_number;
        for (registry::VersionRow& row : each.versions)
            by_number.emplace(row.version.version, &row.version);
        return tx().each(
            "SELECT version, key, value FROM model_version_tags WHERE workspace = $1 AND name = $2 "
            "ORDER BY version, key",
            [&](const store::Row& row) {
                const auto found = by_number.find(row.integer(0));
                if (found != by_number.end())
                    found->second->tags.push_back({row.get<std::string>(1), text_or(row, 2)});
                return true;
            },
            kDefaultWorkspace, name);
    }

    static registry::VersionRow read_version(const store::Row& row, const std::string& name) {
        registry::VersionRow out;
        out.version.name = name;
        out.version.version = row.integer(0);
        out.version.created_ms = row.integer(1);
        out.version.updated_ms = row.is_null(2) ? row.integer(1) : row.integer(2);
        out.deleted = row.text(4) == kDeletedStage;
        if (out.deleted) return out;  // its number is all that is left
        out.version.description = row.get<std::optional<std::string>>(3);
        out.version.stage = registry::stage_of(row.text(4)).value_or(registry::VersionStage::none);
        out.version.source = text_or(row, 5);
        out.version.storage_location = row.is_null(6) ? out.version.source : text_or(row, 6);
        out.version.run_id = text_or(row, 7);
        out.version.run_link = text_or(row, 8);
        return out;
    }

    std::unique_ptr<store::Snapshot> snapshot_;
    const std::string folder_;
    int64_t model_points_ = 0;  // that keep_latest has dropped
};

Status check_magic(Env& env, const std::string& path) {
    constexpr std::string_view kMagic("SQLite format 3\0", 16);
    if (!env.files().exists(path))
        return fail(Code::not_found, "there is no database " + quoted(path));
    TRY_ASSIGN(const auto file, env.files().open(path, FileSystem::Mode::read));
    TRY_ASSIGN(const std::string head, file->read_at(0, kMagic.size()));
    if (head == kMagic) return ok();
    return fail(Code::invalid, quoted(path) +
                                   " is no SQLite database; MLflow's is named mlflow.db "
                                   "by default, its folder of files mlruns");
}

Status check_revision(store::Snapshot& snapshot, const std::string& shown) {
    TRY_ASSIGN(const auto table,
               snapshot.tx().one<int64_t>(
                   snapshot.engine() == "sqlite"
                       ? "SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'"
                       : "SELECT count(*) FROM information_schema.tables WHERE table_schema = "
                         "current_schema() AND table_name = 'alembic_version'"));
    if (*table == 0)
        return fail(Code::invalid,
                    shown + " is no database of MLflow's: it has no table alembic_version");
    TRY_ASSIGN(const auto revision,
               snapshot.tx().one<std::string>("SELECT version_num FROM alembic_version"));
    if (revision && std::ranges::find(kReadableRevisions, *revision) != kReadableRevisions.end())
        return ok();
    return fail(Code::conflict,
                "the schema of " + shown + " is at " + quoted(revision.value_or("no revision")) +
                    ", which is older or newer than what is understood here (" +
                    std::string(kReadableRevisions.back()) + " to " +
                    std::string(kReadableRevisions.front()) + ", MLflow " +
                    std::string(kMlflowVersion) +
                    "). An older one: bring it up to date with `mlflow db upgrade URL` of MLflow " +
                    std::string(kMlflowVersion) +
                    ", best on a copy; a newer one needs a newer "
                    "Rondo");
}

}  // namespace

void keep_latest(std::vector<tracking::Metric>& metrics) {
    using Key = std::tuple<std::string, std::string, std::string, std::string>;
    std::map<Key, tracking::Metric> latest;
    for (tracking::Metric& metric : metrics) {
        Key key{metric.key, metric.dataset_name.value_or(""), metric.dataset_digest.value_or(""),
                metric.run_id.value_or("")};
        const auto [known, first] = latest.try_emplace(std::move(key), metric);
        if (!first && tracking::is_later(stored_point(metric), stored_point(known->second)))
            known->second = metric;
    }
    metrics.clear();
    for (auto& [key, metric] : latest) metrics.push_back(std::move(metric));
}

Result<std::unique_ptr<Source>> open_mlflow_database(Env& env, const std::string& url) {
    constexpr std::string_view kSqlite = "sqlite:";
    const bool sqlite = url.starts_with(kSqlite);
    const std::string path = sqlite ? url.substr(kSqlite.size()) : "";
    const std::string shown = sqlite ? quoted(path) : "the PostgreSQL database";
    if (sqlite) TRY(check_magic(env, path));
    auto opened = store::Snapshot::open_foreign(url);
    if (!opened && sqlite && opened.error().code == Code::internal)
        return fail(Code::invalid, quoted(path) + " cannot be read: " + opened.error().message);
    TRY(opened);
    TRY(check_revision(**opened, shown));
    const size_t slash = path.rfind('/');
    std::string folder = slash == std::string::npos ? "." : path.substr(0, slash);
    return std::make_unique<Database>(std::move(*opened), std::move(folder));
}

}  // namespace rondo::move
