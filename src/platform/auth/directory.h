// What a process holds in memory about accounts: users, roles and tokens, so that most requests are
// let in or refused without a look at the database. A cache of rows with a version: whoever changes
// accounts counts the version up, and each process reads again when it has moved.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/env.h"
#include "base/published.h"
#include "platform/async/task.h"
#include "platform/auth/model.h"
#include "platform/store/database.h"

namespace rondo::auth {

class Directory {
  public:
    struct Account {
        User user;
        std::string password;  // its hash
        bool restricted = false;
        std::shared_ptr<const RoleRights> by_roles;
    };
    struct View {
        int64_t version = 0;
        std::map<int64_t, Account> accounts;
        std::unordered_map<std::string, int64_t> ids_by_name;
        std::unordered_map<std::string, Token> tokens_by_hash;
        std::map<int64_t, std::optional<Time>> token_ends;

        bool has_accounts() const { return !accounts.empty(); }
        const Account* find(const std::string& name) const;
        const Account* find(int64_t user_id) const;
    };

    Directory(store::Database& db, int64_t workspace_id) : db_(db), workspace_id_(workspace_id) {}

    // Reads everything when the version has moved. Thread-safe.
    Task<Status> refresh();
    // The same, blocking.
    Status refresh_now();
    std::shared_ptr<const View> view() const { return view_.load(); }

  private:
    Result<std::shared_ptr<const View>> read(store::Tx& tx) const;
    void publish(std::shared_ptr<const View> view);

    store::Database& db_;
    const int64_t workspace_id_;
    std::mutex publishing_;  // an older view never replaces a newer one
    Published<const View> view_;
};

}  // namespace rondo::auth
