#include "domain/loop/models.h"

#include "base/text.h"
#include "domain/serving/table_frame.h"
#include "platform/json/value.h"

namespace rondo::loop {
namespace {

constexpr int64_t kMaxModelFiles = 10'000;
// Rows scored at a time: bounds what a Python worker gets through shared memory.
constexpr size_t kScoreRows = 4096;

std::string version_text(const std::string& model, int64_t version) {
    return "model " + quoted(model) + " version " + std::to_string(version);
}

// A tag of the version, else of its run.
struct TagSource {
    const registry::ModelVersion& version;
    const tracking::Run* run;
    std::string find(std::string_view key) const {
        for (const auto& tag : version.tags) {
            if (tag.key == key) return tag.value;
        }
        if (run != nullptr) {
            for (const auto& tag : run->tags) {
                if (tag.key == key) return tag.value;
            }
        }
        return {};
    }
};

}  // namespace

Result<gates::ModelFacts> facts_of(const Parts& parts, store::Tx& tx, const std::string& model,
                                   int32_t version) {
    TRY_ASSIGN(const auto registered, parts.registry.get_version(tx, model, version));
    std::optional<tracking::Run> run;
    if (!registered.run_id.empty()) {
        TRY_ASSIGN(run, parts.tracking.get_run(tx, registered.run_id));
    }
    const TagSource tags{registered, run ? &*run : nullptr};
    gates::ModelFacts facts;
    facts.version = version;
    facts.split = tags.find("rondo.split");
    if (const std::string until = tags.find("rondo.trained_until"); !until.empty()) {
        const auto time = parse_time(until);
        if (!time)
            return fail(Code::invalid, version_text(model, version) +
                                           ": tag rondo.trained_until: " + time.error().message);
        facts.trained_until = *time;
    }
    return facts;
}

Result<double> metric_of(const Parts& parts, store::Tx& tx, const std::string& model,
                         int32_t version, const std::string& metric) {
    TRY_ASSIGN(const auto registered, parts.registry.get_version(tx, model, version));
    if (!registered.run_id.empty()) {
        TRY_ASSIGN(const auto run, parts.tracking.get_run(tx, registered.run_id));
        for (const auto& m : run.metrics) {
            if (m.key == metric) return m.value;
        }
    }
    return fail(Code::not_found, version_text(model, version) + ": its run has no metric " +
                                     quoted(metric) +
                                     ", which the policy takes as its reference "
                                     "value; log it in the training task");
}

Result<serving::ModelPackage> package_of(const registry::Service& registry,
                                         const artifacts::Service& artifacts, store::Tx& tx,
                                         const std::string& model, int64_t version) {
    TRY_ASSIGN(const auto registered, registry.get_version(tx, model, version));
    TRY_ASSIGN(const std::string folder, registry.artifact_path(tx, registered.storage_location));
    serving::ModelPackage package;
    package.name = model;
    package.version = version;
    package.run_id = registered.run_id;
    TRY_ASSIGN(const auto files, artifacts.walk(tx, folder, "", kMaxModelFiles));
    for (const auto& file : files)
        package.files[file.path.substr(folder.empty() ? 0 : folder.size() + 1)] = {
            file.digest, static_cast<uint64_t>(file.size)};
    if (package.files.empty())
        return fail(Code::invalid,
                    version_text(model, version) + " has no files; log and register it again");
    return package;
}

Result<pipeline::Outcome> publish_model(const registry::Service& registry, store::Tx& tx,
                                        const pipeline::Run& run, const std::string& outputs) {
    TRY_ASSIGN(const auto named, json::Value::parse(outputs));
    registry::NewModelVersion wanted;
    wanted.name = run.spec.registers->model;
    wanted.source = named["model_uri"].text();
    wanted.run_id = named["run_id"].text();
    if (wanted.source.empty())
        return fail(Code::invalid, "task " + quoted(run.spec.registers->task) +
                                       " wrote no model_uri to its outputs file (RONDO_OUTPUTS)");
    wanted.tags.push_back({"rondo.pipeline_run", std::to_string(run.id)});
    if (run.request.data_version != 0) {
        wanted.tags.push_back({"rondo.dataset", run.request.dataset});
        wanted.tags.push_back({"rondo.data_version", std::to_string(run.request.data_version)});
    }
    TRY(registry.ensure_model(tx, wanted.name));
    TRY_ASSIGN(const auto version, registry.create_version(tx, wanted));
    return pipeline::Outcome{version.name, version.version, version.run_id};
}

Result<std::vector<double>> EngineScorer::score(int32_t version, const data::Table& table,
                                                std::span<const size_t> rows) {
    TRY_ASSIGN(const auto engine, endpoints_.engine(workspace_id_, model_, version));
    std::vector<double> out;
    for (size_t at = 0; at < rows.size(); at += kScoreRows) {
        const auto part = rows.subspan(at, std::min(kScoreRows, rows.size() - at));
        TRY_ASSIGN(const auto frame, serving::frame_of(table, part, engine->description().inputs));
        TRY_ASSIGN(const auto answers, engine->predict(frame));
        for (size_t i = 0; i < part.size(); ++i) out.push_back(answers.row(i).scalar());
    }
    return out;
}

Result<monitor::Reference> make_reference(const Parts& parts, const serving::EndpointRow& endpoint,
                                          const PolicySpec& policy, int32_t version,
                                          std::optional<int64_t> data_version) {
    TRY_ASSIGN(const auto model, serving::parse_model(endpoint.spec.model));
    monitor::Reference reference;
    TRY_ASSIGN(reference.value, parts.db.read_now([&](store::Tx& tx) {
        return metric_of(parts, tx, model.name, version, policy.monitor.reference_metric);
    }));
    TRY_ASSIGN(const data::Version data, parts.db.read_now([&](store::Tx& tx) {
        return parts.data.get_version(tx, endpoint.workspace_id, policy.retrain.dataset,
                                      data_version.value_or(0));
    }));
    TRY_ASSIGN(const auto entries, parts.data.entries(data));
    const std::vector<std::string> patterns =
        policy.data.reference.empty() ? policy.data.rows : std::vector{policy.data.reference};
    TRY_ASSIGN(const auto tables, gates::read_tables(parts.blobs, entries, patterns, policy.data));
    TRY_ASSIGN(const auto engine,
               parts.endpoints.engine(endpoint.workspace_id, model.name, version));
    const serving::Schema& schema = engine->description().inputs;
    for (size_t c = 0; c < schema.columns.size(); ++c) {
        if (schema.columns[c].type == predictions::ColumnType::text) continue;
        std::vector<double> values;
        for (const auto& table : tables) {
            std::vector<size_t> rows(table.table.rows);
            for (size_t i = 0; i < rows.size(); ++i) rows[i] = i;
            const serving::Schema one{{schema.columns[c]}};
            TRY_ASSIGN(const auto frame, serving::frame_of(table.table, rows, one));
            for (const auto& cell : frame.cells)
                values.push_back(schema.columns[c].type == predictions::ColumnType::int64
                                     ? static_cast<double>(cell.integer)
                                     : cell.real);
        }
        reference.cells.push_back(stats::make_cells(schema.columns[c].name, values));
    }
    return reference;
}

}  // namespace rondo::loop
