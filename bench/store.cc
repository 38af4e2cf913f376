// Small durable writes without HTTP: threads that set a tag of a run, one after the other, each
// write waiting for its commit. Prints writes, seconds, and microseconds of CPU of this process.
//   bench_store URL THREADS SECONDS grouped    through store::Database
//   bench_store PATH THREADS SECONDS single    SQLite alone: the same statements, a transaction
//   each
#include <sqlite3.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/env.h"
#include "domain/schema/migrations.h"
#include "platform/store/database.h"

using namespace rondo;

namespace {

// The statements of MLflow's runs/set-tag (domain/tracking).
constexpr const char* kSelect =
    "SELECT r.id, r.experiment_id, r.deleted, e.deleted FROM runs r "
    "JOIN experiments e ON e.id = r.experiment_id "
    "WHERE r.run_id = $1 AND e.workspace_id = $2";
constexpr const char* kUpsert =
    "INSERT INTO run_tags (run, key, value) VALUES ($1, $2, $3) "
    "ON CONFLICT (run, key) DO UPDATE SET value = excluded.value";

std::string run_name(int i) { return "bench" + std::to_string(i); }

Status make_runs(store::Database& db, int count) {
    return db.write_now(store::Durability::full, [&](store::Tx& tx) -> Status {
        TRY_ASSIGN(const auto experiment,
                   tx.one<int64_t>("INSERT INTO experiments (workspace_id, name, "
                                   "artifact_location, deleted, created_ms, updated_ms) "
                                   "VALUES (1, $1, '', 0, 0, 0) RETURNING id",
                                   "bench_store"));
        for (int i = 0; i < count; ++i) {
            TRY(
                tx.exec("INSERT INTO runs (run_id, experiment_id, name, user_id, status, start_ms, "
                        "deleted, artifact_uri) VALUES ($1, $2, '', '', 'RUNNING', 0, 0, '')",
                        run_name(i), *experiment));
        }
        return ok();
    });
}

// One write of thread `i`; the text differs each time.
Status write_once(store::Database& db, int i, int64_t n) {
    return db.write_now(store::Durability::full, [&](store::Tx& tx) -> Status {
        TRY_ASSIGN(const auto run, (tx.one<int64_t, int64_t, bool, bool>(kSelect, run_name(i), 1)));
        if (!run) return fail(Code::not_found, "the run is gone");
        return tx.put(kUpsert, std::get<0>(*run), "progress", "step " + std::to_string(n));
    });
}

// The same by hand: BEGIN IMMEDIATE, two statements, COMMIT, with synchronous=FULL.
class Single {
  public:
    explicit Single(const char* path) {
        sqlite3_open(path, &db_);
        sqlite3_exec(db_, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL", nullptr, nullptr,
                     nullptr);
        select_ = prepared(kSelect);
        upsert_ = prepared(kUpsert);
        begin_ = prepared("BEGIN IMMEDIATE");
        commit_ = prepared("COMMIT");
    }
    bool write(int i, int64_t n) {
        const std::lock_guard lock(mutex_);
        const std::string run = run_name(i), value = "step " + std::to_string(n);
        if (!step(begin_)) return false;
        sqlite3_bind_text(select_, 1, run.c_str(), -1, SQLITE_STATIC);
        sqlite3_bind_int64(select_, 2, 1);
        if (sqlite3_step(select_) != SQLITE_ROW) return false;
        sqlite3_bind_int64(upsert_, 1, sqlite3_column_int64(select_, 0));
        sqlite3_bind_text(upsert_, 2, "progress", -1, SQLITE_STATIC);
        sqlite3_bind_text(upsert_, 3, value.c_str(), -1, SQLITE_STATIC);
        const bool good = step(upsert_);
        sqlite3_reset(select_);
        return good && step(commit_);
    }

  private:
    sqlite3_stmt* prepared(const char* sql) {
        sqlite3_stmt* statement = nullptr;
        sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
        return statement;
    }
    static bool step(sqlite3_stmt* statement) {
        const int code = sqlite3_step(statement);
        sqlite3_reset(statement);
        return code == SQLITE_DONE;
    }
    std::mutex mutex_;  // one connection: who waits here waits for the file's lock elsewhere
    sqlite3* db_ = nullptr;
    sqlite3_stmt *select_ = nullptr, *upsert_ = nullptr, *begin_ = nullptr, *commit_ = nullptr;
};

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5) return 2;
    const std::string where = argv[1], how = argv[4];
    const int threads = std::atoi(argv[2]);
    const std::chrono::duration<double> lasts(std::atof(argv[3]));
    auto opened = store::Database::open(system_env(), how == "single" ? "sqlite:" + where : where,
                                        migrations());
    Status made = opened ? make_runs(**opened, threads) : std::unexpected(opened.error());
    if (!made) {
        std::fprintf(stderr, "%s\n", made.error().message.c_str());
        return 1;
    }
    std::optional<Single> single;
    if (how == "single") {
        opened->reset();
        single.emplace(where.c_str());
    }
    std::atomic<int64_t> written{0}, failed{0};
    const auto begun = std::chrono::steady_clock::now();
    const double cpu_begun = cpu_seconds();
    std::vector<std::thread> pool;
    for (int i = 0; i < threads; ++i) {
        pool.emplace_back([&, i] {
            for (int64_t n = 0; std::chrono::steady_clock::now() - begun < lasts; ++n) {
                const bool good =
                    single ? single->write(i, n) : write_once(**opened, i, n).has_value();
                (good ? written : failed).fetch_add(1);
            }
        });
    }
    for (std::thread& thread : pool) thread.join();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    std::printf("%ld %.6f %.1f %ld", written.load(), took.count(),
                (cpu_seconds() - cpu_begun) * 1e6 / static_cast<double>(written.load()),
                failed.load());
    if (!single) {
        const auto health = (*opened)->health();
        std::printf(" %lu %lu", health.groups, health.retries);
    }
    std::printf("\n");
    return failed.load() == 0 ? 0 : 1;
}
