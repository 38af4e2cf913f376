#include <set>

#include "domain/registry/grammar.h"
#include "domain/registry/objects.h"
#include "domain/registry/prompts.h"
#include "domain/registry/stage_text.h"
#include "domain/registry/store.h"
#include "domain/tracking/pairs.h"

namespace rondo::registry {
namespace {

constexpr std::string_view kColumns =
    "SELECT v.id, v.model, m.name, v.version, v.source, v.storage_location, v.run_id, v.run_link, "
    "v.model_id, v.description, v.stage, v.created_ms, v.updated_ms, v.deleted ";

VersionRow read_version(const store::Row& row) {
    VersionRow out;
    out.id = row.integer(0);
    out.model_row = row.integer(1);
    out.version.name = row.text(2);
    out.version.version = row.integer(3);
    out.version.source = row.text(4);
    out.version.storage_location = row.text(5);
    out.version.run_id = row.text(6);
    out.version.run_link = row.text(7);
    out.version.model_id = row.text(8);
    out.version.description = row.get<std::optional<std::string>>(9);
    out.version.stage = stage_of(row.text(10)).value_or(VersionStage::none);
    out.version.created_ms = row.integer(11);
    out.version.updated_ms = row.integer(12);
    out.deleted = row.get<bool>(13);
    return out;
}

}  // namespace

Result<int64_t> next_version(store::Tx& tx, int64_t model, int64_t now_ms) {
    TRY_ASSIGN(const auto version,
               tx.one<int64_t>("UPDATE registered_models SET last_version = last_version + 1, "
                               "updated_ms = $1 WHERE id = $2 RETURNING last_version",
                               now_ms, model));
    return *version;
}

Result<int64_t> take_version(store::Tx& tx, int64_t model, int64_t number, int64_t now_ms) {
    TRY_ASSIGN(const auto taken, tx.one<int64_t>("SELECT 1 FROM model_versions WHERE model = $1 "
                                                 "AND version = $2",
                                                 model, number));
    if (taken)
        return fail(Code::already_exists,
                    "the version " + std::to_string(number) + " was given out here already");
    TRY(
        tx.exec("UPDATE registered_models SET updated_ms = $1, last_version = "
                "CASE WHEN last_version < $2 THEN $2 ELSE last_version END WHERE id = $3",
                now_ms, number, model));
    return number;
}

Result<int64_t> insert_version(store::Tx& tx, int64_t model, const ModelVersion& version) {
    TRY_ASSIGN(
        const auto id,
        tx.one<int64_t>("INSERT INTO model_versions (model, version, source, "
                        "storage_location, run_id, run_link, model_id, description, stage, "
                        "deleted, created_ms, updated_ms) "
                        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $11) "
                        "RETURNING id",
                        model, version.version, version.source, version.storage_location,
                        version.run_id, version.run_link, version.model_id, version.description,
                        text_of(version.stage), version.created_ms, version.updated_ms));
    return *id;
}

Result<std::optional<VersionRow>> select_version(store::Tx& tx, int64_t workspace_id,
                                                 const std::string& name, int64_t version) {
    std::optional<VersionRow> found;
    TRY(tx.each(
        std::string(kColumns) + "FROM registered_models m JOIN model_versions v ON v.model = m.id "
                                "WHERE m.workspace_id = $1 AND m.name = $2 AND v.version = $3 "
                                "AND v.deleted = 0",
        [&](const store::Row& row) {
            found = read_version(row);
            return false;
        },
        workspace_id, name, version));
    return found;
}

Status touch_versions(store::Tx& tx, int64_t model, int64_t now_ms) {
    TRY(tx.exec("UPDATE model_versions SET updated_ms = $1 WHERE model = $2 AND deleted = 0",
                now_ms, model));
    return ok();
}

Status update_version(store::Tx& tx, const VersionRow& row) {
    TRY(tx.exec(
        "UPDATE model_versions SET description = $1, stage = $2, updated_ms = $3 "
        "WHERE id = $4",
        row.version.description, text_of(row.version.stage), row.version.updated_ms, row.id));
    return ok();
}

Status archive_others(store::Tx& tx, const VersionRow& row, int64_t now_ms) {
    TRY(
        tx.exec("UPDATE model_versions SET stage = $1, updated_ms = $2 "
                "WHERE model = $3 AND stage = $4 AND id <> $5 AND deleted = 0",
                text_of(VersionStage::archived), now_ms, row.model_row, text_of(row.version.stage),
                row.id));
    return ok();
}

Status redact_version(store::Tx& tx, const VersionRow& row, int64_t now_ms) {
    TRY(tx.exec("DELETE FROM model_version_tags WHERE version_id = $1", row.id));
    TRY(
        tx.exec("UPDATE model_versions SET source = '', storage_location = '', run_id = '', "
                "run_link = '', model_id = '', description = NULL, deleted = 1, updated_ms = $1 "
                "WHERE id = $2",
                now_ms, row.id));
    return ok();
}

Status upsert_version_tag(store::Tx& tx, int64_t id, const Tag& tag) {
    TRY(
        tx.exec("INSERT INTO model_version_tags (version_id, key, value) VALUES ($1, $2, $3) "
                "ON CONFLICT (version_id, key) DO UPDATE SET value = excluded.value",
                id, tag.key, tag.value));
    return ok();
}

