// All SQL of the data module.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/data/model.h"
#include "platform/auth/readable.h"
#include "platform/store/tx.h"

namespace rondo::data::sql {

Result<int64_t> ensure_dataset(store::Tx& tx, int64_t workspace_id, const std::string& name,
                               Time now);
Result<std::optional<int64_t>> find_dataset(store::Tx& tx, int64_t workspace_id,
                                            const std::string& name);
Result<std::vector<std::string>> list_datasets(store::Tx& tx, int64_t workspace_id,
                                               const auth::Readable& readable);

// Gives the version the next number, or finds the one with the same tree.
Result<Version> insert_version(store::Tx& tx, Version version);
Result<std::optional<Version>> find_version(store::Tx& tx, int64_t workspace_id,
                                            const std::string& name, int64_t number);
Result<std::optional<Version>> latest_version(store::Tx& tx, int64_t workspace_id,
                                              const std::string& name);
Result<std::vector<Version>> list_versions(store::Tx& tx, int64_t workspace_id,
                                           const std::string& name, int64_t before, int limit);

// Which bytes a workspace may read.
Status grant(store::Tx& tx, int64_t workspace_id, const std::string& digest, int64_t size,
             Time now);
// The size of granted bytes; nothing when the workspace has no grant.
Result<std::optional<int64_t>> granted_size(store::Tx& tx, int64_t workspace_id,
                                            const std::string& digest);

}  // namespace rondo::data::sql
