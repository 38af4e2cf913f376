// What tracking speaks of, in MLflow's terms. Plain structs; those that look the same on the wire
// carry their field tables, the rest is put into messages by api/mlflow.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "domain/search/page.h"
#include "platform/auth/readable.h"
#include "platform/json/shape.h"

namespace rondo::tracking {

using json::field;
using json::required;

struct Tag {
    std::string key, value;
    static constexpr auto fields =
        std::tuple{field("key", &Tag::key, "Name", required), field("value", &Tag::value, "Value")};
};
struct Param {
    std::string key, value;
    static constexpr auto fields = std::tuple{field("key", &Param::key, "Name", required),
                                              field("value", &Param::value, "Value")};
};

// Soft deletion: a deleted thing can be restored until it is collected.
enum class Stage : uint8_t { active, deleted };
enum class View : uint8_t { active_only, deleted_only, all };

// What another server chose for a thing that is made here after it; what is empty is made here.
struct Chosen {
    std::string id, name, location;
};

struct Experiment {
    int64_t id = 0;
    std::string name;
    std::string artifact_location;
    Stage stage = Stage::active;
    int64_t created_ms = 0, updated_ms = 0;
    std::vector<Tag> tags;
};

struct NewExperiment {
    std::string name;
    std::string artifact_location;  // empty: below the artifact root
    std::vector<Tag> tags;
    Chosen chosen = {};
};

struct ExperimentQuery {
    std::string filter;
    std::vector<std::string> order_by;
    View view = View::active_only;
    int64_t max_results = 0;
    std::string page_token;
    auth::Readable readable = {};
};

enum class RunStatus : uint8_t { running, scheduled, finished, failed, killed };

// One point of a metric. model_id says that it also belongs to a logged model, measured on the
// named dataset.
struct Metric {
    std::string key;
    double value = 0;
    int64_t timestamp = 0;  // ms
    int64_t step = 0;
    std::optional<std::string> dataset_name, dataset_digest, model_id, run_id;
    static constexpr auto fields =
        std::tuple{field("key", &Metric::key, "Name", required),
                   field("value", &Metric::value, "Value; NaN and infinities as strings", required),
                   field("timestamp", &Metric::timestamp, "When, in ms since 1970", required),
                   field("step", &Metric::step, "Training step"),
                   field("dataset_name", &Metric::dataset_name, "Dataset it was measured on"),
                   field("dataset_digest", &Metric::dataset_digest, "Digest of that dataset"),
                   field("model_id", &Metric::model_id, "Logged model it belongs to"),
                   field("run_id", &Metric::run_id, "Run it was logged to")};
};

struct Dataset {
    std::string name, digest, source_type, source;
    std::optional<std::string> schema, profile;
    static constexpr auto fields =
        std::tuple{field("name", &Dataset::name, "Name", required),
                   field("digest", &Dataset::digest, "Digest of the content", required),
                   field("source_type", &Dataset::source_type, "Kind of source"),
                   field("source", &Dataset::source, "Where it came from (JSON)"),
                   field("schema", &Dataset::schema, "Columns (JSON)"),
                   field("profile", &Dataset::profile, "Summary statistics (JSON)")};
};
struct DatasetInput {
    std::vector<Tag> tags;
    Dataset dataset;
    static constexpr auto fields =
        std::tuple{field("tags", &DatasetInput::tags, "Such as mlflow.data.context"),
                   field("dataset", &DatasetInput::dataset, "The dataset", required)};
};
struct ModelInput {
    std::string model_id;
    static constexpr auto fields = std::tuple{
        field("model_id", &ModelInput::model_id, "Logged model that was read", required)};
};
struct ModelOutput {
    std::string model_id;
    int64_t step = 0;
    static constexpr auto fields = std::tuple{
        field("model_id", &ModelOutput::model_id, "Logged model that was made", required),
        field("step", &ModelOutput::step, "Training step at which it was made")};
};

struct Run {
    std::string run_id;
    std::string name;
    int64_t experiment_id = 0;
    std::string user_id;
    RunStatus status = RunStatus::running;
    int64_t start_ms = 0;
    std::optional<int64_t> end_ms;
    Stage stage = Stage::active;  // deleted also while its experiment is
    std::string artifact_uri;
    std::vector<Metric> metrics;  // the latest point of each
    std::vector<Param> params;
    std::vector<Tag> tags;
    std::vector<DatasetInput> dataset_inputs;
    std::vector<ModelInput> model_inputs;
    std::vector<ModelOutput> model_outputs;
};

struct NewRun {
    int64_t experiment_id = 0;
    std::string name;  // empty: from the tag mlflow.runName, else a random one
    std::string user_id;
    int64_t start_ms = 0;
    std::vector<Tag> tags;
    Chosen chosen = {};
};

// Absent members stay as they are.
struct RunUpdate {
    std::string run_id;
    std::optional<RunStatus> status;
    std::optional<int64_t> end_ms;
    std::optional<std::string> name;
};

struct RunQuery {
    std::vector<int64_t> experiment_ids;
    std::string filter;
    std::vector<std::string> order_by;
    View view = View::active_only;
    int64_t max_results = 1000;
    std::string page_token;
    auth::Readable readable = {};
};

// All of it is logged, or nothing.
struct Batch {
    std::vector<Metric> metrics;
    std::vector<Param> params;
    std::vector<Tag> tags;
};

struct HistoryQuery {
    std::string run_id, key;
    std::optional<int64_t> max_results;
    std::string page_token;
};

// The same metric of several runs, for charts.
struct BulkHistoryQuery {
    std::vector<std::string> run_ids;
    std::string key;
    int64_t max_results = 0;  // of all runs together; for sampling of each
    std::optional<int64_t> start_step, end_step;
};

// A metric of several runs, drawn small.
struct ChartQuery {
    std::vector<std::string> run_ids;
    std::string key;
    int64_t buckets = 0;
    std::optional<int64_t> start_step, end_step;
};
struct RunChart {
    std::string run_id;
    int64_t total = 0;  // points in the range
    std::vector<int64_t> steps, timestamps;
    std::vector<double> values;
    static constexpr auto fields = std::tuple{
        field("run_id", &RunChart::run_id, "Run"),
        field("total", &RunChart::total, "Points in the range; more than are told: drawn small"),
        field("steps", &RunChart::steps, "Of each point, rising"),
        field("timestamps", &RunChart::timestamps, "Of each point, in ms"),
        field("values", &RunChart::values, "Of each point; NaN and infinities as strings")};
};

enum class ModelStatus : uint8_t { unspecified, pending, ready, failed };

struct LoggedModel {
    std::string model_id;  // "m-" and 32 hex digits
    int64_t experiment_id = 0;
    std::string name;
    std::string artifact_uri;
    std::string model_type, source_run_id;
    ModelStatus status = ModelStatus::pending;
    Stage stage = Stage::active;
    int64_t created_ms = 0, updated_ms = 0;
    std::vector<Tag> tags;
    std::vector<Param> params;
    std::vector<Metric> metrics;
};

struct NewLoggedModel {
    int64_t experiment_id = 0;
    std::string name;  // empty: a random one
    std::string model_type, source_run_id;
    std::vector<Tag> tags;
    std::vector<Param> params;
    Chosen chosen = {};
};

struct DatasetFilter {
    std::string dataset_name;
    std::optional<std::string> dataset_digest;
    static constexpr auto fields = std::tuple{
        field("dataset_name", &DatasetFilter::dataset_name, "Name of the dataset", required),
        field("dataset_digest", &DatasetFilter::dataset_digest, "Its digest; any when absent")};
};
struct ModelOrder {
    std::string field_name;
    std::optional<bool> ascending;
    std::optional<std::string> dataset_name, dataset_digest;
    static constexpr auto fields = std::tuple{
        field("field_name", &ModelOrder::field_name, "An attribute or metrics.NAME", required),
        field("ascending", &ModelOrder::ascending, "True when absent"),
        field("dataset_name", &ModelOrder::dataset_name, "Only metrics on this dataset"),
        field("dataset_digest", &ModelOrder::dataset_digest, "Only metrics on this digest")};
};
struct LoggedModelQuery {
    std::vector<int64_t> experiment_ids;
    std::string filter;
    std::vector<DatasetFilter> datasets;
    std::vector<ModelOrder> order_by;
    int64_t max_results = 0;
    std::string page_token;
    auth::Readable readable = {};
};

// A dataset that runs of an experiment have used.
struct DatasetSummary {
    std::string experiment_id, name, digest;
    std::optional<std::string> context;
    static constexpr auto fields =
        std::tuple{field("experiment_id", &DatasetSummary::experiment_id, "Experiment"),
                   field("name", &DatasetSummary::name, "Name of the dataset"),
                   field("digest", &DatasetSummary::digest, "Its digest"),
                   field("context", &DatasetSummary::context, "Such as training")};
};

}  // namespace rondo::tracking
