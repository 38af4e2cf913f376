// One connection to SQLite: a transaction's statements, prepared once. Used by one thread at a
// time; of the files of this folder only (sqlite.cc, sqlite_files.cc).
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/utf8.h"
#include "platform/store/bulk.h"
#include "platform/store/engines.h"

namespace rondo::store {

// Dynamic SQL (searches) makes new texts; beyond this many the idle ones are dropped.
inline constexpr size_t kMaxStatements = 256;
// A transaction that takes longer is ended; PostgreSQL's has the same limit.
inline constexpr std::chrono::seconds kTransactionLimit{10};
// Steps of SQLite's machine between two looks at the clock: well under a millisecond.
inline constexpr int kStepsBetweenLooks = 10'000;

inline Error to_error(sqlite3* db, int code, std::string_view doing) {
    // SQLite quotes the text of a damaged schema.
    const std::string said = as_utf8(db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code));
    const std::string text = std::string(doing) + ": " + said;
    switch (code & 0xff) {
        case SQLITE_FULL:
            return {Code::storage_full,
                    "the disk of the database is full; free some space, writing resumes by itself"};
        case SQLITE_CONSTRAINT:
            return {Code::already_exists, "a row like this exists already (" + text + ")"};
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return {Code::unavailable, "the database is busy (" + text + ")"};
        case SQLITE_READONLY:
        case SQLITE_CANTOPEN:
        case SQLITE_PERM:
            return {Code::permission_denied, "the database file: " + text};
        case SQLITE_NOTADB:
        case SQLITE_CORRUPT:
            return {Code::internal, "the database file '" +
                                        std::string(sqlite3_db_filename(db, "main")) +
                                        "' is damaged (" + said + "); restore a backup"};
        case SQLITE_INTERRUPT:
            return {Code::deadline_exceeded, "the query took too long"};
        default:
            return {Code::internal, "database: " + text};
    }
}

