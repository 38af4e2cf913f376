#include "app/backup/references.h"
#include "app/doctor/checks.h"
#include "base/text.h"
#include "domain/schema/migrations.h"

namespace rondo::app {
namespace {

using store::Row;
using store::Snapshot;

// Clocks of two machines may differ by this much before anybody needs to know.
constexpr Micros kClockTolerance{60'000'000};
constexpr Micros kStuck = std::chrono::hours{24};
constexpr int kOldestPostgres = 150'000;

Status check_schema_of(Snapshot& db, Findings& out) {
    TRY_ASSIGN(const auto applied, store::applied_migrations(db));
    if (applied.empty()) {
        out.note("schema", "schema", "the database is empty; a server's first start fills it");
        return fail(Code::not_found, "");
    }
    if (const Status known = store::check_schema(applied, migrations()); !known) {
        out.problem("schema", "schema", known.error().message,
                    "use the program that the server runs, or a newer one");
        return fail(Code::not_found, "");
    }
    const std::string number = std::to_string(applied.back().number);
    if (applied.back().number < migrations().back().number)
        out.note(
            "schema", "schema",
            number + " is older than this program's " + std::to_string(migrations().back().number),
            "the next start of this program brings it up to date, after a backup");
    else
        out.good("schema", "schema", number);
    return ok();
}

Status check_sqlite(Snapshot& db, Findings& out) {
    TRY_ASSIGN(const auto lines, db.tx().all<std::string>("PRAGMA quick_check(10)"));
    for (const std::string& line : lines) {
        if (line == "ok")
            out.good("integrity", "database file", "whole");
        else
            out.problem("integrity", "database file", line,
                        "stop the server and restore a backup; keep the damaged file");
    }
    return ok();
}

Status check_postgres(Env& env, Snapshot& db, Findings& out) {
    const auto setting = [&](const char* name) -> Result<std::string> {
        TRY_ASSIGN(const auto value, db.tx().one<std::string>("SELECT current_setting($1)", name));
        return value.value_or("");
    };
    TRY_ASSIGN(const std::string version, setting("server_version"));
    TRY_ASSIGN(const std::string number, setting("server_version_num"));
    if (parse_int(number).value_or(0) < kOldestPostgres)
        out.problem("postgres-version", "PostgreSQL", "version " + version,
                    "Rondo is tested with 15 and newer: upgrade it");
    else
        out.good("postgres-version", "PostgreSQL", "version " + version);
    for (const char* name : {"fsync", "full_page_writes"}) {
        TRY_ASSIGN(const std::string value, setting(name));
        if (value != "on")
            out.problem("postgres-durability", "PostgreSQL",
                        std::string(name) + " is " + value + ": a power cut can destroy everything",
                        "set " + std::string(name) + " = on in postgresql.conf and reload");
    }
    TRY_ASSIGN(const auto standby,
               db.tx().one<int64_t>("SELECT CASE WHEN pg_is_in_recovery() THEN 1 ELSE 0 END"));
    if (standby.value_or(0) != 0)
        out.problem("postgres-standby", "PostgreSQL", "this is a standby: it takes no writes",
                    "name the primary in --database");
    TRY_ASSIGN(const auto there,
               db.tx().one<int64_t>(
                   "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)"));
    const Micros apart{to_micros(env.now()) - there.value_or(0)};
    if (std::chrono::abs(apart) > kClockTolerance)
        out.problem("clock", "clock",
                    "this machine and PostgreSQL differ by " +
                        std::to_string(std::chrono::abs(apart).count() / 1'000'000) + " s",
                    "set the clocks, and keep them by NTP: leases and event times rely on them");
    return ok();
}

// The server's own clock leaves its marks in the rows: none may lie in the future.
Status check_times(Env& env, Snapshot& db, Findings& out) {
    TRY_ASSIGN(const auto newest,
               db.tx().one<std::optional<int64_t>>("SELECT max(recorded_at) FROM events"));
    if (!newest || !*newest) return ok();
    const Micros ahead{**newest - to_micros(env.now())};
    if (ahead > kClockTolerance)
        out.problem("clock", "clock",
                    "the newest event was recorded " + std::to_string(ahead.count() / 1'000'000) +
                        " s in the future: a clock was ahead, or this one is behind",
                    "set the clock, and keep it by NTP");
    else
        out.good("clock", "clock", "nothing lies in the future");
    return ok();
}

Status check_work(Env& env, Snapshot& db, Findings& out) {
    const int64_t now = to_micros(env.now());
    TRY(db.tx().each(
        "SELECT id, state FROM pipeline_runs WHERE ended_at IS NULL AND created_at < $1 "
        "ORDER BY id LIMIT 20",
        [&](const Row& row) {
            const std::string id = std::to_string(row.integer(0));
            out.problem("pipeline-stuck", "pipeline run " + id,
                        std::string(row.text(1)) + " for more than a day",
                        "`rondo run show " + id + "` says what it does; `rondo run cancel " + id +
                            "` ends it");
            return true;
        },
        now - kStuck.count()));
    // Jobs that one server at a time does. Whether its owner lives is the running servers' to say.
    TRY(db.tx().each("SELECT name, owner FROM leases ORDER BY name LIMIT 100", [&](const Row& row) {
        const std::string what = "lease " + std::string(row.text(0));
        if (row.text(1).empty())
            out.note("lease", what, "held by nobody");
        else
            out.good("lease", what, "held by " + std::string(row.text(1)));
        return true;
    }));
    return ok();
}

Status look(Env& env, Snapshot& db, Findings& out) {
    if (db.engine() == "sqlite")
        TRY(check_sqlite(db, out));
    else
        TRY(check_postgres(env, db, out));
    if (!check_schema_of(db, out)) return ok();
    TRY(check_times(env, db, out));
    TRY(check_work(env, db, out));
    TRY_ASSIGN(const auto applied, store::applied_migrations(db));
    if (applied.back().number < kCollectionSchema) return ok();
    return check_collection(env, db, out);
}

}  // namespace

void check_database(Env& env, const std::string& url, Findings& out) {
    const auto db = Snapshot::open(url);
    if (!db && db.error().code == Code::not_found) {
        out.note("database", "database", db.error().message);
        return;
    }
    const Status looked = db ? look(env, **db, out) : Status(std::unexpected(db.error()));
    if (!looked)
        out.problem("database", "database", looked.error().message,
                    "check that it runs and can be reached from here, and what --database says");
    else
        out.good("database", "database", (*db)->engine());
}

}  // namespace rondo::app
