// MLflow's folder of files, "mlruns" (source.h): YAML for what describes a thing, a file a param,
// tag or metric below it.
#include <algorithm>
#include <cmath>
#include <set>

#include "base/files.h"
#include "base/text.h"
#include "domain/move/meta_file.h"
#include "domain/move/source.h"
#include "domain/registry/stage_text.h"
#include "domain/tracking/status_text.h"

namespace rondo::move {
namespace {

using tracking::Metric;
using tracking::Stage;

constexpr size_t kPage = 100;
constexpr std::string_view kMeta = "meta.yaml";
constexpr std::string_view kTrash = ".trash";
constexpr std::string_view kRegistry = "models";
constexpr std::string_view kVersion = "version-";
constexpr std::string_view kDeletedStage = "Deleted_Internal";
// Folders of an experiment that are no runs.
constexpr std::array<std::string_view, 4> kReserved{"tags", "datasets", "traces", "models"};
// The file of one metric of one run, which is sorted in memory.
constexpr size_t kMaxMetricFile = size_t{1} << 30;
constexpr size_t kMaxValueFile = size_t{16} << 20;

Stage stage_of(const MetaFile& meta) {
    return meta.text("lifecycle_stage") == "deleted" ? Stage::deleted : Stage::active;
}

bool earlier(const Metric& a, const Metric& b) {
    const tracking::Point x = stored_point(a), y = stored_point(b);
    return std::tie(x.timestamp, x.step, x.value, x.is_nan) <
           std::tie(y.timestamp, y.step, y.value, y.is_nan);
}
bool equal(const Metric& a, const Metric& b) { return !earlier(a, b) && !earlier(b, a); }

std::optional<double> number_of(std::string_view text) {
    const std::string low = to_lower(text);
    if (low == "nan") return std::nan("");
    if (low == "inf" || low == "infinity") return HUGE_VAL;
    if (low == "-inf" || low == "-infinity") return -HUGE_VAL;
    return parse_double(text);
}

class Folder final : public Source {
  public:
    Folder(Env& env, std::string root) : env_(env), root_(std::move(root)) {}

    Result<int64_t> rows() override { return 0; }

    Result<std::vector<tracking::Experiment>> experiments() override {
        std::vector<tracking::Experiment> found;
        for (const std::string& parent : {root_, root_ + "/" + std::string(kTrash)}) {
            TRY_ASSIGN(const auto names, folders_of(parent));
            for (const std::string& name : names) {
                if (parent == root_ && (name == kTrash || name == kRegistry)) continue;
                TRY_ASSIGN(const auto meta, read_meta(parent + "/" + name));
                if (!meta) continue;
                TRY_ASSIGN(const int64_t id, meta->id("experiment_id"));
                if (std::to_string(id) != name)
                    return meta->broken("experiment_id is not the folder's name");
                tracking::Experiment experiment{
                    .id = id,
                    .name = meta->text("name"),
                    .artifact_location = meta->text("artifact_location"),
                    .stage = parent == root_ ? stage_of(*meta) : Stage::deleted};
                TRY_ASSIGN(experiment.created_ms, meta->integer_or("creation_time", 0));
                TRY_ASSIGN(experiment.updated_ms,
                           meta->integer_or("last_update_time", experiment.created_ms));
                TRY_ASSIGN(experiment.tags,
                           read_pairs<tracking::Tag>(parent + "/" + name + "/tags"));
                experiments_.emplace_back(id, parent + "/" + name);
                found.push_back(std::move(experiment));
            }
        }
        return found;
    }

