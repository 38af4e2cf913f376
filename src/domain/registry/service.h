// Registered models and their versions: the rules of the registry. Synchronous over a transaction,
// without a word about HTTP. Every change publishes an event on "model/NAME" in the same
// transaction. Errors that a caller can cause are Code::invalid, not_found, already_exists or
// conflict, with MLflow's wording where its clients look for it.
#pragma once

#include "domain/registry/model.h"
#include "domain/registry/store.h"
#include "domain/tracking/service.h"
#include "platform/events/events.h"

namespace rondo::registry {

using search::Page;

inline constexpr int64_t kMaxModelPage = 1000;
inline constexpr int64_t kMaxVersionPage = 200'000;

// What the events say (kind "registry." + what happened).
struct Change {
    std::string name;
    std::optional<std::string> new_name;
    std::optional<int64_t> version;
    // The version that the alias pointed to before.
    std::optional<int64_t> previous_version;
    std::optional<std::string> alias, stage, key, value, source, run_id, model_id;
    static constexpr auto fields = std::tuple{
        json::field("name", &Change::name, "Registered model"),
        json::field("new_name", &Change::new_name, "Its name from now on"),
        json::field("version", &Change::version, "Version"),
        json::field("previous_version", &Change::previous_version, "What the alias pointed to"),
        json::field("alias", &Change::alias, "Alias"),
        json::field("stage", &Change::stage, "Stage"),
        json::field("key", &Change::key, "Tag"),
        json::field("value", &Change::value, "Its value"),
        json::field("source", &Change::source, "Where the version came from"),
        json::field("run_id", &Change::run_id, "Run that made it"),
        json::field("model_id", &Change::model_id, "Logged model it is")};
};

class Service {
  public:
    struct Parts {
        Env& env;
        const events::Events& events;
        const tracking::Service& tracking;
        int64_t workspace_id = 1;
    };
    explicit Service(Parts parts) : parts_(parts) {}

    // Models.
    Result<RegisteredModel> create_model(store::Tx& tx, const NewModel& wanted) const;
    // Creates the model unless it exists.
    Status ensure_model(store::Tx& tx, const std::string& name) const;
    Result<RegisteredModel> get_model(store::Tx& tx, const std::string& name) const;
    Result<RegisteredModel> rename_model(store::Tx& tx, const std::string& name,
                                         const std::string& new_name) const;
    Result<RegisteredModel> describe_model(store::Tx& tx, const std::string& name,
                                           const std::string& description) const;
    // Who has created a model manages it.
    Status own(store::Tx& tx, const auth::Caller* caller, const std::string& name) const;
    // With all versions, tags, aliases and grants.
    Status delete_model(store::Tx& tx, const std::string& name) const;
    Result<Page<RegisteredModel>> search_models(store::Tx& tx, const RegistryQuery& query) const;
    Status set_model_tag(store::Tx& tx, const std::string& name, const Tag& tag) const;
    // Deleting what is absent succeeds, here and for version tags and aliases.
    Status delete_model_tag(store::Tx& tx, const std::string& name, const std::string& key) const;

    // Versions.
    Result<ModelVersion> create_version(store::Tx& tx, const NewModelVersion& wanted) const;
    Result<ModelVersion> get_version(store::Tx& tx, const std::string& name, int64_t version) const;
    Result<ModelVersion> describe_version(store::Tx& tx, const std::string& name, int64_t version,
                                          const std::optional<std::string>& description) const;
    enum class Others : uint8_t { stay, archive };
    // Others: what happens to the versions that are in that stage now.
    Result<ModelVersion> move_to_stage(store::Tx& tx, const std::string& name, int64_t version,
                                       const std::string& stage, Others others) const;
    Status delete_version(store::Tx& tx, const std::string& name, int64_t version) const;
    Result<Page<ModelVersion>> search_versions(store::Tx& tx, const RegistryQuery& query) const;
    // The highest version of each of the stages; of all stages when none is named.
    Result<std::vector<ModelVersion>> latest_versions(store::Tx& tx, const std::string& name,
                                                      const std::vector<std::string>& stages) const;
    Status set_version_tag(store::Tx& tx, const std::string& name, int64_t version,
                           const Tag& tag) const;
    Status delete_version_tag(store::Tx& tx, const std::string& name, int64_t version,
                              const std::string& key) const;

    // Aliases.
    Status set_alias(store::Tx& tx, const std::string& name, const std::string& alias,
                     int64_t version) const;
    Status delete_alias(store::Tx& tx, const std::string& name, const std::string& alias) const;
    // Nothing when the model has no such alias; "latest" is the highest version.
    Result<std::optional<ModelVersion>> version_by_alias(store::Tx& tx, const std::string& name,
                                                         const std::string& alias) const;

    // Where the bytes of any location lie, as a path below the artifact root: what
    // tracking::Service::storage_uri takes, and "models:/name/3", "models:/name@alias",
    // "models:/name/Production", "models:/name/latest". Fails with Code::unsupported for bytes
    // that lie in a store of their own.
    Result<std::string> artifact_path(store::Tx& tx, const std::string& uri) const;

  private:
    // Where a version comes from, once the source has been understood.
    struct Origin {
        std::string source, storage_location, run_id, model_id;
    };
    Result<Origin> resolve_source(store::Tx& tx, const NewModelVersion& wanted) const;
    Result<Origin> origin_in_registry(store::Tx& tx, const NewModelVersion& wanted) const;
    Result<Origin> origin_in_tracking(store::Tx& tx, const NewModelVersion& wanted) const;
    // The version that a models:/name/... location means.
    Result<ModelVersion> version_at(store::Tx& tx, const std::string& uri) const;

    Result<ModelRow> need_model(store::Tx& tx, const std::string& name) const;
    Result<VersionRow> need_version(store::Tx& tx, const std::string& name, int64_t version) const;
    Result<RegisteredModel> with_details(store::Tx& tx, ModelRow row) const;
    Result<ModelVersion> with_details(store::Tx& tx, VersionRow row) const;
    Status note_registration(store::Tx& tx, const ModelVersion& version) const;
    Status announce(store::Tx& tx, std::string_view what, const Change& change) const;

    Parts parts_;
};

// Not empty, and good as a folder's name.
Status check_model_name(const std::string& name, std::string_view path = "name");

// The text of a version as its number.
Result<int64_t> parse_version(std::string_view text);

}  // namespace rondo::registry
