// SQLite: one writer thread with group commit, a few readers, a thread for checkpoints.
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "base/check.h"
#include "base/log.h"
#include "platform/store/bulk.h"
#include "platform/store/engines.h"
#include "platform/store/sqlite_connection.h"
#include "platform/store/wal.h"

namespace rondo::store {
namespace {

// More waiting writes than this and the disk is not keeping up: callers are told to come back.
constexpr size_t kMaxQueuedWrites = 8192;
constexpr size_t kMaxQueuedReads = 8192;
// Members of one group. Bounds how long the first member waits for the last.
constexpr size_t kMaxGroup = 512;
constexpr int kReaders = 2;
// Reads of one snapshot, and how old it may get before the next read has one of its own: as long
// as it lasts the write-ahead log cannot begin anew.
constexpr int kMaxReadsOfSnapshot = 64;
constexpr std::chrono::milliseconds kSnapshotAge{5};
// Pages in the write-ahead log before a checkpoint is asked for (4 KiB each). A page that many
// writes changed is copied to the database once in a checkpoint: with 1,000 a third of the CPU of a
// stream of small writes went there.
constexpr int kCheckpointPages = 4000;

constexpr Words kWords{.id = "INTEGER PRIMARY KEY AUTOINCREMENT",
                       .blob = "BLOB",
                       .real = "REAL",
                       .text = "TEXT",
                       .without_rowid = "WITHOUT ROWID"};

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
            uint64_t last = 0;  // of the reads that were queued before the snapshot
            {
                std::unique_lock lock(mutex_);
                read_ready_.wait(lock, [&] { return stopping_ || !reads_.empty(); });
                if (reads_.empty()) return;
                last = taken_reads_ + reads_.size();
                job = take_read();
                // For the rest, should this read take long.
                if (!reads_.empty()) read_ready_.notify_one();
            }
            read_snapshot(connection, std::move(job), last);
        }
    }

    // Runs a read in a snapshot, and the following ones that were queued before it: those may see
    // it, as it holds all that was written before they were asked for. The other readers take from
    // the same queue, so that no read waits for one that another thread could do.
    void read_snapshot(Connection& connection, Job job, uint64_t last) {
        const auto begun = std::chrono::steady_clock::now();
        Status begin = ok();
        if (const auto done = connection.exec("BEGIN"); !done) begin = fail(done.error());
        for (int count = 1;; ++count) {
            Status status = begin;
            if (begin) {
                connection.begin_limit();
                status = job.run(connection);
                connection.end_limit();
            }
            connection.calls().clear();
            const bool old = std::chrono::steady_clock::now() - begun > kSnapshotAge;
            std::optional<Job> next;
            {
                const std::lock_guard lock(mutex_);
                ++read_transactions_;
                if (count < kMaxReadsOfSnapshot && !old && connection.in_transaction() &&
                    !reads_.empty() && taken_reads_ < last)
                    next = take_read();
            }
            if (!next && connection.in_transaction()) (void)connection.exec("COMMIT");
            if (!next && connection.in_transaction()) (void)connection.script("ROLLBACK");
            job.done(std::move(status));
            if (!next) return;
            job = std::move(*next);
        }
    }

    // Holds mutex_; there is one.
    Job take_read() {
        Job job = std::move(reads_.front());
        reads_.pop_front();
        ++taken_reads_;
        return job;
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
    uint64_t taken_reads_ = 0;
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

}  // namespace rondo::store