Result<int64_t> delete_version_tag(store::Tx& tx, int64_t id, const std::string& key) {
    return tx.exec("DELETE FROM model_version_tags WHERE version_id = $1 AND key = $2", id, key);
}

Result<std::vector<VersionRow>> search_versions(store::Tx& tx, int64_t workspace_id,
                                                const RegistryQuery& query, int64_t offset,
                                                int64_t limit) {
    TRY_ASSIGN(auto terms, search::parse_filter(query.filter));
    const bool prompts = asks_for_prompts(terms);
    TRY_ASSIGN(const auto orders, search::parse_orders(version_grammar(), query.order_by));
    search::Statement statement;
    statement.add(kColumns);
    statement.add("FROM registered_models m JOIN model_versions v ON v.model = m.id ");
    statement.add("WHERE m.workspace_id = ").bind(workspace_id).add(" AND v.deleted = 0");
    statement.add_readable(query.readable, kModelKind, "m.id");
    if (!prompts) statement.add(" AND ").add(kModelIsNoPrompt).add(" AND ").add(kVersionIsNoPrompt);
    TRY(search::add_conditions(statement, version_grammar(), terms));
    statement.add(" ORDER BY ");
    search::add_orders(statement, orders);
    if (orders.empty()) statement.add("v.updated_ms DESC, ");
    statement.add("m.name, v.version DESC LIMIT ").bind(limit).add(" OFFSET ").bind(offset);
    std::vector<VersionRow> found;
    TRY(statement.each(tx, [&](const store::Row& row) {
        found.push_back(read_version(row));
        return true;
    }));
    return found;
}

Result<std::vector<VersionRow>> select_latest(store::Tx& tx, std::span<const store::Arg> models) {
    std::vector<VersionRow> found;
    TRY(store::each_of(tx,
                       std::string(kColumns) +
                           "FROM (SELECT model, max(version) AS version FROM model_versions "
                           "WHERE deleted = 0 AND model IN ",
                       models,
                       " GROUP BY model, stage) l "
                       "JOIN model_versions v ON v.model = l.model AND v.version = l.version "
                       "JOIN registered_models m ON m.id = v.model ORDER BY v.model, v.version",
                       [&](const store::Row& row) {
                           found.push_back(read_version(row));
                           return true;
                       }));
    return found;
}

Status load_details(store::Tx& tx, std::span<VersionRow> rows) {
    std::map<int64_t, ModelVersion*> by_id;
    std::map<std::pair<int64_t, int64_t>, ModelVersion*> by_number;
    std::vector<store::Arg> ids;
    std::set<int64_t> seen;
    for (VersionRow& row : rows) {
        by_id.emplace(row.id, &row.version);
        by_number.emplace(std::pair{row.model_row, row.version.version}, &row.version);
        ids.emplace_back(row.id);
        seen.insert(row.model_row);
    }
    const std::vector<store::Arg> models(seen.begin(), seen.end());
    TRY(tracking::load_pairs(tx, "model_version_tags", "version_id", ids,
                             [&](int64_t id) -> auto& { return by_id.at(id)->tags; }));
    return store::each_of(tx, "SELECT model, version, alias FROM model_aliases WHERE model IN ",
                          models, " ORDER BY model, alias", [&](const store::Row& row) {
                              const auto found = by_number.find({row.integer(0), row.integer(1)});
                              if (found != by_number.end())
                                  found->second->aliases.push_back(row.get<std::string>(2));
                              return true;
                          });
}

Result<int64_t> put_version(store::Tx& tx, const VersionRow& row) {
    const ModelVersion& version = row.version;
    TRY_ASSIGN(const auto id,
               tx.one<int64_t>(
                   "INSERT INTO model_versions (model, version, source, storage_location, run_id, "
                   "run_link, model_id, description, stage, deleted, created_ms, updated_ms) "
                   "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) "
                   "ON CONFLICT (model, version) DO UPDATE SET source = excluded.source, "
                   "storage_location = excluded.storage_location, run_id = excluded.run_id, "
                   "run_link = excluded.run_link, model_id = excluded.model_id, "
                   "description = excluded.description, stage = excluded.stage, "
                   "deleted = excluded.deleted, created_ms = excluded.created_ms, "
                   "updated_ms = excluded.updated_ms RETURNING id",
                   row.model_row, version.version, version.source, version.storage_location,
                   version.run_id, version.run_link, version.model_id, version.description,
                   text_of(version.stage), row.deleted, version.created_ms, version.updated_ms));
    TRY(
        tx.exec("UPDATE registered_models SET last_version = $1 WHERE id = $2 "
                "AND last_version < $1",
                version.version, row.model_row));
    return *id;
}

Result<std::vector<VersionRow>> list_versions(store::Tx& tx, int64_t model, int64_t after,
                                              int64_t limit) {
    std::vector<VersionRow> found;
    TRY(tx.each(
        std::string(kColumns) + "FROM registered_models m JOIN model_versions v ON v.model = m.id "
                                "WHERE v.model = $1 AND v.version > $2 ORDER BY v.version LIMIT $3",
        [&](const store::Row& row) {
            found.push_back(read_version(row));
            return true;
        },
        model, after, limit));
    return found;
}

}  // namespace rondo::registry
