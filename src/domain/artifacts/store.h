// All SQL of artifacts.
#pragma once

#include "domain/artifacts/model.h"
#include "platform/store/tx.h"

namespace rondo::artifacts {

Status upsert_file(store::Tx& tx, int64_t workspace_id, const File& file, int64_t now_us);
Status grant_blob(store::Tx& tx, int64_t workspace_id, const File& file, int64_t now_us);
Result<std::optional<File>> select_file(store::Tx& tx, int64_t workspace_id,
                                        const std::string& path);
// Files with after < path < before, in byte order of their paths.
Result<std::vector<File>> select_files(store::Tx& tx, int64_t workspace_id,
                                       const std::string& after, const std::string& before,
                                       int64_t limit);
// Removes the file itself and up to `limit` files with after < path < before.
Result<int64_t> delete_files(store::Tx& tx, int64_t workspace_id, const std::string& path,
                             const std::string& after, const std::string& before, int64_t limit);

}  // namespace rondo::artifacts
