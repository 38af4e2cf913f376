// SQLite: one writer thread with group commit, a few readers, a thread for checkpoints.
#include <sqlite3.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "base/check.h"
#include "base/log.h"
#include "platform/store/bulk.h"
#include "platform/store/engines.h"
#include "platform/store/snapshot.h"
#include "platform/store/wal.h"

namespace rondo::store {
namespace {

using Clock = std::chrono::steady_clock;

// More waiting writes than this and the disk is not keeping up: callers are told to come back.
constexpr size_t kMaxQueuedWrites = 8192;
constexpr size_t kMaxQueuedReads = 8192;
// Members of one group. Bounds how long the first member waits for the last.
constexpr size_t kMaxGroup = 512;
constexpr int kReaders = 2;
// Dynamic SQL (searches) makes new texts; beyond this many the idle ones are dropped.
constexpr size_t kMaxStatements = 256;
// A transaction that takes longer is ended; PostgreSQL's has the same limit.
constexpr std::chrono::seconds kTransactionLimit{10};
// Steps of SQLite's machine between two looks at the clock: well under a millisecond.
constexpr int kStepsBetweenLooks = 10'000;
// Pages in the write-ahead log before a checkpoint is asked for (4 KiB each).
constexpr int kCheckpointPages = 1000;

constexpr Words kWords{.id = "INTEGER PRIMARY KEY AUTOINCREMENT",
                       .blob = "BLOB",
                       .real = "REAL",
                       .text = "TEXT",
                       .without_rowid = "WITHOUT ROWID"};

Error to_error(sqlite3* db, int code, std::string_view doing) {
    const std::string text =
        std::string(doing) + ": " + (db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code));
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
            return {Code::internal,
                    "the database file '" + std::string(sqlite3_db_filename(db, "main")) +
                        "' is damaged (" + sqlite3_errmsg(db) + "); restore a backup"};
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
                return Clock::now() > static_cast<Connection*>(self)->deadline_ ? 1 : 0;
            },
            this);
    }
    void begin_limit() { deadline_ = Clock::now() + kTransactionLimit; }
    void end_limit() { deadline_ = Clock::time_point::max(); }

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
    Clock::time_point deadline_ = Clock::time_point::max();
    // Keyed by the text itself: the callers' literals are few and stable.
    std::unordered_map<std::string, sqlite3_stmt*, TextHash, std::equal_to<>> statements_;
    std::vector<std::move_only_function<void()>> calls_;
    bool wrote_ = false;
};

class SqliteDatabase final : public Database {
  public:
    SqliteDatabase(std::unique_ptr<Connection> writer,
                   std::vector<std::unique_ptr<Connection>> readers,
                   std::unique_ptr<Connection> checkpointer, int version)
        : writer_(std::move(writer)),
          readers_(std::move(readers)),
          checkpointer_(std::move(checkpointer)),
          version_(version) {
        sqlite3_wal_hook(
            writer_->handle(),
            [](void* self, sqlite3*, const char*, int pages) {
                static_cast<SqliteDatabase*>(self)->wal_grew(pages);
                return SQLITE_OK;
            },
            this);
        writer_->bound_transactions();
        for (auto& reader : readers_) reader->bound_transactions();
        threads_.emplace_back([this] { write_loop(); });
        for (auto& reader : readers_)
            threads_.emplace_back([this, &reader] { read_loop(*reader); });
        threads_.emplace_back([this] { checkpoint_loop(); });
    }
    ~SqliteDatabase() override { stop(); }

    void stop() override {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        write_ready_.notify_all();
        read_ready_.notify_all();
        checkpoint_ready_.notify_all();
        for (std::thread& thread : threads_) {
            if (thread.joinable()) thread.join();
        }
    }

    Health health() const override {
        const std::lock_guard lock(mutex_);
        return {.engine = "sqlite",
                .schema_version = version_,
                .queued_writes = writes_.size(),
                .groups = groups_,
                .grouped_writes = members_,
                .read_only_because = broken_,
                .queued_reads = reads_.size(),
                .reads = read_transactions_};
    }