    Status runs(const std::function<Status(std::vector<tracking::RunRow>&)>& visit) override {
        std::vector<tracking::RunRow> page;
        const auto flush = [&]() -> Status {
            if (!page.empty()) TRY(visit(page));
            page.clear();
            run_folders_.clear();
            return ok();
        };
        for (const auto& [id, folder] : experiments_) {
            TRY_ASSIGN(const auto names, folders_of(folder));
            for (const std::string& name : names) {
                if (std::ranges::find(kReserved, name) != kReserved.end()) continue;
                TRY_ASSIGN(const auto meta, read_meta(folder + "/" + name));
                if (!meta) continue;
                TRY_ASSIGN(tracking::RunRow row, read_run(*meta, id, folder, name));
                run_folders_.emplace(row.run.run_id, folder + "/" + name);
                page.push_back(std::move(row));
                if (page.size() == kPage) TRY(flush());
            }
        }
        return flush();
    }

    Status points(const tracking::Run& run,
                  const std::function<Status(const Metric&)>& visit) override {
        const std::string folder = run_folders_.at(run.run_id) + "/metrics";
        TRY_ASSIGN(const auto files, walk_files(folder));
        for (const LocalFile& file : files) {
            std::vector<Metric> metrics;
            TRY(each_metric(folder + "/" + file.path, [&](std::vector<std::string_view> parts) {
                // Timestamp, value, step; then the dataset's name and digest, which the run's
                // history does not have.
                return take(parts, file.path, metrics) && (parts.size() <= 3 || parts.size() >= 5);
            }));
            std::ranges::sort(metrics, earlier);
            const auto twice = std::ranges::unique(metrics, equal);
            metrics.erase(twice.begin(), twice.end());
            for (const Metric& metric : metrics) TRY(visit(metric));
        }
        return ok();
    }

    Status logged_models(
        const std::function<Status(std::vector<tracking::LoggedModel>&)>& visit) override {
        for (const auto& [id, folder] : experiments_) {
            TRY_ASSIGN(const auto names, folders_of(folder + "/models"));
            for (const std::string& name : names) {
                const std::string path = folder + "/models/" + name;
                TRY_ASSIGN(const auto meta, read_meta(path));
                if (!meta) continue;
                TRY_ASSIGN(auto model, read_model(*meta, id, path));
                std::vector<tracking::LoggedModel> page{std::move(model)};
                TRY(visit(page));
            }
        }
        return ok();
    }

    Status registered_models(const std::function<Status(RegisteredModel&)>& visit) override {
        const std::string folder = root_ + "/" + std::string(kRegistry);
        TRY_ASSIGN(const auto names, folders_of(folder));
        for (const std::string& name : names) {
            TRY_ASSIGN(const auto meta, read_meta(folder + "/" + name));
            if (!meta) continue;
            TRY_ASSIGN(RegisteredModel model, read_registered(*meta, folder + "/" + name));
            TRY(visit(model));
        }
        return ok();
    }

    Result<std::vector<Left>> left() override {
        int64_t traces = 0;
        for (const auto& [id, folder] : experiments_) {
            TRY_ASSIGN(const auto names, folders_of(folder + "/traces"));
            traces += std::ssize(names);
        }
        std::vector<Left> out;
        const auto add = [&](int64_t count, const char* what, const char* why) {
            if (count > 0) out.push_back({what, count, why});
        };
        add(traces, "traces", "Rondo has no place for them yet");
        add(creators_, "creators of model versions", "Rondo keeps no such field");
        add(unready_, "model versions whose registration was not ready",
            "Rondo has no such state: they are carried as ready ones");
        add(std::ssize(without_meta_), "folders without a meta.yaml",
            "MLflow does not show them either");
        add(model_points_, "earlier points of logged models' metrics",
            "Rondo keeps the latest one of each dataset and run at the model; the run has them "
            "all");
        return out;
    }

    std::string folder() const override {
        const size_t slash = root_.rfind('/');
        return slash == std::string::npos ? "." : slash == 0 ? "/" : root_.substr(0, slash);
    }

  private:
    // Names of the folders in a folder, in order.
    Result<std::vector<std::string>> folders_of(const std::string& path) const {
        TRY_ASSIGN(auto names, env_.files().list(path));
        std::erase_if(names, [&](const std::string& name) {
            return !env_.files().exists(path + "/" + name + "/.");
        });
        std::ranges::sort(names);
        return names;
    }