class SqliteRow final : public Row {
  public:
    explicit SqliteRow(sqlite3_stmt* statement) : statement_(statement) {}
    bool is_null(int column) const override {
        return sqlite3_column_type(statement_, column) == SQLITE_NULL;
    }
    int64_t integer(int column) const override { return sqlite3_column_int64(statement_, column); }
    double real(int column) const override { return sqlite3_column_double(statement_, column); }
    std::string_view text(int column) const override {
        const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
        return {bytes, static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
    }
    std::string_view blob(int column) const override {
        const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
        return {bytes, static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
    }

  private:
    sqlite3_stmt* statement_;
};

// One connection and its prepared statements. Used by one thread at a time.
class Connection final : public Tx {
  public:
    static Result<std::unique_ptr<Connection>> open(const std::string& path, int flags) {
        // Counting its memory takes a lock of the whole process for every piece, and nobody asks.
        [[maybe_unused]] static const int uncounted = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
        sqlite3* db = nullptr;
        const int code = sqlite3_open_v2(path.c_str(), &db, flags | SQLITE_OPEN_NOMUTEX, nullptr);
        auto connection = std::unique_ptr<Connection>(new Connection(db));
        if (code != SQLITE_OK) return fail(to_error(db, code, "cannot open '" + path + "'"));
        sqlite3_extended_result_codes(db, 1);
        sqlite3_busy_timeout(db, 5000);
        const Status set = connection->script(
            "PRAGMA foreign_keys=ON; PRAGMA case_sensitive_like=ON; PRAGMA cell_size_check=ON;"
            "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-8192;");
        if (!set) return fail(set.error().code, "'" + path + "': " + set.error().message);
        return connection;
    }
    ~Connection() override {
        for (auto& [sql, statement] : statements_) sqlite3_finalize(statement);
        sqlite3_close_v2(db_);
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // From now on statements are ended that run past the limit of their transaction.
    void bound_transactions() {
        sqlite3_progress_handler(
            db_, kStepsBetweenLooks,
            [](void* self) {
                return std::chrono::steady_clock::now() > static_cast<Connection*>(self)->deadline_
                           ? 1
                           : 0;
            },
            this);
    }
    void begin_limit() { deadline_ = std::chrono::steady_clock::now() + kTransactionLimit; }
    void end_limit() { deadline_ = std::chrono::steady_clock::time_point::max(); }

    Status script(const char* sql) {
        const int code = sqlite3_exec(db_, sql, nullptr, nullptr, nullptr);
        if (code != SQLITE_OK) return fail(to_error(db_, code, sql));
        return ok();
    }

    Result<int64_t> run(std::string_view sql, std::span<const Arg> args,
                        const RowVisitor* visit) override {
        TRY(check_storable(args));
        TRY_ASSIGN(sqlite3_stmt* const statement, prepare(sql));
        struct Reset {
            sqlite3_stmt* s;
            ~Reset() {
                sqlite3_reset(s);
                sqlite3_clear_bindings(s);
            }
        } reset{statement};
        CHECK(sqlite3_bind_parameter_count(statement) == static_cast<int>(args.size()),
              "the statement has another number of parameters: " + std::string(sql));
        if (sqlite3_stmt_readonly(statement) == 0) wrote_ = true;
        for (size_t i = 0; i < args.size(); ++i) bind(statement, static_cast<int>(i) + 1, args[i]);
        const SqliteRow row(statement);
        while (true) {
            const int code = sqlite3_step(statement);
            if (code == SQLITE_DONE) break;
            if (code != SQLITE_ROW) return fail(to_error(db_, code, sql));
            if (visit != nullptr && !(*visit)(row)) break;
        }
        return sqlite3_changes64(db_);
    }

    Result<int64_t> insert(std::string_view head, const Rows& rows,
                           std::string_view tail) override {
        return insert_values(*this, head, rows, tail);
    }

    void after_commit(std::move_only_function<void()> call) override {
        calls_.push_back(std::move(call));
    }

    // Whether something that could change the database ran since the last call.
    bool take_wrote() { return std::exchange(wrote_, false); }
    std::vector<std::move_only_function<void()>>& calls() { return calls_; }
    bool in_transaction() const { return sqlite3_get_autocommit(db_) == 0; }
    sqlite3* handle() { return db_; }

  private:
    explicit Connection(sqlite3* db) : db_(db) {}

    Result<sqlite3_stmt*> prepare(std::string_view sql) {
        if (const auto found = statements_.find(sql); found != statements_.end())
            return found->second;
        if (statements_.size() >= kMaxStatements) {
            for (auto& [text, statement] : statements_) sqlite3_finalize(statement);
            statements_.clear();
        }
        sqlite3_stmt* statement = nullptr;
        const int code = sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()),
                                            SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
        if (code != SQLITE_OK) return fail(to_error(db_, code, sql));
        statements_.emplace(std::string(sql), statement);
        return statement;
    }

    static void bind(sqlite3_stmt* statement, int index, const Arg& arg) {
        // SQLITE_STATIC: the argument outlives the step.
        if (const auto* integer = std::get_if<int64_t>(&arg)) {
            sqlite3_bind_int64(statement, index, *integer);
        } else if (const auto* real = std::get_if<double>(&arg)) {
            sqlite3_bind_double(statement, index, *real);
        } else if (const auto* text = std::get_if<std::string_view>(&arg)) {
            sqlite3_bind_text64(statement, index, text->data() == nullptr ? "" : text->data(),
                                text->size(), SQLITE_STATIC, SQLITE_UTF8);
        } else if (const auto* blob = std::get_if<Blob>(&arg)) {
            sqlite3_bind_blob64(statement, index,
                                blob->bytes.data() == nullptr ? "" : blob->bytes.data(),
                                blob->bytes.size(), SQLITE_STATIC);
        } else {
            sqlite3_bind_null(statement, index);
        }
    }

    sqlite3* db_;
    std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();
    // Keyed by the text itself: the callers' literals are few and stable.
    std::unordered_map<std::string, sqlite3_stmt*, TextHash, std::equal_to<>> statements_;
    std::vector<std::move_only_function<void()>> calls_;
    bool wrote_ = false;
};

}  // namespace rondo::store