  private:
    void submit(Access access, Job job) override {
        std::optional<Error> refused;
        {
            const std::lock_guard lock(mutex_);
            auto& queue = access == Access::write ? writes_ : reads_;
            const size_t limit = access == Access::write ? kMaxQueuedWrites : kMaxQueuedReads;
            if (stopping_)
                refused = Error{Code::unavailable, "the server is stopping"};
            else if (queue.size() >= limit)
                refused = Error{Code::unavailable, "the database has too much queued; retry soon"};
            else if (access == Access::write && !broken_.empty())
                refused = refuse_broken().error();
            else
                queue.push_back(std::move(job));
        }
        if (refused) {
            job.done(std::unexpected(std::move(*refused)));
            return;
        }
        (access == Access::write ? write_ready_ : read_ready_).notify_one();
    }

    // Holds mutex_.
    std::unexpected<Error> refuse_broken() const {
        return fail(Code::unavailable, "the database is read-only: " + broken_);
    }

    void write_loop() {
        std::vector<Job> group;
        while (true) {
            {
                std::unique_lock lock(mutex_);
                write_ready_.wait(lock, [&] { return stopping_ || !writes_.empty(); });
                if (writes_.empty()) return;
                while (!writes_.empty() && group.size() < kMaxGroup) {
                    group.push_back(std::move(writes_.front()));
                    writes_.pop_front();
                }
            }
            commit(group);
            group.clear();
        }
    }

    // Runs a group in one transaction and tells every member how it went.
    void commit(std::vector<Job>& group) {
        std::vector<Status> outcomes(group.size());
        writer_->calls().clear();
        Status whole = run_group(group, outcomes);
        const int code = sqlite3_extended_errcode(writer_->handle());
        if (!whole) {
            if (writer_->in_transaction()) (void)writer_->script("ROLLBACK");
            writer_->calls().clear();
        }
        {
            const std::lock_guard lock(mutex_);
            ++groups_;
            members_ += group.size();
            if (!whole && whole.error().code == Code::internal) note_broken(code, whole.error());
        }
        auto calls = std::move(writer_->calls());
        writer_->calls().clear();
        for (auto& call : calls) call();
        for (size_t i = 0; i < group.size(); ++i) {
            group[i].done(whole ? std::move(outcomes[i]) : std::unexpected(whole.error()));
        }
    }

    Status run_group(std::vector<Job>& group, std::vector<Status>& outcomes) {
        {
            const std::lock_guard lock(mutex_);  // what was queued before the disk failed
            if (!broken_.empty()) return refuse_broken();
        }
        Durability wanted = Durability::normal;
        for (const Job& job : group) wanted = std::max(wanted, job.durability);
        if (wanted != durability_) {
            TRY(writer_->script(wanted >= Durability::full ? "PRAGMA synchronous=FULL"
                                                           : "PRAGMA synchronous=NORMAL"));
            durability_ = wanted;
        }
        TRY(writer_->exec("BEGIN IMMEDIATE"));
        // A savepoint copies every page that its member changes, which costs more than the change.
        // So members go without at first; the group begins anew with them when one has to be
        // undone.
        TRY_ASSIGN(const bool good, run_members(group, outcomes, Undo::none));
        if (!good) {
            TRY(writer_->exec("ROLLBACK"));
            writer_->calls().clear();
            TRY(writer_->exec("BEGIN IMMEDIATE"));
            TRY(run_members(group, outcomes, Undo::member));
        }
        TRY(writer_->exec("COMMIT"));
        return ok();
    }

    enum class Undo : uint8_t { none, member };

