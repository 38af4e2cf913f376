#include "platform/store/wal.h"

#include <doctest/doctest.h>
#include <sqlite3.h>
#include <unistd.h>

namespace rondo::store {
namespace {

// A write-ahead log as SQLite makes it: `commits` transactions, one of them rolled back at the end.
class MadeLog {
  public:
    explicit MadeLog(int commits) {
        REQUIRE(::mkdtemp(folder_) != nullptr);
        REQUIRE(sqlite3_open(path().c_str(), &db_) == SQLITE_OK);
        run("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=5;"
            "CREATE TABLE t (x)");
        for (int i = 0; i < commits; ++i) run("INSERT INTO t VALUES (randomblob(3000))");
    }
    ~MadeLog() {
        sqlite3_close(db_);
        for (const char* end : {"", "-wal", "-shm"}) ::unlink((path() + end).c_str());
        ::rmdir(folder_);
    }
    void run(const char* sql) {
        REQUIRE(sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
    }
    std::string bytes() const {
        return read_file(system_env().files(), path() + "-wal", 1 << 24).value();
    }

  private:
    std::string path() const { return std::string(folder_) + "/db"; }
    char folder_[32] = "/tmp/rondo-wal-XXXXXX";
    sqlite3* db_ = nullptr;
};

TEST_CASE("a log that is whole, cut off, begun anew or rolled back is no damage") {
    MadeLog log(20);
    const std::string whole = log.bytes();
    CHECK(!find_damage(whole));
    for (const size_t size : {size_t{0}, size_t{20}, size_t{32}, size_t{40}, whole.size() - 1})
        CHECK(!find_damage(whole.substr(0, size)));
    // More than the cache holds goes to the log before it is rolled back.
    log.run("BEGIN; INSERT INTO t SELECT randomblob(3000) FROM t; INSERT INTO t SELECT x FROM t");
    const size_t before = log.bytes().size();
    log.run("ROLLBACK; INSERT INTO t VALUES (1)");
    CHECK(before > whole.size());
    CHECK(log.bytes().size() == before);
    CHECK(!find_damage(log.bytes()));
    log.run("PRAGMA wal_checkpoint(RESTART); INSERT INTO t VALUES (2)");
    CHECK(log.bytes().size() == before);
    CHECK(!find_damage(log.bytes()));
}

TEST_CASE("every flipped bit of a log that holds commits is damage") {
    const MadeLog log(3);
    std::string bytes = log.bytes();
    const size_t last_frame = bytes.size() - 4096 - 24;
    for (size_t at = 0; at < bytes.size(); ++at) {
        // The mark of the last commit and its round: without them it looks like an older frame.
        if (at >= last_frame + 4 && at < last_frame + 16) continue;
        bytes[at] = static_cast<char>(bytes[at] ^ 1 << at % 8);
        CAPTURE(at);
        REQUIRE(find_damage(bytes).has_value());
        bytes[at] = static_cast<char>(bytes[at] ^ 1 << at % 8);
    }
    CHECK(!find_damage(bytes));
}

}  // namespace
}  // namespace rondo::store
