#include "domain/artifacts/store.h"

namespace rondo::artifacts {

Status upsert_file(store::Tx& tx, int64_t workspace_id, const File& file, int64_t now_us) {
    TRY(
        tx.exec("INSERT INTO artifact_files (workspace_id, path, digest, size, modified_at) "
                "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (workspace_id, path) DO UPDATE SET "
                "digest = excluded.digest, size = excluded.size, "
                "modified_at = excluded.modified_at",
                workspace_id, file.path, file.digest, file.size, now_us));
    return ok();
}

Status grant_blob(store::Tx& tx, int64_t workspace_id, const File& file, int64_t now_us) {
    TRY(
        tx.exec("INSERT INTO blob_grants (workspace_id, digest, size, created_at) "
                "VALUES ($1, $2, $3, $4) ON CONFLICT (workspace_id, digest) DO NOTHING",
                workspace_id, file.digest, file.size, now_us));
    return ok();
}

Result<std::optional<File>> select_file(store::Tx& tx, int64_t workspace_id,
                                        const std::string& path) {
    std::optional<File> found;
    TRY(tx.each(
        "SELECT path, digest, size FROM artifact_files "
        "WHERE workspace_id = $1 AND path = $2",
        [&](const store::Row& row) {
            found = File{row.get<std::string>(0), row.get<std::string>(1), row.integer(2)};
            return false;
        },
        workspace_id, path));
    return found;
}

Result<std::vector<File>> select_files(store::Tx& tx, int64_t workspace_id,
                                       const std::string& after, const std::string& before,
                                       int64_t limit) {
    std::vector<File> found;
    TRY(tx.each(
        "SELECT path, digest, size FROM artifact_files "
        "WHERE workspace_id = $1 AND path > $2 AND path < $3 ORDER BY path LIMIT $4",
        [&](const store::Row& row) {
            found.push_back({row.get<std::string>(0), row.get<std::string>(1), row.integer(2)});
            return true;
        },
        workspace_id, after, before, limit));
    return found;
}

Result<int64_t> delete_files(store::Tx& tx, int64_t workspace_id, const std::string& path,
                             const std::string& after, const std::string& before, int64_t limit) {
    TRY_ASSIGN(const int64_t self, tx.exec("DELETE FROM artifact_files "
                                           "WHERE workspace_id = $1 AND path = $2",
                                           workspace_id, path));
    TRY_ASSIGN(const int64_t below,
               tx.exec("DELETE FROM artifact_files WHERE workspace_id = $1 AND path IN ("
                       "SELECT path FROM artifact_files "
                       "WHERE workspace_id = $1 AND path > $2 AND path < $3 LIMIT $4)",
                       workspace_id, after, before, limit));
    return self + below;
}

}  // namespace rondo::artifacts