    // Nothing when the folder has none.
    Result<std::optional<MetaFile>> read_meta(const std::string& folder) {
        const std::string path = folder + "/" + std::string(kMeta);
        if (!env_.files().exists(path)) {
            without_meta_.insert(folder);
            return std::nullopt;
        }
        TRY_ASSIGN(auto meta, MetaFile::read(env_, path));
        return meta;
    }

    // A file each, named by its key.
    template <class Pair>
    Result<std::vector<Pair>> read_pairs(const std::string& folder) const {
        TRY_ASSIGN(const auto files, walk_files(folder));
        std::vector<Pair> out;
        for (const LocalFile& file : files) {
            TRY_ASSIGN(std::string value,
                       read_file(env_.files(), folder + "/" + file.path, kMaxValueFile));
            out.push_back({file.path, std::move(value)});
        }
        return out;
    }

    // The words of each line; visit says whether they make sense.
    Status each_metric(const std::string& path,
                       const std::function<bool(std::vector<std::string_view>)>& visit) const {
        TRY_ASSIGN(const std::string text, read_file(env_.files(), path, kMaxMetricFile));
        int64_t number = 0;
        for (const std::string_view line : split(text, '\n')) {
            ++number;
            if (trim(line).empty()) continue;
            if (!visit(split(trim(line), ' ')))
                return fail(Code::invalid, quoted(path) + ", line " + std::to_string(number) +
                                               ": this is no point of a metric; mend it, or "
                                               "remove the line");
        }
        return ok();
    }

    // The first three words of a line, as a point.
    static bool take(const std::vector<std::string_view>& parts, const std::string& key,
                     std::vector<Metric>& out) {
        if (parts.size() < 2) return false;
        const auto timestamp = parse_int(parts[0]);
        const auto value = number_of(parts[1]);
        const auto step = parts.size() > 2 ? parse_int(parts[2]) : int64_t{0};
        if (!timestamp || !value || !step) return false;
        out.push_back({.key = key, .value = *value, .timestamp = *timestamp, .step = *step});
        return true;
    }

    Result<tracking::RunRow> read_run(const MetaFile& meta, int64_t experiment,
                                      const std::string& experiment_folder,
                                      const std::string& name) {
        tracking::RunRow row;
        tracking::Run& run = row.run;
        run.run_id = meta.text("run_id").empty() ? meta.text("run_uuid") : meta.text("run_id");
        if (run.run_id != name) return meta.broken("run_id is not the folder's name");
        run.experiment_id = experiment;
        run.name = meta.text("run_name");
        run.user_id = meta.text("user_id");
        run.artifact_uri = meta.text("artifact_uri");
        run.stage = stage_of(meta);
        TRY_ASSIGN(run.start_ms, meta.integer_or("start_time", 0));
        TRY_ASSIGN(run.end_ms, meta.integer("end_time"));
        TRY_ASSIGN(row.deleted_ms, meta.integer("deleted_time"));
        TRY_ASSIGN(const int64_t status, meta.integer_or("status", 1));
        if (status < 1 || status > std::ssize(tracking::kRunStatuses))
            return meta.broken("status is none of 1 to 5");
        run.status = tracking::kRunStatuses[static_cast<size_t>(status) - 1].first;
        const std::string folder = experiment_folder + "/" + name;
        TRY_ASSIGN(run.params, read_pairs<tracking::Param>(folder + "/params"));
        TRY_ASSIGN(run.tags, read_pairs<tracking::Tag>(folder + "/tags"));
        if (run.name.empty()) {
            const auto tag = std::ranges::find(run.tags, "mlflow.runName", &tracking::Tag::key);
            if (tag != run.tags.end()) run.name = tag->value;
        }
        TRY(read_inputs(run, experiment_folder, folder));
        return row;
    }

