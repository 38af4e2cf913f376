// An upgrade that is killed at any of its statements: the next start finishes it, and has a copy of
// what there was before. (PostgreSQL's part is in tests/store.)
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "domain/schema/test_database.h"

#include <doctest/doctest.h>

namespace rondo::store {
namespace {

int statements_left = 0;  // of a child process until it is killed

// Watches every connection that SQLite opens from now on.
int watch(sqlite3* db, const char**, const void*) {
    return sqlite3_trace_v2(
        db, SQLITE_TRACE_STMT,
        [](unsigned, void*, void*, void*) {
            if (statements_left-- == 0) ::kill(::getpid(), SIGKILL);
            return 0;
        },
        nullptr);
}

// True when the child ended by itself before it came to statement n.
bool upgrade_and_die(const std::string& url, int n) {
    const pid_t child = ::fork();
    if (child == 0) {
        statements_left = n;
        sqlite3_auto_extension(reinterpret_cast<void (*)()>(&watch));
        const auto db = Database::open(system_env(), url, migrations());
        ::_exit(db ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    if (WIFEXITED(status)) REQUIRE(WEXITSTATUS(status) == 0);
    return WIFEXITED(status);
}

int64_t number_of(Database& db, std::string_view sql) {
    const auto found = db.read_now([&](Tx& tx) { return tx.one<int64_t>(sql); });
    REQUIRE(found);
    return found->value_or(-1);
}

}  // namespace

TEST_CASE("an upgrade killed at any statement is finished by the next start") {
    log::set_threshold(log::Level::warning);
    TestDatabase folder;  // for its folder
    if (!folder.is_sqlite()) return;
    const std::string path = folder.folder() + "/old.db";
    const auto remove_all = [&] {
        for (const auto& entry : std::filesystem::directory_iterator(folder.folder())) {
            if (entry.path().filename().string().starts_with("old.db"))
                std::filesystem::remove(entry.path());
        }
    };
    int kills = 0;
    for (int n = 0;; ++n) {
        remove_all();
        {
            const auto old = Database::open(system_env(), "sqlite:" + path, migrations().first(1));
            REQUIRE(old);
            REQUIRE((*old)->write_now(Durability::full, [](Tx& tx) {
                return tx.exec("INSERT INTO workspaces (name, created_at) VALUES ('kept', 7)");
            }));
        }
        const bool ended = upgrade_and_die("sqlite:" + path, n);
        const auto db = Database::open(system_env(), "sqlite:" + path, migrations());
        REQUIRE(db);
        CHECK(number_of(**db, "SELECT max(number) FROM schema_migrations") ==
              migrations().back().number);
        CHECK(number_of(**db, "SELECT created_at FROM workspaces WHERE name = 'kept'") == 7);
        CHECK(number_of(**db,
                        "SELECT count(*) FROM pragma_integrity_check "
                        "WHERE integrity_check <> 'ok'") == 0);
        const std::string copy =
            path + ".before-schema-" + std::to_string(migrations().back().number);
        const auto before = Database::open(system_env(), "sqlite:" + copy, migrations().first(1));
        REQUIRE(before);
        CHECK(number_of(**before, "SELECT created_at FROM workspaces WHERE name = 'kept'") == 7);
        if (ended) break;
        ++kills;
    }
    CHECK(kills > 20);
}

TEST_CASE("a newer or a foreign schema is refused, and nothing is changed") {
    TestDatabase db;
    const auto refused = Database::open(system_env(), db.url(), migrations().first(1));
    REQUIRE(!refused);
    CHECK(refused.error().code == Code::conflict);
    CHECK(refused.error().message.contains("start the newer program"));
    const Migration foreign[] = {{1, "initial", "CREATE TABLE other (id BIGINT)"}};
    std::vector<Migration> others(migrations().begin(), migrations().end());
    others[0] = foreign[0];
    const auto other = Database::open(system_env(), db.url(), others);
    REQUIRE(!other);
    CHECK(other.error().message.contains("another build"));
}

TEST_CASE("a migration that fails leaves what was there") {
    TestDatabase db;
    std::vector<Migration> more(migrations().begin(), migrations().end());
    more.push_back(
        {1000, "broken", "CREATE TABLE half (id BIGINT); CREATE TABLE half (id BIGINT)"});
    CHECK(!Database::open(system_env(), db.url(), more));
    CHECK(!db.write([](Tx& tx) { return tx.one<int64_t>("SELECT count(*) FROM half"); }));
    CHECK(Database::open(system_env(), db.url(), migrations()));
}

}  // namespace rondo::store
