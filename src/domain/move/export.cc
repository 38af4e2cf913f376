#include "domain/move/export.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "domain/registry/stage_text.h"
#include "domain/tracking/status_text.h"
#include "platform/crypto/file_digest.h"
#include "platform/store/bulk.h"

namespace rondo::move {
namespace {

using tracking::Metric;

constexpr int64_t kPage = 100;
constexpr int64_t kPointsAtOnce = 10'000;
constexpr std::string_view kWorkspace = "default";
// The experiment that MLflow expects before all others has the id 0.
constexpr int64_t kBeforeAll = -1;
// What MLflow leaves of a version that was deleted.
constexpr std::string_view kDeletedStage = "Deleted_Internal";

std::optional<std::string_view> unless_empty(const std::string& text) {
    if (text.empty()) return std::nullopt;
    return text;
}

class Exporter {
  public:
    Exporter(const ExportParts& parts, store::Tx& from, store::Tx& to, const Watch& watch)
        : parts_(parts), from_(from), to_(to), watch_(watch) {}

    Result<Report> run() {
        TRY(experiments());
        TRY(runs());
        TRY(logged_models());
        TRY(registered_models());
        return std::move(report_);
    }

  private:
    int64_t workspace() const { return parts_.workspace_id; }
    // Ids that MLflow makes of 32 hex digits, and nobody refers to from outside.
    std::string new_id() { return random_hex(parts_.env, 16); }

    Status experiments() {
        watch_.step("experiments", 0, kRowsUnit);
        for (int64_t after = kBeforeAll;;) {
            TRY_ASSIGN(const auto page,
                       tracking::list_experiments(from_, workspace(), after, kPage));
            if (page.empty()) return ok();
            after = page.back().id;
            for (const tracking::Experiment& each : page) {
                TRY(
                    to_.exec("INSERT INTO experiments (experiment_id, name, artifact_location, "
                             "lifecycle_stage, creation_time, last_update_time, workspace) "
                             "VALUES ($1, $2, $3, $4, $5, $6, $7)",
                             each.id, each.name, each.artifact_location, text_of(each.stage),
                             each.created_ms, each.updated_ms, kWorkspace));
                TRY(put_pairs("experiment_tags (experiment_id, key, value)", each.id, each.tags));
                ++report_.of(Kind::experiments).added;
                watch_.done(1);
            }
        }
    }

    template <class Owner, class Pair>
    Status put_pairs(const char* columns, const Owner& owner, const std::vector<Pair>& pairs) {
        store::Rows rows(3);
        for (const Pair& pair : pairs) rows.add(owner, pair.key, pair.value);
        return store::put_many(to_, "INSERT INTO " + std::string(columns) + " VALUES ", rows, "");
    }

    Status runs() {
        watch_.step("runs and points", 0, kRowsUnit);
        for (int64_t after = 0;;) {
            TRY_ASSIGN(auto page, tracking::list_runs(from_, workspace(), after, kPage));
            if (page.empty()) return ok();
            after = page.back().id;
            TRY(tracking::load_details(from_, page));
            for (const tracking::RunRow& row : page) {
                TRY(put_run(row));
                TRY(put_points(row));
                ++report_.of(Kind::runs).added;
                watch_.done(1);
            }
        }
    }

    Status put_run(const tracking::RunRow& row) {
        const tracking::Run& run = row.run;
        TRY(to_.exec(
            "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, "
            "user_id, status, start_time, end_time, source_version, lifecycle_stage, "
            "artifact_uri, experiment_id, deleted_time) "
            "VALUES ($1, $2, 'UNKNOWN', '', '', $3, $4, $5, $6, '', $7, $8, $9, $10)",
            run.run_id, run.name, run.user_id, text_of(run.status), run.start_ms, run.end_ms,
            text_of(run.stage), run.artifact_uri, run.experiment_id, row.deleted_ms));
        TRY(put_pairs("params (run_uuid, key, value)", run.run_id, run.params));
        TRY(put_pairs("tags (run_uuid, key, value)", run.run_id, run.tags));
        for (const Metric& metric : run.metrics) {
            const tracking::Point point = tracking::stored_point(metric);
            TRY(to_.exec(
                "INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, "
                "run_uuid) VALUES ($1, $2, $3, $4, $5, $6)",
                metric.key, point.value, point.timestamp, point.step, point.is_nan, run.run_id));
        }
        for (const tracking::DatasetInput& input : run.dataset_inputs) TRY(put_dataset(run, input));
        for (const tracking::ModelInput& model : run.model_inputs)
            TRY(put_edge("RUN_INPUT", run.run_id, "MODEL_INPUT", model.model_id, 0));
        for (const tracking::ModelOutput& model : run.model_outputs)
            TRY(put_edge("RUN_OUTPUT", run.run_id, "MODEL_OUTPUT", model.model_id, model.step));
        return ok();
    }