    Status read_inputs(tracking::Run& run, const std::string& experiment_folder,
                       const std::string& folder) {
        TRY_ASSIGN(const auto inputs, folders_of(folder + "/inputs"));
        for (const std::string& name : inputs) {
            TRY_ASSIGN(const auto input, read_meta(folder + "/inputs/" + name));
            if (!input) continue;
            const std::string source = input->text("source_id");
            if (input->text("source_type") == "MODEL") {
                run.model_inputs.push_back({source});
                continue;
            }
            TRY_ASSIGN(const auto dataset, read_meta(experiment_folder + "/datasets/" + source));
            if (!dataset) continue;
            tracking::DatasetInput read;
            read.dataset = {dataset->text("name"),        dataset->text("digest"),
                            dataset->text("source_type"), dataset->text("source"),
                            dataset->optional("schema"),  dataset->optional("profile")};
            for (auto& [key, value] : input->pairs("tags")) read.tags.push_back({key, value});
            run.dataset_inputs.push_back(std::move(read));
        }
        TRY_ASSIGN(const auto outputs, folders_of(folder + "/outputs"));
        for (const std::string& name : outputs) {
            TRY_ASSIGN(const auto output, read_meta(folder + "/outputs/" + name));
            if (!output) continue;
            TRY_ASSIGN(const int64_t step, output->integer_or("step", 0));
            run.model_outputs.push_back({output->text("source_id"), step});
        }
        return ok();
    }

    Result<tracking::LoggedModel> read_model(const MetaFile& meta, int64_t experiment,
                                             const std::string& folder) {
        tracking::LoggedModel model;
        model.model_id = meta.text("model_id");
        if (!folder.ends_with("/" + model.model_id))
            return meta.broken("model_id is not the folder's name");
        model.experiment_id = experiment;
        model.name = meta.text("name");
        model.artifact_uri = meta.text("artifact_location");
        model.model_type = meta.text("model_type");
        model.source_run_id = meta.text("source_run_id");
        model.stage = stage_of(meta);
        model.status = model_status_of(meta.text("status"));
        TRY_ASSIGN(model.created_ms, meta.integer_or("creation_timestamp", 0));
        TRY_ASSIGN(model.updated_ms, meta.integer_or("last_updated_timestamp", model.created_ms));
        TRY_ASSIGN(model.params, read_pairs<tracking::Param>(folder + "/params"));
        TRY_ASSIGN(model.tags, read_pairs<tracking::Tag>(folder + "/tags"));
        TRY_ASSIGN(const auto files, walk_files(folder + "/metrics"));
        for (const LocalFile& file : files) {
            TRY(each_metric(
                folder + "/metrics/" + file.path, [&](std::vector<std::string_view> parts) {
                    // Timestamp, value, step, run; then a dataset's name and digest.
                    if (parts.size() < 4 || parts.size() == 5 ||
                        !take(parts, file.path, model.metrics))
                        return false;
                    Metric& metric = model.metrics.back();
                    metric.run_id = parts[3];
                    if (parts.size() == 4) return true;
                    metric.dataset_digest = parts.back();
                    const std::string_view first = parts[4];
                    const std::string_view last = parts[parts.size() - 2];
                    metric.dataset_name.emplace(first.data(), last.data() + last.size());
                    return true;
                }));
        }
        model_points_ += std::ssize(model.metrics);
        keep_latest(model.metrics);
        model_points_ -= std::ssize(model.metrics);
        return model;
    }

    // By its name, or by MLflow's number, which is the order of ours.
    static tracking::ModelStatus model_status_of(const std::string& text) {
        if (const auto number = parse_int(text);
            number && *number >= 0 && *number < std::ssize(tracking::kModelStatuses))
            return static_cast<tracking::ModelStatus>(*number);
        if (text == "UPLOAD_FAILED") return tracking::ModelStatus::failed;
        return tracking::model_status_of(text).value_or(tracking::ModelStatus::unspecified);
    }

