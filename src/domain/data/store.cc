#include "domain/data/store.h"

#include "domain/search/statement.h"

namespace rondo::data::sql {
namespace {

constexpr std::string_view kColumns =
    "SELECT d.name, v.dataset_id, v.number, v.digest, v.parent, v.message, v.files, v.bytes, "
    "v.created_at FROM dataset_versions v JOIN datasets d ON d.id = v.dataset_id ";

Version version_from(const store::Row& row) {
    Version v;
    v.dataset = row.get<std::string>(0);
    v.dataset_id = row.integer(1);
    v.number = row.integer(2);
    v.digest = row.get<std::string>(3);
    v.parent = row.get<std::optional<int64_t>>(4);
    v.message = row.get<std::string>(5);
    v.files = row.integer(6);
    v.bytes = row.integer(7);
    v.created = from_micros(row.integer(8));
    return v;
}

template <class... A>
Result<std::vector<Version>> select(store::Tx& tx, std::string_view where, const A&... args) {
    std::vector<Version> found;
    TRY(tx.each(
        std::string(kColumns) + std::string(where),
        [&](const store::Row& row) {
            found.push_back(version_from(row));
            return true;
        },
        args...));
    return found;
}

std::optional<Version> first(std::vector<Version> found) {
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

}  // namespace

Result<int64_t> ensure_dataset(store::Tx& tx, int64_t workspace_id, const std::string& name,
                               Time now) {
    TRY(
        tx.exec("INSERT INTO datasets (workspace_id, name, created_at) VALUES ($1, $2, $3) "
                "ON CONFLICT DO NOTHING",
                workspace_id, name, to_micros(now)));
    TRY_ASSIGN(const auto id, find_dataset(tx, workspace_id, name));
    return *id;
}

Result<std::optional<int64_t>> find_dataset(store::Tx& tx, int64_t workspace_id,
                                            const std::string& name) {
    return tx.one<int64_t>("SELECT id FROM datasets WHERE workspace_id = $1 AND name = $2",
                           workspace_id, name);
}

Result<std::vector<std::string>> list_datasets(store::Tx& tx, int64_t workspace_id,
                                               const auth::Readable& readable) {
    search::Statement statement;
    statement.add("SELECT d.name FROM datasets d WHERE d.workspace_id = ").bind(workspace_id);
    statement.add_readable(readable, kDatasetKind, "d.id").add(" ORDER BY d.name LIMIT 10000");
    std::vector<std::string> found;
    TRY(statement.each(tx, [&](const store::Row& row) {
        found.push_back(row.get<std::string>(0));
        return true;
    }));
    return found;
}

Result<Version> insert_version(store::Tx& tx, Version version) {
    TRY_ASSIGN(auto same, select(tx, "WHERE v.dataset_id = $1 AND v.digest = $2",
                                 version.dataset_id, version.digest));
    if (!same.empty()) return std::move(same.front());
    TRY_ASSIGN(
        const auto last,
        tx.one<std::optional<int64_t>>(
            "SELECT max(number) FROM dataset_versions WHERE dataset_id = $1", version.dataset_id));
    version.number = (last && *last ? **last : 0) + 1;
    TRY(
        tx.exec("INSERT INTO dataset_versions (dataset_id, number, digest, parent, message, files, "
                "bytes, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                version.dataset_id, version.number, version.digest, version.parent, version.message,
                version.files, version.bytes, to_micros(version.created)));
    return version;
}

Result<std::optional<Version>> find_version(store::Tx& tx, int64_t workspace_id,
                                            const std::string& name, int64_t number) {
    TRY_ASSIGN(auto found, select(tx, "WHERE d.workspace_id = $1 AND d.name = $2 AND v.number = $3",
                                  workspace_id, name, number));
    return first(std::move(found));
}

Result<std::optional<Version>> latest_version(store::Tx& tx, int64_t workspace_id,
                                              const std::string& name) {
    TRY_ASSIGN(auto found, select(tx,
                                  "WHERE d.workspace_id = $1 AND d.name = $2 "
                                  "ORDER BY v.number DESC LIMIT 1",
                                  workspace_id, name));
    return first(std::move(found));
}

Result<std::vector<Version>> list_versions(store::Tx& tx, int64_t workspace_id,
                                           const std::string& name, int64_t before, int limit) {
    return select(tx,
                  "WHERE d.workspace_id = $1 AND d.name = $2 AND v.number < $3 "
                  "ORDER BY v.number DESC LIMIT $4",
                  workspace_id, name, before, limit);
}

Status grant(store::Tx& tx, int64_t workspace_id, const std::string& digest, int64_t size,
             Time now) {
    TRY(
        tx.exec("INSERT INTO blob_grants (workspace_id, digest, size, created_at) "
                "VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
                workspace_id, digest, size, to_micros(now)));
    return ok();
}

Result<std::optional<int64_t>> granted_size(store::Tx& tx, int64_t workspace_id,
                                            const std::string& digest) {
    return tx.one<int64_t>("SELECT size FROM blob_grants WHERE workspace_id = $1 AND digest = $2",
                           workspace_id, digest);
}

}  // namespace rondo::data::sql
