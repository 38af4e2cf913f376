// A database with all migrations, in a folder that goes with the object. For tests. SQLite; with
// RONDO_TEST_POSTGRES=postgresql://... a schema of its own there (tests/store runs them so).
#pragma once

#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "domain/schema/migrations.h"
#include "platform/store/database.h"
#include "platform/store/libpq.h"

namespace rondo {

class TestDatabase {
  public:
    TestDatabase() {
        char pattern[] = "/tmp/rondo-test-XXXXXX";
        if (::mkdtemp(pattern) == nullptr) std::abort();
        folder_ = pattern;
        const char* server = std::getenv("RONDO_TEST_POSTGRES");
        url_ = server == nullptr ? "sqlite:" + folder_ + "/test.db" : new_schema(server);
        auto opened = store::Database::open(system_env(), url_, migrations());
        if (!opened) {
            std::fprintf(stderr, "%s\n", opened.error().message.c_str());
            std::abort();
        }
        db_ = std::move(*opened);
    }
    ~TestDatabase() {
        db_.reset();
        std::filesystem::remove_all(folder_);
    }
    TestDatabase(const TestDatabase&) = delete;
    TestDatabase& operator=(const TestDatabase&) = delete;

    // Runs fn in a write transaction, which is rolled back when it fails.
    template <class F>
    auto write(F fn) {
        return db_->write_now(store::Durability::normal, std::move(fn));
    }
    store::Database& operator*() { return *db_; }
    const std::string& folder() const { return folder_; }
    const std::string& url() const { return url_; }
    bool is_sqlite() const { return url_.starts_with("sqlite:"); }
    store::Database& database() { return *db_; }

  private:
    static std::string new_schema(const std::string& server) {
        const std::string name = "test_" + random_hex(system_env(), 8);
        const auto pq = store::libpq();
        if (!pq) std::abort();
        PGconn* connection = (*pq)->connectdb(server.c_str());
        PGresult* made = (*pq)->exec(connection, ("CREATE SCHEMA " + name).c_str());
        if ((*pq)->resultStatus(made) != PGRES_COMMAND_OK) {
            std::fprintf(stderr, "%s\n", (*pq)->errorMessage(connection));
            std::abort();
        }
        (*pq)->clear(made);
        (*pq)->finish(connection);
        return server + (server.contains('?') ? "&" : "?") + "options=-csearch_path%3D" + name;
    }

    std::string folder_, url_;
    std::unique_ptr<store::Database> db_;
};

}  // namespace rondo