    Result<std::string> put_edge(const char* from_kind, const std::string& from,
                                 const char* to_kind, const std::string& to, int64_t step) {
        std::string id = new_id();
        TRY(
            to_.exec("INSERT INTO inputs (input_uuid, source_type, source_id, destination_type, "
                     "destination_id, step) VALUES ($1, $2, $3, $4, $5, $6)",
                     id, from_kind, from, to_kind, to, step));
        return id;
    }

    Status put_dataset(const tracking::Run& run, const tracking::DatasetInput& input) {
        const tracking::Dataset& dataset = input.dataset;
        TRY(
            to_.exec("INSERT INTO datasets (dataset_uuid, experiment_id, name, digest, "
                     "dataset_source_type, dataset_source, dataset_schema, dataset_profile) "
                     "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
                     new_id(), run.experiment_id, dataset.name, dataset.digest, dataset.source_type,
                     dataset.source, dataset.schema, dataset.profile));
        TRY_ASSIGN(const auto id,
                   to_.one<std::string>("SELECT dataset_uuid FROM datasets WHERE "
                                        "experiment_id = $1 AND name = $2 AND digest = $3",
                                        run.experiment_id, dataset.name, dataset.digest));
        TRY_ASSIGN(const std::string edge, put_edge("DATASET", *id, "RUN", run.run_id, 0));
        return put_pairs("input_tags (input_uuid, name, value)", edge, input.tags);
    }

    Status put_points(const tracking::RunRow& row) {
        for (const Metric& latest : row.run.metrics) {
            std::optional<tracking::Point> after;
            while (true) {
                TRY_ASSIGN(const auto page, tracking::select_history(from_, row.id, latest.key,
                                                                     after, kPointsAtOnce));
                store::Rows rows(6);
                for (const Metric& metric : page) {
                    after = tracking::stored_point(metric);
                    rows.add(latest.key, after->value, after->timestamp, row.run.run_id,
                             after->step, after->is_nan);
                }
                TRY(store::put_many(to_,
                                    "INSERT INTO metrics (key, value, timestamp, run_uuid, step, "
                                    "is_nan) VALUES ",
                                    rows, ""));
                report_.of(Kind::points).added += std::ssize(page);
                watch_.done(page.size());
                if (std::ssize(page) < kPointsAtOnce) break;
            }
        }
        return ok();
    }

    Status logged_models() {
        watch_.step("logged models", 0, kRowsUnit);
        for (int64_t after = 0;;) {
            TRY_ASSIGN(auto page, tracking::list_models(from_, workspace(), after, kPage));
            if (page.empty()) return ok();
            after = page.back().id;
            TRY(tracking::load_details(from_, page));
            for (const tracking::ModelRow& row : page) {
                TRY(put_logged_model(row.model));
                ++report_.of(Kind::logged_models).added;
                watch_.done(1);
            }
        }
    }

    Status put_logged_model(const tracking::LoggedModel& model) {
        TRY(to_.exec(
            "INSERT INTO logged_models (model_id, experiment_id, name, artifact_location, "
            "creation_timestamp_ms, last_updated_timestamp_ms, status, lifecycle_stage, "
            "model_type, source_run_id) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            model.model_id, model.experiment_id, model.name, model.artifact_uri, model.created_ms,
            model.updated_ms, static_cast<int64_t>(model.status), text_of(model.stage),
            unless_empty(model.model_type), unless_empty(model.source_run_id)));
        for (const tracking::Param& param : model.params)
            TRY(
                to_.exec("INSERT INTO logged_model_params (model_id, experiment_id, param_key, "
                         "param_value) VALUES ($1, $2, $3, $4)",
                         model.model_id, model.experiment_id, param.key, param.value));
        for (const tracking::Tag& tag : model.tags)
            TRY(
                to_.exec("INSERT INTO logged_model_tags (model_id, experiment_id, tag_key, "
                         "tag_value) VALUES ($1, $2, $3, $4)",
                         model.model_id, model.experiment_id, tag.key, tag.value));
        for (const Metric& metric : model.metrics) {
            const bool nan = std::isnan(metric.value);
            // MLflow tells points apart without their dataset: the first of two stays.
            TRY(to_.exec(
                "INSERT INTO logged_model_metrics (model_id, metric_name, "
                "metric_timestamp_ms, metric_step, metric_value, experiment_id, run_id, "
                "dataset_name, dataset_digest) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
                "ON CONFLICT DO NOTHING",
                model.model_id, metric.key, metric.timestamp, metric.step,
                nan ? std::nullopt : std::optional<double>(metric.value), model.experiment_id,
                metric.run_id, metric.dataset_name, metric.dataset_digest));
        }
        return ok();
    }

