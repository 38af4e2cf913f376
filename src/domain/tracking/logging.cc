#include <algorithm>
#include <array>

#include "base/text.h"
#include "domain/tracking/service.h"
#include "domain/tracking/validation.h"
#include "platform/json/value.h"

namespace rondo::tracking {
namespace {

std::string place(std::string_view list, size_t index, std::string_view field) {
    return std::string(list) + "[" + std::to_string(index) + "]." + std::string(field);
}

// A text as Python shows it in a list, which is how MLflow shows params.
std::string python_quoted(std::string_view text) {
    const bool has_single = text.find('\'') != std::string_view::npos;
    const char quote = has_single && text.find('"') == std::string_view::npos ? '"' : '\'';
    std::string out(1, quote);
    for (const char c : text) {
        if (c == quote || c == '\\') out += '\\';
        if (c == '\n')
            out += "\\n";
        else
            out += c;
    }
    return out + quote;
}

Status check_metric(const Metric& metric, std::string_view key_path,
                    std::string_view timestamp_path) {
    TRY(check_key(metric.key, key_path));
    if (metric.timestamp < 0)
        return fail(invalid_value(timestamp_path, std::to_string(metric.timestamp),
                                  "Timestamp must be a nonnegative long (64-bit integer)"));
    return ok();
}

Status check_count(std::string_view what, size_t count, size_t limit) {
    if (count <= limit) return ok();
    return fail(Code::invalid, "A batch logging request can contain at most " +
                                   std::to_string(limit) + " " + std::string(what) + ". Got " +
                                   std::to_string(count) + " " + std::string(what) +
                                   ". Please split up " + std::string(what) +
                                   " across multiple requests and try again.");
}

Status check_batch(const Batch& batch) {
    TRY(check_count("metrics", batch.metrics.size(), kMaxMetricsPerBatch));
    TRY(check_count("params", batch.params.size(), kMaxParamsPerBatch));
    TRY(check_count("tags", batch.tags.size(), kMaxTagsPerBatch));
    TRY(check_count("metrics, params, and tags",
                    batch.metrics.size() + batch.params.size() + batch.tags.size(),
                    kMaxEntitiesPerBatch));
    for (size_t i = 0; i < batch.metrics.size(); ++i) {
        // Where it stands is put into words only when something is wrong.
        if (check_metric(batch.metrics[i], "", "")) continue;
        return check_metric(batch.metrics[i], place("metrics", i, "name"),
                            place("metrics", i, "timestamp"));
    }
    for (size_t i = 0; i < batch.params.size(); ++i)
        TRY(check_key(batch.params[i].key, place("params", i, "key")));
    for (size_t i = 0; i < batch.tags.size(); ++i)
        TRY(check_key(batch.tags[i].key, place("tags", i, "key")));
    std::map<std::string_view, int> times;
    for (const Param& param : batch.params) ++times[param.key];
    std::string repeated;
    for (const auto& [key, n] : times) {
        if (n > 1) repeated += (repeated.empty() ? "'" : ", '") + std::string(key) + "'";
    }
    if (!repeated.empty())
        return fail(Code::invalid, "Duplicate parameter keys have been submitted: [" + repeated +
                                       "]. Please ensure the request contains only one param "
                                       "value per param key.");
    return ok();
}

}  // namespace

Status Service::log_batch(store::Tx& tx, const std::string& run_id, const Batch& batch) const {
    TRY(check_run_id(run_id));
    TRY(check_batch(batch));
    TRY_ASSIGN(const RunState run, need_active_run(tx, run_id));
    TRY(write_params(tx, run, run_id, batch.params, Words::of_batch));
    TRY(write_metrics(tx, run, run_id, batch.metrics));
    return write_tags(tx, run, batch.tags);
}

Status Service::log_metric(store::Tx& tx, const std::string& run_id, const Metric& metric) const {
    TRY(check_metric(metric, "name", "timestamp"));
    TRY_ASSIGN(const RunState run, need_active_run(tx, run_id));
    return write_metrics(tx, run, run_id, {metric});
}

Status Service::log_param(store::Tx& tx, const std::string& run_id, const Param& param) const {
    TRY(check_key(param.key, "key"));
    TRY_ASSIGN(const RunState run, need_active_run(tx, run_id));
    return write_params(tx, run, run_id, {param}, Words::of_one);
}

Status Service::set_tag(store::Tx& tx, const std::string& run_id, const Tag& tag) const {
    TRY(check_key(tag.key, "key"));
    TRY_ASSIGN(const RunState run, need_active_run(tx, run_id));
    return write_tags(tx, run, {tag});
}

Status Service::delete_tag(store::Tx& tx, const std::string& run_id, const std::string& key) const {
    TRY_ASSIGN(const RunState run, need_active_run(tx, run_id));
    TRY_ASSIGN(const int64_t deleted, delete_run_tag(tx, run.id, key));
    if (deleted > 0) return ok();
    return fail(Code::not_found, "No tag with name: " + key + " in run with id " + run_id);
}

Status Service::write_params(store::Tx& tx, const RunState& run, const std::string& run_id,
                             const std::vector<Param>& params, Words words) const {
    if (params.empty()) return ok();
    std::vector<Param> kept = params;
    for (Param& param : kept)
        param.value = std::string(first_characters(param.value, kMaxParamLength));
    TRY_ASSIGN(const int64_t added, insert_params(tx, run.id, kept));
    if (added == std::ssize(kept)) return ok();
    // Some were there before: sent again, or with another value?
    std::string changed;
    for (const Param& param : kept) {
        TRY_ASSIGN(const auto stored, select_param(tx, run.id, param.key));
        if (stored == param.value) continue;
        if (words == Words::of_one)
            return fail(Code::invalid, "Changing param values is not allowed. Param with key='" +
                                           param.key + "' was already logged with value='" +
                                           stored.value_or("") + "' for run ID='" + run_id +
                                           "'. Attempted logging new value '" + param.value + "'.");
        changed += (changed.empty() ? "{'key': " : ", {'key': ") + python_quoted(param.key) +
                   ", 'old_value': " + python_quoted(stored.value_or("")) +
                   ", 'new_value': " + python_quoted(param.value) + "}";
    }
    if (changed.empty()) return ok();
    return fail(Code::invalid,
                "Changing param values is not allowed. Params were already logged='[" + changed +
                    "]' for run ID='" + run_id + "'.");
}

Status Service::write_metrics(store::Tx& tx, const RunState& run, const std::string& run_id,
                              const std::vector<Metric>& metrics) const {
    if (metrics.empty()) return ok();
    TRY(add_metrics(tx, run.id, metrics, to_millis(parts_.env.now()), parts_.keys));
    if (parts_.fold != nullptr)
        tx.after_commit([fold = parts_.fold, n = metrics.size()] { fold->note(n); });
    for (const Metric& metric : metrics) {
        if (!metric.model_id || metric.model_id->empty()) continue;
        TRY_ASSIGN(const ModelRow model, need_model(tx, *metric.model_id));
        TRY(upsert_model_metric(tx, model.id, run_id, metric));
    }
    return ok();
}

Status Service::write_tags(store::Tx& tx, const RunState& run, const std::vector<Tag>& tags) const {
    if (tags.empty()) return ok();
    std::map<std::string, std::string_view> last;
    for (const Tag& tag : tags) last[tag.key] = first_characters(tag.value, kMaxTagLength);
    if (const auto name = last.find(std::string(kRunNameTag)); name != last.end()) {
        // A run always has a name.
        if (name->second.empty())
            last.erase(name);
        else
            TRY(tracking::update_run(tx, run.id, {.name = std::string(name->second)}));
    }
    std::vector<Tag> kept;
    for (const auto& [key, value] : last) kept.push_back({key, std::string(value)});
    return upsert_run_tags(tx, run.id, kept);
}

Status Service::log_inputs(store::Tx& tx, const std::string& run_id,
                           const std::vector<DatasetInput>& datasets,
                           const std::vector<ModelInput>& models) const {
    TRY(check_run_id(run_id));
    TRY(check_count("datasets", datasets.size(), kMaxDatasetsPerCall));
    TRY(check_count("models", models.size(), kMaxModelsPerCall));
    for (const DatasetInput& input : datasets) {
        const Dataset& dataset = input.dataset;
        TRY(check_length("name", dataset.name, kMaxNameLength));
        TRY(check_length("digest", dataset.digest, kMaxDatasetDigestLength));
        TRY(check_length("source", dataset.source, kMaxDatasetSourceLength));
        TRY(check_length("source_type", dataset.source_type, kMaxNameLength));
        TRY(check_length("schema", dataset.schema.value_or(""), kMaxDatasetSchemaLength));
        TRY(check_length("profile", dataset.profile.value_or(""), kMaxDatasetProfileLength));
        TRY(check_count("tags", input.tags.size(), kMaxTagsPerBatch));
        for (const Tag& tag : input.tags) {
            TRY(check_length("key", tag.key, kMaxInputTagKeyLength));
            TRY(check_length("value", tag.value, kMaxInputTagLength));
        }
    }
    TRY_ASSIGN(const RunState run, need_active_run(tx, run_id));
    for (const DatasetInput& input : datasets) TRY(insert_dataset_input(tx, run, input));
    std::vector<ModelOutput> rows;
    for (const ModelInput& model : models) rows.push_back({model.model_id, 0});
    return upsert_run_models(tx, run.id, Direction::input, rows);
}

Status Service::log_outputs(store::Tx& tx, const std::string& run_id,
                            const std::vector<ModelOutput>& models) const {
    TRY(check_count("models", models.size(), kMaxModelsPerCall));
    TRY_ASSIGN(const RunState run, need_active_run(tx, run_id));
    return upsert_run_models(tx, run.id, Direction::output, models);
}

Status Service::record_model(store::Tx& tx, const std::string& run_id,
                             const std::string& model_json) const {
    // Models of one run described in its tag; a megabyte is some thousand of them.
    constexpr size_t kMaxHistoryBytes = 1 << 20;
    constexpr std::array<const char*, 5> kKept{"run_id", "utc_time_created", "artifact_path",
                                               "model_uuid", "flavors"};
    const auto model = json::Value::parse(model_json);
    if (!model || !model->is_object())
        return fail(Code::invalid, "Malformed model info: 'model_json' is not a valid JSON object");
    std::string missing;
    for (const char* const name : {"artifact_path", "flavors", "run_id", "utc_time_created"}) {
        if ((*model)[name].is_null())
            missing += (missing.empty() ? "'" : ", '") + std::string(name) + "'";
    }
    if (!missing.empty())
        return fail(Code::invalid, "Model json is missing mandatory fields: {" + missing + "}");
    TRY_ASSIGN(const RunState run, need_active_run(tx, run_id));
    TRY_ASSIGN(const auto known, select_run_tag(tx, run.id, std::string(kLoggedModelsTag)));
    json::Value::List list;
    if (known) {
        const auto parsed = json::Value::parse(*known);
        if (parsed) list = parsed->list();
    }
    json::Value entry{json::Value::Object{}};
    for (const char* const name : kKept) {
        if (!(*model)[name].is_null()) entry.set(name, (*model)[name]);
    }
    // Sent again: the client did not see our answer.
    for (const json::Value& other : list) {
        if (other.dump() == entry.dump()) return ok();
    }
    list.push_back(std::move(entry));
    const std::string text = json::Value(std::move(list)).dump();
    if (text.size() > kMaxHistoryBytes)
        return fail(Code::invalid, "the run " + run_id + " describes too many models in its tag " +
                                       std::string(kLoggedModelsTag));
    return upsert_run_tags(tx, run.id, {{std::string(kLoggedModelsTag), text}});
}

}  // namespace rondo::tracking
