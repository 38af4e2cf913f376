// All SQL of the registry. Functions check nothing but what SQL checks; the rules are in
// service.h. Implemented in store_models.cc and store_versions.cc.
#pragma once

#include <span>

#include "domain/registry/model.h"
#include "platform/store/tx.h"

namespace rondo::registry {

// A registered model or version with the key that narrow tables refer to.
struct ModelRow {
    int64_t id = 0;
    RegisteredModel model;
};
struct VersionRow {
    int64_t id = 0;
    int64_t model_row = 0;
    ModelVersion version;
    bool deleted = false;  // its number is all that is left
};

// The key, or nothing when the name is taken.
Result<std::optional<int64_t>> insert_model(store::Tx& tx, int64_t workspace_id,
                                            const RegisteredModel& model);
// Without details.
Result<std::optional<ModelRow>> select_model(store::Tx& tx, int64_t workspace_id,
                                             const std::string& name);
// False for what is not there.
Result<bool> model_is_prompt(store::Tx& tx, int64_t workspace_id, const std::string& name);
// Writes name, description and time of update.
Status update_model(store::Tx& tx, const ModelRow& row);
Status delete_model(store::Tx& tx, int64_t id);
Status upsert_model_tag(store::Tx& tx, int64_t id, const Tag& tag);
Result<int64_t> delete_model_tag(store::Tx& tx, int64_t id, const std::string& key);
Result<std::vector<ModelRow>> search_models(store::Tx& tx, int64_t workspace_id,
                                            const RegistryQuery& query, int64_t offset,
                                            int64_t limit);
// Tags, aliases and latest versions of all rows.
Status load_details(store::Tx& tx, std::span<ModelRow> rows);

Status upsert_alias(store::Tx& tx, int64_t id, const Alias& alias);
Result<std::optional<int64_t>> select_alias(store::Tx& tx, int64_t id, const std::string& alias);
Result<int64_t> delete_alias(store::Tx& tx, int64_t id, const std::string& alias);
Status delete_aliases_of(store::Tx& tx, int64_t id, int64_t version);

// Takes the next number of a model and notes the time.
Result<int64_t> next_version(store::Tx& tx, int64_t model, int64_t now_ms);
// The same with a number that was chosen elsewhere; Code::already_exists when it was given out
// here.
Result<int64_t> take_version(store::Tx& tx, int64_t model, int64_t number, int64_t now_ms);
Result<int64_t> insert_version(store::Tx& tx, int64_t model, const ModelVersion& version);
// Not a deleted one. Without details.
Result<std::optional<VersionRow>> select_version(store::Tx& tx, int64_t workspace_id,
                                                 const std::string& name, int64_t version);
// Writes description, stage and time of update.
// All of a model count as updated with its name.
Status touch_versions(store::Tx& tx, int64_t model, int64_t now_ms);
Status update_version(store::Tx& tx, const VersionRow& row);
// Moves all other versions of the stage to the archive.
Status archive_others(store::Tx& tx, const VersionRow& row, int64_t now_ms);
// Empties the row and marks it deleted; its tags go.
Status redact_version(store::Tx& tx, const VersionRow& row, int64_t now_ms);
Status upsert_version_tag(store::Tx& tx, int64_t id, const Tag& tag);
Result<int64_t> delete_version_tag(store::Tx& tx, int64_t id, const std::string& key);
Result<std::vector<VersionRow>> search_versions(store::Tx& tx, int64_t workspace_id,
                                                const RegistryQuery& query, int64_t offset,
                                                int64_t limit);
// The highest version of each stage, of all the models.
Result<std::vector<VersionRow>> select_latest(store::Tx& tx, std::span<const store::Arg> models);
// Tags and aliases of all rows.
Status load_details(store::Tx& tx, std::span<VersionRow> rows);

// Whole rows: written as they are elsewhere (made, or changed to be equal, with their times), and
// read as they are, deleted versions too; details are for the functions above.
Result<int64_t> put_model(store::Tx& tx, int64_t workspace_id, const RegisteredModel& model);
// row.model_row says whose it is; its number will not be given out again.
Result<int64_t> put_version(store::Tx& tx, const VersionRow& row);
// Pages in order of their keys, without details.
Result<std::vector<ModelRow>> list_models(store::Tx& tx, int64_t workspace_id, int64_t after,
                                          int64_t limit);
// In order of their numbers.
Result<std::vector<VersionRow>> list_versions(store::Tx& tx, int64_t model, int64_t after,
                                              int64_t limit);

}  // namespace rondo::registry
