#include "base/text.h"
#include "domain/registry/grammar.h"
#include "domain/registry/objects.h"
#include "domain/registry/prompts.h"
#include "domain/registry/store.h"
#include "domain/tracking/pairs.h"

namespace rondo::registry {
namespace {

constexpr std::string_view kColumns =
    "SELECT m.id, m.name, m.description, m.created_ms, m.updated_ms FROM registered_models m ";

ModelRow read_model(const store::Row& row) {
    ModelRow out;
    out.id = row.integer(0);
    out.model.name = row.text(1);
    out.model.description = row.get<std::optional<std::string>>(2);
    out.model.created_ms = row.integer(3);
    out.model.updated_ms = row.integer(4);
    return out;
}

}  // namespace

Result<std::optional<int64_t>> insert_model(store::Tx& tx, int64_t workspace_id,
                                            const RegisteredModel& model) {
    return tx.one<int64_t>(
        "INSERT INTO registered_models (workspace_id, name, description, last_version, "
        "created_ms, updated_ms) VALUES ($1, $2, $3, 0, $4, $5) "
        "ON CONFLICT (workspace_id, name) DO NOTHING RETURNING id",
        workspace_id, model.name, model.description, model.created_ms, model.updated_ms);
}

Result<std::optional<ModelRow>> select_model(store::Tx& tx, int64_t workspace_id,
                                             const std::string& name) {
    std::optional<ModelRow> found;
    TRY(tx.each(
        std::string(kColumns) + "WHERE m.workspace_id = $1 AND m.name = $2",
        [&](const store::Row& row) {
            found = read_model(row);
            return false;
        },
        workspace_id, name));
    return found;
}

Result<bool> model_is_prompt(store::Tx& tx, int64_t workspace_id, const std::string& name) {
    TRY_ASSIGN(const auto value,
               tx.one<std::string>("SELECT t.value FROM registered_models m JOIN "
                                   "registered_model_tags t ON t.model = m.id AND t.key = $1 "
                                   "WHERE m.workspace_id = $2 AND m.name = $3",
                                   kPromptTag, workspace_id, name));
    return value && equals_ignoring_case(*value, "true");
}

Status update_model(store::Tx& tx, const ModelRow& row) {
    TRY(
        tx.exec("UPDATE registered_models SET name = $1, description = $2, updated_ms = $3 "
                "WHERE id = $4",
                row.model.name, row.model.description, row.model.updated_ms, row.id));
    return ok();
}

Status delete_model(store::Tx& tx, int64_t id) {
    TRY(tx.exec("DELETE FROM registered_models WHERE id = $1", id));
    return ok();
}

Status upsert_model_tag(store::Tx& tx, int64_t id, const Tag& tag) {
    TRY(
        tx.exec("INSERT INTO registered_model_tags (model, key, value) VALUES ($1, $2, $3) "
                "ON CONFLICT (model, key) DO UPDATE SET value = excluded.value",
                id, tag.key, tag.value));
    return ok();
}

Result<int64_t> delete_model_tag(store::Tx& tx, int64_t id, const std::string& key) {
    return tx.exec("DELETE FROM registered_model_tags WHERE model = $1 AND key = $2", id, key);
}

Result<std::vector<ModelRow>> search_models(store::Tx& tx, int64_t workspace_id,
                                            const RegistryQuery& query, int64_t offset,
                                            int64_t limit) {
    TRY_ASSIGN(auto terms, search::parse_filter(query.filter));
    const bool prompts = asks_for_prompts(terms);
    TRY_ASSIGN(const auto orders, search::parse_orders(model_grammar(), query.order_by));
    search::Statement statement;
    statement.add(kColumns).add("WHERE m.workspace_id = ").bind(workspace_id);
    statement.add_readable(query.readable, kModelKind, "m.id");
    if (!prompts) statement.add(" AND ").add(kModelIsNoPrompt);
    TRY(search::add_conditions(statement, model_grammar(), terms));
    statement.add(" ORDER BY ");
    search::add_orders(statement, orders);
    statement.add("m.name LIMIT ").bind(limit).add(" OFFSET ").bind(offset);
    std::vector<ModelRow> found;
    TRY(statement.each(tx, [&](const store::Row& row) {
        found.push_back(read_model(row));
        return true;
    }));
    return found;
}

Status load_details(store::Tx& tx, std::span<ModelRow> rows) {
    std::map<int64_t, RegisteredModel*> models;
    std::vector<store::Arg> ids;
    for (ModelRow& row : rows) {
        models.emplace(row.id, &row.model);
        ids.emplace_back(row.id);
    }
    TRY(tracking::load_pairs(tx, "registered_model_tags", "model", ids,
                             [&](int64_t id) -> auto& { return models.at(id)->tags; }));
    TRY(store::each_of(
        tx, "SELECT model, alias, version FROM model_aliases WHERE model IN ", ids,
        " ORDER BY model, alias", [&](const store::Row& row) {
            models.at(row.integer(0))->aliases.push_back({row.get<std::string>(1), row.integer(2)});
            return true;
        }));
    TRY_ASSIGN(auto latest, select_latest(tx, ids));
    TRY(load_details(tx, std::span<VersionRow>(latest)));
    for (VersionRow& row : latest)
        models.at(row.model_row)->latest_versions.push_back(std::move(row.version));
    return ok();
}

Status upsert_alias(store::Tx& tx, int64_t id, const Alias& alias) {
    TRY(
        tx.exec("INSERT INTO model_aliases (model, alias, version) VALUES ($1, $2, $3) "
                "ON CONFLICT (model, alias) DO UPDATE SET version = excluded.version",
                id, alias.alias, alias.version));
    return ok();
}

Result<std::optional<int64_t>> select_alias(store::Tx& tx, int64_t id, const std::string& alias) {
    return tx.one<int64_t>("SELECT version FROM model_aliases WHERE model = $1 AND alias = $2", id,
                           alias);
}

Result<int64_t> delete_alias(store::Tx& tx, int64_t id, const std::string& alias) {
    return tx.exec("DELETE FROM model_aliases WHERE model = $1 AND alias = $2", id, alias);
}

Status delete_aliases_of(store::Tx& tx, int64_t id, int64_t version) {
    TRY(tx.exec("DELETE FROM model_aliases WHERE model = $1 AND version = $2", id, version));
    return ok();
}

Result<int64_t> put_model(store::Tx& tx, int64_t workspace_id, const RegisteredModel& model) {
    TRY_ASSIGN(
        const auto id,
        tx.one<int64_t>(
            "INSERT INTO registered_models (workspace_id, name, description, last_version, "
            "created_ms, updated_ms) VALUES ($1, $2, $3, 0, $4, $5) "
            "ON CONFLICT (workspace_id, name) DO UPDATE SET description = excluded.description, "
            "created_ms = excluded.created_ms, updated_ms = excluded.updated_ms RETURNING id",
            workspace_id, model.name, model.description, model.created_ms, model.updated_ms));
    return *id;
}

Result<std::vector<ModelRow>> list_models(store::Tx& tx, int64_t workspace_id, int64_t after,
                                          int64_t limit) {
    std::vector<ModelRow> found;
    TRY(tx.each(
        std::string(kColumns) + "WHERE m.workspace_id = $1 AND m.id > $2 ORDER BY m.id LIMIT $3",
        [&](const store::Row& row) {
            found.push_back(read_model(row));
            return true;
        },
        workspace_id, after, limit));
    return found;
}

}  // namespace rondo::registry