    Result<RegisteredModel> read_registered(const MetaFile& meta, const std::string& folder) {
        RegisteredModel out;
        out.model.name = meta.text("name");
        out.model.description = meta.optional("description");
        TRY_ASSIGN(out.model.created_ms, meta.integer_or("creation_timestamp", 0));
        TRY_ASSIGN(out.model.updated_ms,
                   meta.integer_or("last_updated_timestamp", out.model.created_ms));
        TRY_ASSIGN(out.model.tags, read_pairs<tracking::Tag>(folder + "/tags"));
        TRY_ASSIGN(const auto aliases, read_pairs<tracking::Tag>(folder + "/aliases"));
        for (const tracking::Tag& alias : aliases) {
            const auto version = parse_int(trim(alias.value));
            if (!version)
                return meta.broken("its alias " + quoted(alias.key) + " names no version");
            out.model.aliases.push_back({alias.key, *version});
        }
        TRY_ASSIGN(const auto names, folders_of(folder));
        for (const std::string& name : names) {
            if (!name.starts_with(kVersion)) continue;
            TRY_ASSIGN(const auto version, read_meta(folder + "/" + name));
            if (!version) continue;
            TRY_ASSIGN(auto row, read_version(*version, folder + "/" + name, out.model.name));
            out.versions.push_back(std::move(row));
        }
        std::ranges::sort(out.versions, {},
                          [](const registry::VersionRow& row) { return row.version.version; });
        return out;
    }

    Result<registry::VersionRow> read_version(const MetaFile& meta, const std::string& folder,
                                              const std::string& name) {
        registry::VersionRow row;
        registry::ModelVersion& version = row.version;
        version.name = name;
        TRY_ASSIGN(version.version, meta.id("version"));
        TRY_ASSIGN(version.created_ms, meta.integer_or("creation_timestamp", 0));
        TRY_ASSIGN(version.updated_ms,
                   meta.integer_or("last_updated_timestamp", version.created_ms));
        row.deleted = meta.text("current_stage") == kDeletedStage;
        if (row.deleted) return row;  // its number is all that is left
        version.stage =
            registry::stage_of(meta.text("current_stage")).value_or(registry::VersionStage::none);
        version.description = meta.optional("description");
        version.source = meta.text("source");
        version.storage_location = meta.optional("storage_location").value_or(version.source);
        version.run_id = meta.text("run_id");
        version.run_link = meta.text("run_link");
        version.model_id = meta.text("model_id");
        creators_ += meta.text("user_id").empty() ? 0 : 1;
        unready_ += meta.text("status") == "READY" || meta.text("status").empty() ? 0 : 1;
        TRY_ASSIGN(version.tags, read_pairs<tracking::Tag>(folder + "/tags"));
        return row;
    }

    Env& env_;
    const std::string root_;
    std::vector<std::pair<int64_t, std::string>> experiments_;  // with their folders
    std::map<std::string, std::string> run_folders_;            // of the page that is visited
    std::set<std::string> without_meta_;
    int64_t creators_ = 0, unready_ = 0, model_points_ = 0;
};

}  // namespace

Result<std::unique_ptr<Source>> open_mlflow_folder(Env& env, const std::string& path) {
    std::string root = path;
    while (root.size() > 1 && root.ends_with('/')) root.pop_back();
    const bool any = env.files().exists(root + "/0/" + std::string(kMeta)) ||
                     env.files().exists(root + "/" + std::string(kTrash)) ||
                     env.files().exists(root + "/" + std::string(kRegistry));
    if (!any)
        return fail(Code::invalid, quoted(path) +
                                       " is no folder of MLflow's: it has neither the "
                                       "experiment 0 nor .trash nor models in it; name "
                                       "the folder mlruns itself");
    return std::make_unique<Folder>(env, std::move(root));
}

}  // namespace rondo::move
