#include "platform/auth/directory.h"

#include "platform/auth/store.h"

namespace rondo::auth {

Level level_of(Role role) {
    switch (role) {
        case Role::none:
            return Level::none;
        case Role::viewer:
            return Level::read;
        case Role::editor:
            return Level::edit;
        case Role::maintainer:
        case Role::admin:
            return Level::manage;
    }
    return Level::none;
}

const Directory::Account* Directory::View::find(const std::string& name) const {
    const auto found = ids_by_name.find(name);
    return found == ids_by_name.end() ? nullptr : find(found->second);
}

const Directory::Account* Directory::View::find(int64_t user_id) const {
    const auto found = accounts.find(user_id);
    return found == accounts.end() ? nullptr : &found->second;
}

Result<std::shared_ptr<const Directory::View>> Directory::read(store::Tx& tx) const {
    TRY_ASSIGN(const int64_t version, sql::version(tx));
    const auto held = view();
    if (held && held->version == version) return held;
    auto out = std::make_shared<View>();
    out->version = version;
    TRY_ASSIGN(auto users, sql::list_users(tx, workspace_id_));
    TRY_ASSIGN(const auto lowest, sql::lowest_grants(tx, workspace_id_));
    for (auto& row : users) {
        const auto low = lowest.find(row.user.id);
        const bool restricted =
            low != lowest.end() && low->second < level_of(row.user.role) && !row.user.is_admin;
        out->ids_by_name.emplace(row.user.name, row.user.id);
        out->accounts.emplace(row.user.id,
                              Account{std::move(row.user), std::move(row.password), restricted});
    }
    TRY_ASSIGN(auto tokens, sql::list_tokens(tx, 0));
    for (auto& row : tokens) {
        out->token_ends.emplace(row.token.id, row.token.expires);
        out->tokens_by_hash.emplace(std::move(row.hash), std::move(row.token));
    }
    return out;
}

void Directory::publish(std::shared_ptr<const View> view) {
    const std::lock_guard lock(publishing_);
    const auto held = view_.load();
    if (!held || held->version < view->version) view_.store(std::move(view));
}

Task<Status> Directory::refresh() {
    CO_TRY_ASSIGN(auto found, co_await db_.read([this](store::Tx& tx) { return read(tx); }));
    publish(std::move(found));
    co_return ok();
}

Status Directory::refresh_now() {
    TRY_ASSIGN(auto found, db_.read_now([this](store::Tx& tx) { return read(tx); }));
    publish(std::move(found));
    return ok();
}

}  // namespace rondo::auth
