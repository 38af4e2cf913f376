// A database with all migrations, for tests: SQLite in a folder that goes with the object, or the
// PostgreSQL database that RONDO_TEST_DATABASE names, emptied each time (tests/cluster runs the
// tests that are called "both engines" there).
#pragma once

#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "domain/schema/migrations.h"
#include "platform/store/database.h"

namespace rondo {

class TestDatabase {
  public:
    TestDatabase() {
        char pattern[] = "/tmp/rondo-test-XXXXXX";
        if (::mkdtemp(pattern) == nullptr) std::abort();
        folder_ = pattern;
        const char* elsewhere = std::getenv("RONDO_TEST_DATABASE");
        const std::string url = elsewhere != nullptr ? elsewhere : "sqlite:" + folder_ + "/test.db";
        open(url);
        if (elsewhere == nullptr) return;
        const auto empty = [](store::Tx& tx) -> Status {
            TRY(tx.exec("DROP SCHEMA public CASCADE"));
            TRY(tx.exec("CREATE SCHEMA public"));
            return ok();
        };
        if (!db_->write_now(store::Durability::normal, empty)) std::abort();
        db_.reset();
        open(url);
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

  private:
    void open(const std::string& url) {
        auto opened = store::Database::open(system_env(), url, migrations());
        if (!opened) {
            std::fprintf(stderr, "%s\n", opened.error().message.c_str());
            std::abort();
        }
        db_ = std::move(*opened);
    }

    std::string folder_;
    std::unique_ptr<store::Database> db_;
};

}  // namespace rondo
