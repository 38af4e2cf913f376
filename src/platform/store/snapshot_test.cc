#include "platform/store/snapshot.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <array>
#include <limits>

namespace rondo::store {
namespace {

constexpr std::array kSteps{Migration{1, "test",
                                      "CREATE TABLE things (id {id}, r {real}, t {text}, "
                                      "b {blob}); CREATE TABLE pairs (k {text} NOT NULL, "
                                      "n BIGINT NOT NULL, PRIMARY KEY (n, k)) {without_rowid};"}};

struct Folder {
    char path[32] = "/tmp/rondo-snapshot-XXXXXX";
    Folder() { CHECK(::mkdtemp(path) != nullptr); }
    ~Folder() { CHECK(::system(("rm -r " + std::string(path)).c_str()) == 0); }
    std::string url(const char* name) const { return "sqlite:" + std::string(path) + "/" + name; }
};

std::unique_ptr<Database> make(const std::string& url) {
    auto db = Database::open(system_env(), url, kSteps);
    REQUIRE(db.has_value());
    return std::move(*db);
}

std::string dump(const std::string& url, const std::string& name) {
    const auto snapshot = Snapshot::open(url);
    REQUIRE(snapshot.has_value());
    const auto tables = tables_of(**snapshot, kSteps);
    REQUIRE(tables.has_value());
    std::string out;
    for (const Table& table : *tables) {
        if (table.name != name) continue;
        const auto rows = dump_rows(**snapshot, table, [&](std::string_view lines) {
            out += lines;
            return ok();
        });
        REQUIRE(rows.has_value());
    }
    return out;
}

TEST_CASE("a foreign database in WAL mode is read without a trace") {
    const Folder folder;
    const std::string path = std::string(folder.path) + "/foreign?#%.db";
    make("sqlite:" + path)->stop();
    auto& files = system_env().files();
    const auto before = files.list(folder.path);
    {
        const auto snapshot = Snapshot::open_foreign("sqlite:" + path);
        REQUIRE(snapshot.has_value());
        CHECK((*snapshot)->tx().one<int64_t>("SELECT count(*) FROM things") == 0);
        CHECK_FALSE((*snapshot)->tx().exec("DELETE FROM things").has_value());
        CHECK(files.list(folder.path)->size() == before->size());
    }
    CHECK(files.list(folder.path)->size() == before->size());
}

TEST_CASE("a new file is there when it is whole, and never over another one") {
    const Folder folder;
    const std::string path = std::string(folder.path) + "/new.db";
    auto& files = system_env().files();
    constexpr std::string_view kScript =
        "CREATE TABLE t (n INTEGER); CREATE TRIGGER one BEFORE INSERT ON t WHEN new.n = 7 "
        "BEGIN SELECT RAISE(ABORT, 'not seven'); END;";
    {
        const auto file = NewFile::create(system_env(), path, kScript);
        REQUIRE(file.has_value());
        CHECK((*file)->tx().exec("INSERT INTO t VALUES (1)").has_value());
    }
    CHECK(files.list(folder.path)->empty());
    {
        const auto file = NewFile::create(system_env(), path, kScript);
        REQUIRE(file.has_value());
        CHECK((*file)->tx().exec("INSERT INTO t VALUES (2)").has_value());
        CHECK_FALSE((*file)->tx().exec("INSERT INTO t VALUES (7)").has_value());
        CHECK((*file)->finish().has_value());
    }
    CHECK(files.list(folder.path)->size() == 1);
    const auto there = NewFile::create(system_env(), path, kScript);
    REQUIRE_FALSE(there.has_value());
    CHECK(there.error().code == Code::already_exists);
    const auto snapshot = Snapshot::open_foreign("sqlite:" + path);
    REQUIRE(snapshot.has_value());
    CHECK((*snapshot)->tx().one<int64_t>("SELECT n FROM t") == 2);
}

}  // namespace

TEST_CASE("rows go out and come back as they were") {
    const Folder folder;
    const auto first = make(folder.url("first.db"));
    const std::string odd("a\0\xff\"\n", 5);
    // What a column of text takes on both engines, and no JSON string says without escapes.
    const std::string text = "\x01\xe2\x80\xa8\"\\\n";
    REQUIRE(first->write_now(Durability::full, [&](Tx& tx) -> Status {
        const char* insert = "INSERT INTO things (r, t, b) VALUES ($1, $2, $3)";
        TRY(tx.exec(insert, 0.1, "plain", Blob{odd}));
        TRY(tx.exec(insert, std::numeric_limits<double>::infinity(), text, Blob{""}));
        TRY(tx.exec(insert, -std::numeric_limits<double>::infinity(), "", Blob{"x"}));
        TRY(tx.exec(insert, 5e-324, "ü\t\"", std::monostate{}));
        TRY(tx.exec(insert, std::monostate{}, std::monostate{}, std::monostate{}));
        TRY(tx.exec(insert, -0.0, "9223372036854775807", std::monostate{}));
        TRY(tx.exec("DELETE FROM things WHERE id = 6"));
        for (int i = 0; i < 3000; ++i)
            TRY(tx.exec("INSERT INTO pairs (k, n) VALUES ($1, $2)", std::to_string(i % 7), i - 9));
        TRY(tx.exec("INSERT INTO pairs (k, n) VALUES ($1, $2)", "least", INT64_MIN));
        return ok();
    }));
    const std::string lines = dump(folder.url("first.db"), "things");
    CHECK(lines.starts_with("[1,0.1,\"plain\",{\"hex\":\"6100ff220a\"}]\n[2,\"Infinity\","));

    const auto second = make(folder.url("second.db"));
    const auto snapshot = Snapshot::open(folder.url("first.db"));
    REQUIRE(snapshot.has_value());
    const auto tables = tables_of(**snapshot, kSteps);
    REQUIRE(tables.has_value());
    REQUIRE(second->write_now(Durability::full, [&](Tx& tx) -> Status {
        for (const Table& table : *tables) {
            RowLoader loader(tx, table);
            const std::string all = dump(folder.url("first.db"), table.name);
            size_t at = 0;
            for (size_t end; (end = all.find('\n', at)) != all.npos; at = end + 1)
                TRY(loader.add(std::string_view(all).substr(at, end - at)));
            TRY(loader.finish());
            TRY_ASSIGN(const int64_t last, last_id(**snapshot, table));
            TRY(set_last_id(tx, "sqlite", table, last));
        }
        return ok();
    }));
    for (const char* name : {"things", "pairs"})
        CHECK(dump(folder.url("first.db"), name) == dump(folder.url("second.db"), name));
    // The deleted id is not given out again.
    const auto next = second->write_now(Durability::full, [](Tx& tx) {
        return tx.one<int64_t>("INSERT INTO things (r) VALUES (1) RETURNING id");
    });
    REQUIRE(next.has_value());
    CHECK(**next == 7);
}

TEST_CASE("a snapshot is one moment, and holds nobody up") {
    const Folder folder;
    const auto db = make(folder.url("a.db"));
    const auto add = [&] {
        return db->write_now(Durability::full, [](Tx& tx) -> Status {
            TRY(tx.exec("INSERT INTO things (r) VALUES (1)"));
            return ok();
        });
    };
    REQUIRE(add());
    const auto snapshot = Snapshot::open(folder.url("a.db"));
    REQUIRE(snapshot.has_value());
    REQUIRE(add());
    const auto seen = (*snapshot)->tx().one<int64_t>("SELECT count(*) FROM things");
    REQUIRE(seen.has_value());
    CHECK(**seen == 1);
    CHECK_FALSE((*snapshot)->tx().exec("DELETE FROM things").has_value());
}

TEST_CASE("what is no database, and lines that are no rows") {
    CHECK(Snapshot::open("sqlite:/nowhere/x.db").error().code == Code::not_found);
    CHECK(Snapshot::open("mysql://x").error().code == Code::invalid);
    const Folder folder;
    const auto db = make(folder.url("a.db"));
    const Table table{"pairs", {{"k", ColumnKind::text}, {"n", ColumnKind::integer}}, {"n", "k"}};
    for (const std::string_view line :
         {"", "[", "{}", "[]", "[1,2]", "[\"a\"]", "[\"a\",1.5]", "[\"a\",\"1\"]", "[\"a\",1,2]",
          "[null,1]", "[{\"hex\":\"zz\"},1]", "[[\"a\"],1]", "[\"a\",18446744073709551615]"}) {
        const Status loaded = db->write_now(Durability::full, [&](Tx& tx) -> Status {
            RowLoader loader(tx, table);
            TRY(loader.add(line));
            return loader.finish();
        });
        CHECK_MESSAGE(!loaded, std::string(line));
    }
}

TEST_CASE("a table that no migration makes is not passed over") {
    const Folder folder;
    const auto db = make(folder.url("a.db"));
    REQUIRE(db->write_now(Durability::full, [](Tx& tx) -> Status {
        TRY(tx.exec("CREATE TABLE strange (x BIGINT PRIMARY KEY)"));
        return ok();
    }));
    const auto snapshot = Snapshot::open(folder.url("a.db"));
    REQUIRE(snapshot.has_value());
    const auto tables = tables_of(**snapshot, kSteps);
    REQUIRE_FALSE(tables.has_value());
    CHECK(tables.error().message.find("strange") != std::string::npos);
}

}  // namespace rondo::store
