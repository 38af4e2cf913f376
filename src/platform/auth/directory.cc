#include "platform/auth/directory.h"

#include <algorithm>

#include "platform/auth/store.h"
#include "platform/auth/store_roles.h"

namespace rondo::auth {
namespace {

// Whether something could take away what the account may do with every object of some kind.
bool is_restricted(const User& user, const Level* lowest_grant, const RoleRights* by_roles) {
    if (user.is_admin) return false;
    Level most = level_of(user.role);
    if (by_roles != nullptr) {
        if (by_roles->closes) return true;
        for (const auto& [kind, level] : by_roles->everywhere) most = std::max(most, level);
    }
    return lowest_grant != nullptr && *lowest_grant < most;
}

}  // namespace

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

Level level_of(const Standing& standing, Role role) {
    if (standing.granted) return *standing.granted;
    if (!standing.by_roles) return level_of(role);
    if (*standing.by_roles == Level::none) return Level::none;
    return std::max(level_of(role), *standing.by_roles);
}

Level level_everywhere(const Caller& caller, std::string_view kind) {
    if (caller.is_admin) return Level::manage;
    const Level by_role = level_of(caller.role);
    if (caller.by_roles == nullptr) return by_role;
    const auto found = caller.by_roles->everywhere.find(kind);
    if (found == caller.by_roles->everywhere.end()) return by_role;
    return found->second == Level::none ? Level::none : std::max(by_role, found->second);
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
    TRY_ASSIGN(auto rights, sql::rights_by_roles(tx, workspace_id_));
    for (auto& row : users) {
        const auto low = lowest.find(row.user.id);
        std::shared_ptr<const RoleRights> by_roles;
        if (auto found = rights.extract(row.user.id); !found.empty())
            by_roles = std::make_shared<const RoleRights>(std::move(found.mapped()));
        const bool restricted =
            is_restricted(row.user, low == lowest.end() ? nullptr : &low->second, by_roles.get());
        out->ids_by_name.emplace(row.user.name, row.user.id);
        out->accounts.emplace(row.user.id, Account{std::move(row.user), std::move(row.password),
                                                   restricted, std::move(by_roles)});
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