    // False when a member failed whose writes cannot be undone without the others'.
    Result<bool> run_members(std::vector<Job>& group, std::vector<Status>& outcomes, Undo undo) {
        for (size_t i = 0; i < group.size(); ++i) {
            const size_t calls_before = writer_->calls().size();
            if (undo == Undo::member) {
                TRY(writer_->exec("SAVEPOINT member"));
            }
            (void)writer_->take_wrote();
            if (group[i].durability != Durability::load) writer_->begin_limit();
            outcomes[i] = group[i].run(*writer_);
            writer_->end_limit();
            if (!outcomes[i]) {
                // SQLITE_FULL, IOERR and NOMEM may have rolled the whole transaction back: then
                // no earlier member is safe either, and all of them fail with the reason.
                const Code code = outcomes[i].error().code;
                if (code == Code::storage_full || !writer_->in_transaction())
                    return std::unexpected(outcomes[i].error());
                writer_->calls().resize(calls_before);
                if (undo == Undo::member) {
                    TRY(writer_->exec("ROLLBACK TO member"));
                } else if (writer_->take_wrote()) {
                    return false;
                }
            }
            if (undo == Undo::member) {
                TRY(writer_->exec("RELEASE member"));
            }
        }
        return true;
    }

    // After a failed sync nobody knows what is on the disk: only a restart finds out. Holds mutex_.
    void note_broken(int code, const Error& error) {
        if (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC) {
            broken_ = error.message + "; restart the server";
            log::error("database is read-only", {{"because", broken_}});
        }
    }

    void read_loop(Connection& connection) {
        while (true) {
            Job job;
            {
                std::unique_lock lock(mutex_);
                read_ready_.wait(lock, [&] { return stopping_ || !reads_.empty(); });
                if (reads_.empty()) return;
                job = std::move(reads_.front());
                reads_.pop_front();
            }
            const auto run = [&]() -> Status {
                TRY(connection.exec("BEGIN"));
                connection.begin_limit();
                Status status = job.run(connection);
                connection.end_limit();
                TRY(connection.exec("COMMIT"));
                return status;
            };
            Status status = run();
            if (connection.in_transaction()) (void)connection.script("ROLLBACK");
            connection.calls().clear();
            {
                const std::lock_guard lock(mutex_);
                ++read_transactions_;
            }
            job.done(std::move(status));
        }
    }

    void wal_grew(int pages) {
        if (pages < kCheckpointPages) return;
        {
            const std::lock_guard lock(mutex_);
            checkpoint_wanted_ = true;
        }
        checkpoint_ready_.notify_one();
    }

    void checkpoint_loop() {
        while (true) {
            {
                std::unique_lock lock(mutex_);
                checkpoint_ready_.wait(lock, [&] { return stopping_ || checkpoint_wanted_; });
                if (stopping_) return;
                checkpoint_wanted_ = false;
            }
            int pages = 0, done = 0;
            const int code = sqlite3_wal_checkpoint_v2(checkpointer_->handle(), nullptr,
                                                       SQLITE_CHECKPOINT_PASSIVE, &pages, &done);
            if (code == SQLITE_OK || code == SQLITE_BUSY) continue;
            const Error error = to_error(checkpointer_->handle(), code, "checkpoint");
            log::warning("checkpoint failed", {{"error", error.message}});
            const std::lock_guard lock(mutex_);
            note_broken(sqlite3_extended_errcode(checkpointer_->handle()), error);
        }
    }

    std::unique_ptr<Connection> writer_;
    std::vector<std::unique_ptr<Connection>> readers_;
    std::unique_ptr<Connection> checkpointer_;
    const int version_;

    Durability durability_ = Durability::normal;  // of the writer's connection

    mutable std::mutex mutex_;  // guards all below
    std::condition_variable write_ready_, read_ready_, checkpoint_ready_;
    std::deque<Job> writes_, reads_;
    bool stopping_ = false;
    bool checkpoint_wanted_ = false;
    uint64_t groups_ = 0, members_ = 0, read_transactions_ = 0;
    std::string broken_;

    std::vector<std::thread> threads_;
};

constexpr std::string_view kTableExists =
    "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_migrations'";

