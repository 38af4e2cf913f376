// A database as it is at one moment, read from outside the server that owns it: nothing is created,
// migrated or locked, and writers go on. For backup, verification and diagnosis; one thread at a
// time. SQLite keeps its write-ahead log, PostgreSQL its old row versions while a snapshot is open.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "platform/json/value.h"
#include "platform/store/database.h"

namespace rondo::store {

class Snapshot {
  public:
    // url as for Database::open. The moment is taken before this returns. Code::not_found when
    // there is no database, Code::unavailable when it does not answer.
    static Result<std::unique_ptr<Snapshot>> open(const std::string& url);
    // The same of a database that is not ours. SQLite's file is opened for reading alone, and
    // nothing is made beside it; a writer that keeps no write-ahead log waits meanwhile.
    static Result<std::unique_ptr<Snapshot>> open_foreign(const std::string& url);
    virtual ~Snapshot() = default;

    virtual std::string engine() const = 0;  // "sqlite" or "postgresql"
    // For queries with few rows.
    virtual Tx& tx() = 0;
    // Rows of a query of any size: memory for some thousand of them at a time. One at a time.
    virtual Status stream(std::string_view sql, std::span<const Arg> args,
                          const RowVisitor& visit) = 0;
    Status stream(std::string_view sql, const RowVisitor& visit) { return stream(sql, {}, visit); }
};

// A SQLite database that is made in one go, in somebody else's form: everything that is done over
// tx() is one transaction. It gets its name with finish(), durable and whole; without it nothing
// stays. One thread.
class NewFile {
  public:
    // `script` makes the schema. Code::already_exists when there is something of that name.
    static Result<std::unique_ptr<NewFile>> create(Env& env, const std::string& path,
                                                   std::string_view script);
    virtual ~NewFile() = default;
    virtual Tx& tx() = 0;
    virtual Status finish() = 0;
};

enum class ColumnKind : uint8_t { integer, real, text, blob };
std::string_view name_of(ColumnKind kind);
Result<ColumnKind> parse_column_kind(std::string_view name);

struct Column {
    std::string name;
    ColumnKind kind;
};
struct Table {
    std::string name;
    std::vector<Column> columns;
    std::vector<std::string> key;  // of the rows' order
};

// A step of the schema as the database recorded it.
struct AppliedMigration {
    int64_t number = 0;
    std::string name, checksum;
    int64_t applied_at = 0;
};
// In order; empty when the database has no schema of ours.
Result<std::vector<AppliedMigration>> applied_migrations(Snapshot& snapshot);

// Refuses a schema that is newer than this program's, or made by other steps.
Status check_schema(std::span<const AppliedMigration> applied,
                    std::span<const Migration> migrations);

// The tables that the migrations make and the database has, in an order in which each follows what
// it refers to. Fails when SQLite's file holds a table that no migration names.
Result<std::vector<Table>> tables_of(Snapshot& snapshot, std::span<const Migration> migrations);

// The highest id ever given out by a table's column `id`; 0 when none was, or it has none.
Result<int64_t> last_id(Snapshot& snapshot, const Table& table);
// Ids above this one come next. In the transaction that loads the table.
Status set_last_id(Tx& tx, std::string_view engine, const Table& table, int64_t last);

// The same after rows came with ids of their own: never lowers what was given out.
Status raise_last_id(Tx& tx, std::string_view engine, const std::string& table, int64_t last);

// The rows of a table, one JSON list a line (docs/formats/backup.md), in the order of its key: the
// same rows give the same bytes on either engine. Returns how many there were.
Result<int64_t> dump_rows(Snapshot& snapshot, const Table& table,
                          const std::function<Status(std::string_view lines)>& sink);

// Inserts rows that dump_rows wrote. add() takes whole lines.
class RowLoader {
  public:
    RowLoader(Tx& tx, const Table& table);
    Status add(std::string_view line);
    Status finish();
    int64_t rows() const { return rows_; }

  private:
    Tx& tx_;
    const Table& table_;
    std::string head_;
    std::vector<json::Value> waiting_;
    size_t waiting_bytes_ = 0;
    int64_t rows_ = 0;
};

}  // namespace rondo::store
