#include "domain/tracking/grammar.h"

#include <algorithm>
#include <array>

namespace rondo::tracking {
namespace {

using search::Field;
using search::Type;
using Word = std::string_view;

constexpr std::array<Word, 5> kAttribute{"attribute", "attributes", "attr", "run", ""};
constexpr std::array<Word, 2> kMetric{"metric", "metrics"};
constexpr std::array<Word, 4> kParam{"param", "params", "parameter", "parameters"};
constexpr std::array<Word, 2> kTag{"tag", "tags"};
constexpr std::array<Word, 2> kDataset{"dataset", "datasets"};

constexpr Field attribute(Word name, Word column, Type type = Type::text, bool lists = false) {
    return {.scopes = kAttribute,
            .name = name,
            .type = type,
            .column = column,
            .lists = lists,
            .orders = true};
}

// A column of the datasets that a run has read.
constexpr Field dataset(Word name, Word table, Word match, Word column) {
    return {.scopes = kDataset,
            .name = name,
            .column = column,
            .table = table,
            .match = match,
            .lists = true};
}

constexpr Word kInputs = "run_inputs @ JOIN run_datasets @d ON @d.id = @.dataset_id";

constexpr std::array kRunFields{
    attribute("run_id", "r.run_id", Type::text, true),
    attribute("run_name", "r.name"),
    attribute("run name", "r.name"),
    attribute("Run name", "r.name"),
    attribute("Run Name", "r.name"),
    attribute("status", "r.status"),
    attribute("artifact_uri", "r.artifact_uri"),
    attribute("user_id", "r.user_id"),
    attribute("start_time", "r.start_ms", Type::integer),
    attribute("created", "r.start_ms", Type::integer),
    attribute("Created", "r.start_ms", Type::integer),
    attribute("end_time", "r.end_ms", Type::integer),
    Field{.scopes = kMetric,
          .type = Type::real,
          .column = "@.value",
          .table = "latest_metrics @",
          .match = "@.run = r.id AND @.key_id = (SELECT id FROM metric_keys WHERE name = $)",
          .nan = "@.is_nan",
          .orders = true},
    Field{.scopes = kParam,
          .column = "@.value",
          .table = "run_params @",
          .match = "@.run = r.id AND @.key = $",
          .nullable = true,
          .orders = true},
    Field{.scopes = kTag,
          .column = "@.value",
          .table = "run_tags @",
          .match = "@.run = r.id AND @.key = $",
          .nullable = true,
          .orders = true},
    dataset("name", kInputs, "@.run = r.id", "@d.name"),
    dataset("digest", kInputs, "@.run = r.id", "@d.digest"),
    dataset("context", "run_input_tags @", "@.run = r.id AND @.key = 'mlflow.data.context'",
            "@.value"),
};

constexpr std::array kExperimentFields{
    attribute("name", "e.name"),
    attribute("experiment_id", "e.id", Type::id, true),
    attribute("creation_time", "e.created_ms", Type::integer),
    attribute("last_update_time", "e.updated_ms", Type::integer),
    Field{.scopes = kTag,
          .column = "@.value",
          .table = "experiment_tags @",
          .match = "@.experiment_id = e.id AND @.key = $",
          .nullable = true},
};

constexpr std::array kModelFields{
    attribute("name", "m.name", Type::text, true),
    attribute("model_id", "m.model_id", Type::text, true),
    attribute("model_type", "m.model_type", Type::text, true),
    attribute("status", "m.status", Type::text, true),
    attribute("source_run_id", "m.source_run_id", Type::text, true),
    attribute("creation_timestamp", "m.created_ms", Type::integer),
    attribute("creation_time", "m.created_ms", Type::integer),
    attribute("last_updated_timestamp", "m.updated_ms", Type::integer),
    attribute("last_updated_time", "m.updated_ms", Type::integer),
    Field{.scopes = kParam,
          .column = "@.value",
          .table = "logged_model_params @",
          .match = "@.model = m.id AND @.key = $",
          .lists = true},
    Field{.scopes = kTag,
          .column = "@.value",
          .table = "logged_model_tags @",
          .match = "@.model = m.id AND @.key = $",
          .lists = true},
};

constexpr auto with_metrics(Word match) {
    std::array<Field, kModelFields.size() + 1> out;
    std::ranges::copy(kModelFields, out.begin());
    out.back() = Field{.scopes = kMetric,
                       .type = Type::real,
                       .column = "@.value",
                       .table = "logged_model_metrics @",
                       .match = match,
                       .nan = "@.is_nan"};
    return out;
}
constexpr auto kModelAndMetricFields = with_metrics("@.model = m.id AND @.key = $");
constexpr auto kModelOnDatasetsFields = with_metrics(
    "@.model = m.id AND EXISTS (SELECT 1 FROM wanted w WHERE w.name = @.dataset_name "
    "AND (w.digest = '' OR w.digest = @.dataset_digest)) AND @.key = $");

}  // namespace

const search::Grammar& experiment_grammar() {
    static constexpr search::Grammar grammar{
        .entity = "experiments", .fields = kExperimentFields, .repeats = true};
    return grammar;
}

const search::Grammar& run_grammar() {
    static constexpr search::Grammar grammar{"runs", kRunFields};
    return grammar;
}

// MLflow's own example of a filter is "params.lr = 0.01".
const search::Grammar& logged_model_grammar() {
    static constexpr search::Grammar grammar{
        .entity = "logged models", .fields = kModelAndMetricFields, .bare_numbers = true};
    return grammar;
}

const search::Grammar& logged_model_on_datasets_grammar() {
    static constexpr search::Grammar grammar{
        .entity = "logged models", .fields = kModelOnDatasetsFields, .bare_numbers = true};
    return grammar;
}

}  // namespace rondo::tracking