// Brings the schema up to date; a database that already holds data is copied aside first.
Status prepare_schema(Env& env, const std::string& path, Connection& connection,
                      std::span<const Migration> migrations) {
    TRY_ASSIGN(const int version, schema_version(connection, kTableExists));
    if (version == migrations.back().number) {
        TRY(connection.exec("BEGIN"));
        const Status checked = migrate(connection, kWords, migrations, env.now());
        TRY(connection.exec("COMMIT"));
        return checked;
    }
    if (version > 0 && version < migrations.back().number) {
        const std::string backup =
            path + ".before-schema-" + std::to_string(migrations.back().number);
        // Under its name only when it is whole: a kill may have ended an earlier try.
        if (!env.files().exists(backup)) {
            const std::string part = backup + std::string(kTemporaryMark) + "backup";
            for (const std::string& left : {part, part + "-journal"}) {
                if (env.files().exists(left)) TRY(env.files().remove(left));
            }
            TRY(connection.exec("VACUUM INTO $1", part));
            TRY_ASSIGN(const auto file, env.files().open(part, FileSystem::Mode::append));
            TRY(file->sync());
            TRY(env.files().rename(part, backup));
            const size_t slash = backup.rfind('/');
            TRY(env.files().sync_directory(slash == std::string::npos ? "."
                                                                      : backup.substr(0, slash)));
        }
        log::info("backed up before migrating", {{"file", backup}});
    }
    TRY(connection.exec("BEGIN IMMEDIATE"));
    if (Status migrated = migrate(connection, kWords, migrations, env.now()); !migrated) {
        (void)connection.script("ROLLBACK");
        return migrated;
    }
    TRY(connection.exec("COMMIT"));
    return ok();
}

}  // namespace

Result<std::unique_ptr<Database>> open_sqlite(Env& env, const std::string& path,
                                              std::span<const Migration> migrations) {
    TRY_ASSIGN(const auto damage, check_write_ahead_log(env, path + "-wal"));
    if (damage) log::error(*damage);
    const int write_flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    TRY_ASSIGN(auto writer, Connection::open(path, write_flags));
    if (sqlite3_db_readonly(writer->handle(), "main") == 1)
        return fail(Code::permission_denied,
                    "the database '" + path +
                        "' may only be read by this user; give it to the server's user (chown, "
                        "chmod 600), or mount its file system for writing");
    // WAL is kept in the file; checkpoints are the checkpointer's business alone.
    TRY(
        writer->script("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0;"
                       "PRAGMA synchronous=NORMAL;"));
    TRY(prepare_schema(env, path, *writer, migrations));
    std::vector<std::unique_ptr<Connection>> readers;
    for (int i = 0; i < kReaders; ++i) {
        TRY_ASSIGN(auto reader, Connection::open(path, SQLITE_OPEN_READWRITE));
        TRY(reader->script("PRAGMA query_only=ON"));
        readers.push_back(std::move(reader));
    }
    TRY_ASSIGN(auto checkpointer, Connection::open(path, SQLITE_OPEN_READWRITE));
    return std::make_unique<SqliteDatabase>(std::move(writer), std::move(readers),
                                            std::move(checkpointer), migrations.back().number);
}

namespace {

class SqliteSnapshot final : public Snapshot {
  public:
    explicit SqliteSnapshot(std::unique_ptr<Connection> connection)
        : connection_(std::move(connection)) {}
    std::string engine() const override { return "sqlite"; }
    Tx& tx() override { return *connection_; }
    Status stream(std::string_view sql, const RowVisitor& visit) override {
        return connection_->each(sql, visit);
    }

  private:
    std::unique_ptr<Connection> connection_;
};

}  // namespace

Result<std::unique_ptr<Snapshot>> open_sqlite_snapshot(const std::string& path) {
    // Read-write without CREATE: a read-only connection could not make the shared-memory file that
    // readers of a write-ahead log need, and falls back by itself where it may not write.
    TRY_ASSIGN(auto connection, Connection::open(path, SQLITE_OPEN_READWRITE));
    TRY(connection->script("PRAGMA query_only=ON; BEGIN"));
    // The moment is the first read's.
    TRY(connection->one<int64_t>("SELECT count(*) FROM sqlite_master"));
    return std::make_unique<SqliteSnapshot>(std::move(connection));
}

}  // namespace rondo::store
