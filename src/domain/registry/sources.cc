// Where versions come from: what a source may be, and where its bytes lie.
#include "base/text.h"
#include "domain/artifacts/path.h"
#include "domain/registry/prompts.h"
#include "domain/registry/service.h"
#include "domain/tracking/uri.h"
#include "domain/tracking/validation.h"

namespace rondo::registry {
namespace {

std::unexpected<Error> refused(const std::string& source, std::string_view why) {
    return fail(Code::invalid,
                "Invalid model version source: " + quoted(source) + ". " + std::string(why),
                "source");
}

constexpr std::string_view kRunOfSource =
    "The run_id request parameter must identify the resource that contains the source.";
constexpr std::string_view kModelOfSource =
    "The model_id request parameter must identify the resource that contains the source.";

// A thing that has to exist for the source: its absence is the source's fault.
template <class T>
Result<T> of_source(Result<T> found, const std::string& source) {
    if (!found && found.error().code == Code::not_found)
        return refused(source, found.error().message);
    return found;
}

bool lies_within(const std::string& uri, const std::string& root) {
    const auto path = artifacts::path_of_uri(uri);
    const auto root_path = artifacts::path_of_uri(root);
    return path && root_path && !root_path->empty() &&
           (*path == *root_path || path->starts_with(*root_path + "/"));
}

}  // namespace

Result<Service::Origin> Service::resolve_source(store::Tx& tx,
                                                const NewModelVersion& wanted) const {
    const std::string& source = wanted.source;
    if (source.empty()) return fail(tracking::missing_value("source"));
    if (is_prompt(wanted.tags)) {
        if (!is_prompt_source(source))
            return refused(source,
                           "A prompt has its text in its tags; its source has to be "
                           "'prompt-template'.");
        return Origin{source, source, wanted.run_id, wanted.model_id};
    }
    TRY(tracking::check_length("run_id", wanted.run_id, tracking::kMaxNameLength));
    const auto model = tracking::parse_model_uri(source);
    if (!model) return refused(source, model.error().message);
    if (*model && (*model)->model_id.empty()) return origin_in_registry(tx, wanted);
    return origin_in_tracking(tx, wanted);
}

// A copy of a version keeps where that came from.
Result<Service::Origin> Service::origin_in_registry(store::Tx& tx,
                                                    const NewModelVersion& wanted) const {
    TRY_ASSIGN(const ModelVersion from, of_source(version_at(tx, wanted.source), wanted.source));
    if (is_prompt(from.tags))
        return refused(wanted.source, "Prompt versions cannot be used as model version sources.");
    const bool other_run = !wanted.run_id.empty() && wanted.run_id != from.run_id;
    const bool other_model = !wanted.model_id.empty() && wanted.model_id != from.model_id;
    if (other_run || other_model)
        return refused(wanted.source,
                       "The run_id and model_id request parameters must match the "
                       "referenced model version.");
    return Origin{"models:/" + from.name + "/" + std::to_string(from.version),
                  from.storage_location, from.run_id, from.model_id};
}

Result<Service::Origin> Service::origin_in_tracking(store::Tx& tx,
                                                    const NewModelVersion& wanted) const {
    const std::string& source = wanted.source;
    Origin origin{source, source, wanted.run_id, wanted.model_id};
    TRY_ASSIGN(const auto logged, tracking::parse_model_uri(source));
    const auto in_run = tracking::parse_run_uri(source);
    if (!in_run) return refused(source, in_run.error().message);
    if (logged) origin.model_id = logged->model_id;
    if (*in_run && origin.run_id.empty()) origin.run_id = (*in_run)->run_id;
    const bool other_model = !wanted.model_id.empty() && wanted.model_id != origin.model_id;
    if (other_model || (*in_run && (*in_run)->run_id != origin.run_id))
        return refused(source,
                       "The run_id and model_id request parameters must identify the "
                       "resource that contains the source.");
    auto location = parts_.tracking.storage_uri(tx, source);
    // Of a run that is not here (any more) the version keeps the name, as MLflow's registry does
    // when the request says the run itself; its files cannot be asked for.
    if (!location && location.error().code == Code::not_found && *in_run &&
        wanted.run_id == (*in_run)->run_id && wanted.model_id.empty())
        return origin;
    TRY_ASSIGN(origin.storage_location, of_source(std::move(location), source));
    if (Status possible = tracking::check_artifact_uri(origin.storage_location, "source");
        !possible)
        return refused(source, possible.error().message);

    // Bytes on this server belong to the run or the logged model that they are registered from.
    std::optional<tracking::LoggedModel> model;
    if (!origin.model_id.empty()) {
        auto found = parts_.tracking.get_logged_model(tx, origin.model_id);
        if (!found && found.error().code == Code::not_found && !wanted.model_id.empty())
            return refused(source, kModelOfSource);
        TRY_ASSIGN(model, of_source(std::move(found), source));
        if (origin.run_id.empty()) origin.run_id = model->source_run_id;
    }
    if (logged || !artifacts::path_of_uri(origin.storage_location)) return origin;
    if (*in_run && !model) return origin;
    bool owned = model && lies_within(origin.storage_location, model->artifact_uri);
    if (!model && !wanted.run_id.empty()) {
        auto found = parts_.tracking.get_run(tx, wanted.run_id);
        if (!found && found.error().code == Code::not_found) return refused(source, kRunOfSource);
        TRY_ASSIGN(const tracking::Run run, std::move(found));
        owned = lies_within(source, run.artifact_uri);
    }
    if (!owned) return refused(source, wanted.model_id.empty() ? kRunOfSource : kModelOfSource);
    return origin;
}

Result<ModelVersion> Service::version_at(store::Tx& tx, const std::string& uri) const {
    TRY_ASSIGN(const auto model, tracking::parse_model_uri(uri));
    if (model->version) return get_version(tx, model->name, *model->version);
    const bool latest = equals_ignoring_case(model->stage, "latest");
    if (!model->alias.empty() || latest) {
        TRY_ASSIGN(auto found,
                   version_by_alias(tx, model->name, latest ? model->stage : model->alias));
        if (!found)
            return fail(Code::not_found,
                        "no version of " + quoted(model->name) + " is at " + quoted(uri));
        return std::move(*found);
    }
    TRY_ASSIGN(auto found, latest_versions(tx, model->name, {model->stage}));
    if (found.empty())
        return fail(Code::not_found, "no version of " + quoted(model->name) + " is in stage " +
                                         quoted(model->stage));
    return std::move(found.front());
}

Result<std::string> Service::artifact_path(store::Tx& tx, const std::string& uri) const {
    TRY_ASSIGN(const auto model, tracking::parse_model_uri(uri));
    std::string location;
    if (model && model->model_id.empty()) {
        TRY_ASSIGN(const ModelVersion version, version_at(tx, uri));
        location = version.storage_location;
    } else {
        TRY_ASSIGN(location, parts_.tracking.storage_uri(tx, uri));
    }
    return artifacts::path_of_uri(location);
}

}  // namespace rondo::registry