    Status registered_models() {
        watch_.step("registered models", 0, kRowsUnit);
        for (int64_t after = 0;;) {
            TRY_ASSIGN(auto page, registry::list_models(from_, workspace(), after, kPage));
            if (page.empty()) return ok();
            after = page.back().id;
            TRY(registry::load_details(from_, std::span<registry::ModelRow>(page)));
            for (const registry::ModelRow& row : page) {
                TRY(put_registered_model(row.model));
                TRY(versions(row));
                for (const registry::Alias& alias : row.model.aliases)
                    TRY(
                        to_.exec("INSERT INTO registered_model_aliases (workspace, name, alias, "
                                 "version) VALUES ($1, $2, $3, $4)",
                                 kWorkspace, row.model.name, alias.alias, alias.version));
                ++report_.of(Kind::models).added;
                watch_.done(1);
            }
        }
    }

    Status put_registered_model(const registry::RegisteredModel& model) {
        TRY(to_.exec(
            "INSERT INTO registered_models (name, creation_time, last_updated_time, "
            "description, workspace) VALUES ($1, $2, $3, $4, $5)",
            model.name, model.created_ms, model.updated_ms, model.description, kWorkspace));
        for (const tracking::Tag& tag : model.tags)
            TRY(
                to_.exec("INSERT INTO registered_model_tags (workspace, name, key, value) "
                         "VALUES ($1, $2, $3, $4)",
                         kWorkspace, model.name, tag.key, tag.value));
        return ok();
    }

    Status versions(const registry::ModelRow& model) {
        for (int64_t after = 0;;) {
            TRY_ASSIGN(auto page, registry::list_versions(from_, model.id, after, kPage));
            if (page.empty()) return ok();
            after = page.back().version.version;
            TRY(registry::load_details(from_, std::span<registry::VersionRow>(page)));
            for (const registry::VersionRow& row : page) {
                TRY(put_version(row));
                ++report_.of(Kind::versions).added;
                watch_.done(1);
            }
        }
    }

    Status put_version(const registry::VersionRow& row) {
        const registry::ModelVersion& version = row.version;
        TRY(to_.exec(
            "INSERT INTO model_versions (name, version, creation_time, last_updated_time, "
            "description, current_stage, source, run_id, status, run_link, storage_location, "
            "workspace) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'READY', $9, $10, $11)",
            version.name, version.version, version.created_ms, version.updated_ms,
            version.description, row.deleted ? kDeletedStage : registry::text_of(version.stage),
            version.source, unless_empty(version.run_id), unless_empty(version.run_link),
            unless_empty(version.storage_location), kWorkspace));
        for (const tracking::Tag& tag : version.tags)
            TRY(
                to_.exec("INSERT INTO model_version_tags (workspace, name, version, key, value) "
                         "VALUES ($1, $2, $3, $4, $5)",
                         kWorkspace, version.name, version.version, tag.key, tag.value));
        return ok();
    }

    const ExportParts& parts_;
    store::Tx& from_;
    store::Tx& to_;
    const Watch& watch_;
    Report report_;
};

}  // namespace

Result<Report> export_all(const ExportParts& parts, store::Tx& from, store::Tx& to,
                          const Watch& watch) {
    return Exporter(parts, from, to, watch).run();
}

Status export_files(const ExportParts& parts, store::Tx& from, blob::Store& blobs,
                    const std::string& folder, const Watch& watch, Report& report) {
    constexpr int64_t kFilesAtOnce = 1000;
    uint64_t total = 0;
    const auto each_file =
        [&](const std::function<Status(const artifacts::File&)>& visit) -> Status {
        for (std::string after;;) {
            TRY_ASSIGN(const auto page, parts.artifacts.walk(from, "", after, kFilesAtOnce));
            for (const artifacts::File& file : page) TRY(visit(file));
            if (std::ssize(page) < kFilesAtOnce) return ok();
            after = page.back().path;
        }
    };
    TRY(each_file([&](const artifacts::File& file) {
        total += static_cast<uint64_t>(file.size);
        return ok();
    }));
    watch.step("artifacts", total, kBytesUnit);
    FileSystem& files = parts.env.files();
    return each_file([&](const artifacts::File& file) -> Status {
        TRY_ASSIGN(const blob::Digest digest, blob::Digest::parse(file.digest));
        const std::string target = folder + "/" + file.path;
        const std::string part = target + std::string(kTemporaryMark) + "export";
        TRY(files.make_directories(target.substr(0, target.rfind('/'))));
        if (files.exists(target)) {
            TRY_ASSIGN(const auto there, files.open(target, FileSystem::Mode::read));
            TRY_ASSIGN(const std::string sum, sha256_of(*there));
            if (sum == file.digest) {
                ++report.of(Kind::files).same;
                return ok();
            }
            return fail(Code::conflict, quoted(target) +
                                            " is another file already; name an empty "
                                            "folder with --artifacts");
        }
        if (files.exists(part)) TRY(files.remove(part));
        TRY_ASSIGN(const auto out, files.open(part, FileSystem::Mode::create_new));
        TRY(blobs.get(digest, [&](std::string_view piece) {
            watch.done(piece.size());
            return out->append(piece);
        }));
        TRY(out->sync());
        TRY(files.rename(part, target));
        ++report.of(Kind::files).added;
        report.bytes += file.size;
        return ok();
    });
}

}  // namespace rondo::move
