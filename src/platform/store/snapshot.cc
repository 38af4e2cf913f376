#include "platform/store/snapshot.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <set>

#include "base/bytes.h"
#include "base/check.h"
#include "base/text.h"
#include "platform/store/bulk.h"
#include "platform/store/engines.h"

namespace rondo::store {
namespace {

constexpr std::array<std::string_view, 4> kKinds{"integer", "real", "text", "blob"};
// What a dump hands on at once, and what a loader keeps before it inserts.
constexpr size_t kPieceBytes = 1 << 20;
constexpr size_t kWaitingRows = 1024;

bool is_sqlite(std::string_view engine) { return engine == "sqlite"; }

// A column's type as the engine names it.
Result<ColumnKind> kind_of_type(const std::string& table, const std::string& column,
                                const std::string& type) {
    const std::string name = to_lower(type);
    if (name == "integer" || name == "bigint") return ColumnKind::integer;
    if (name == "real" || name == "double precision") return ColumnKind::real;
    if (name == "text") return ColumnKind::text;
    if (name == "blob" || name == "bytea") return ColumnKind::blob;
    return fail(Code::unsupported, "column " + table + "." + column + " has the type " +
                                       quoted(type) + ", which no migration of ours makes");
}

std::vector<std::string> names_in(std::span<const Migration> migrations) {
    constexpr std::string_view kCreate = "CREATE TABLE ";
    std::vector<std::string> names;
    for (const Migration& m : migrations) {
        for (const std::string& statement : statements_of(m.sql)) {
            if (!statement.starts_with(kCreate)) continue;
            const std::string_view rest = std::string_view(statement).substr(kCreate.size());
            names.emplace_back(trim(rest.substr(0, rest.find_first_of(" ("))));
        }
    }
    return names;
}

Result<Table> describe(Snapshot& snapshot, const std::string& name) {
    const bool sqlite = is_sqlite(snapshot.engine());
    Table table{name, {}, {}};
    // Columns in their order, with their place in the primary key (0: not in it).
    constexpr std::string_view kSqlite =
        "SELECT name, type, pk FROM pragma_table_info($1) ORDER BY cid";
    constexpr std::string_view kPostgres =
        "SELECT c.column_name, c.data_type, coalesce((SELECT k.ordinal_position "
        "FROM information_schema.table_constraints t JOIN information_schema.key_column_usage k "
        "ON k.constraint_name = t.constraint_name AND k.table_schema = t.table_schema "
        "AND k.table_name = t.table_name WHERE t.constraint_type = 'PRIMARY KEY' "
        "AND t.table_schema = current_schema() AND t.table_name = $1 "
        "AND k.column_name = c.column_name), 0) FROM information_schema.columns c "
        "WHERE c.table_schema = current_schema() AND c.table_name = $1 ORDER BY c.ordinal_position";
    TRY_ASSIGN(const auto columns, (snapshot.tx().all<std::string, std::string, int64_t>(
                                       sqlite ? kSqlite : kPostgres, name)));
    std::vector<std::pair<int64_t, std::string>> key;
    for (const auto& [column, type, place] : columns) {
        TRY_ASSIGN(const ColumnKind kind, kind_of_type(name, column, type));
        table.columns.push_back({column, kind});
        if (place > 0) key.emplace_back(place, column);
    }
    std::sort(key.begin(), key.end());
    for (auto& [place, column] : key) table.key.push_back(std::move(column));
    if (table.key.empty())
        return fail(Code::internal, "the table '" + name + "' has no primary key to order it by");
    return table;
}

std::string joined(const Table& table) {
    std::string out;
    for (const Column& column : table.columns) out += (out.empty() ? "" : ", ") + column.name;
    return out;
}

void append_hex(std::string& out, std::string_view bytes) {
    out += "{\"hex\":\"" + to_hex(bytes) + "\"}";
}

void append_cell(std::string& out, const Row& row, int column, ColumnKind kind) {
    if (row.is_null(column)) {
        out += "null";
        return;
    }
    switch (kind) {
        case ColumnKind::integer:
            out += std::to_string(row.integer(column));
            break;
        case ColumnKind::real: {
            // SQLite keeps no sign of a zero.
            const double value = row.real(column);
            append_json_double(out, value == 0 ? 0.0 : value);
            break;
        }
        case ColumnKind::text:
            if (const std::string_view text = row.text(column); is_storable_text(text))
                append_json_string(out, text);
            else
                append_hex(out, text);
            break;
        case ColumnKind::blob:
            append_hex(out, row.blob(column));
            break;
    }
}

// The cell as it is bound; `kept` holds bytes that the document has in another form.
Result<Arg> to_bound(const json::Value& cell, ColumnKind kind, std::deque<std::string>& kept) {
    if (cell.is_null()) return Arg{};
    if (const json::Value& hex = cell["hex"]; hex.is_text()) {
        TRY_ASSIGN(std::string bytes, from_hex(hex.text()));
        kept.push_back(std::move(bytes));
        return kind == ColumnKind::blob ? to_arg(Blob{kept.back()}) : to_arg(kept.back());
    }
    switch (kind) {
        case ColumnKind::integer:
            if (cell.is_int()) return to_arg(cell.integer());
            break;
        case ColumnKind::real:
            if (cell.is_number()) return to_arg(cell.number());
            if (const auto number = parse_double(cell.text())) return to_arg(*number);
            if (cell.text() == "Infinity") return to_arg(HUGE_VAL);
            if (cell.text() == "-Infinity") return to_arg(-HUGE_VAL);
            break;
        case ColumnKind::text:
            if (cell.is_text()) return to_arg(cell.text());
            break;
        case ColumnKind::blob:
            break;
    }
    return fail(Code::invalid, "a cell is no " + std::string(name_of(kind)));
}

}  // namespace

namespace {

Result<std::unique_ptr<Snapshot>> open_of(const std::string& url, Owner owner) {
    constexpr std::string_view kSqlite = "sqlite:";
    if (!url.starts_with(kSqlite)) {
        if (!url.starts_with("postgresql://") && !url.starts_with("postgres://"))
            return fail(Code::invalid, "the database has to be sqlite:PATH or postgresql://...");
        return open_postgres_snapshot(url);
    }
    const std::string path = url.substr(kSqlite.size());
    if (::access(path.c_str(), F_OK) != 0)
        return fail(Code::not_found, "there is no database '" + path + "'");
    return open_sqlite_snapshot(path, owner);
}

}  // namespace

Result<std::unique_ptr<Snapshot>> Snapshot::open(const std::string& url) {
    return open_of(url, Owner::us);
}
Result<std::unique_ptr<Snapshot>> Snapshot::open_foreign(const std::string& url) {
    return open_of(url, Owner::others);
}

std::string_view name_of(ColumnKind kind) { return kKinds[static_cast<size_t>(kind)]; }

Result<ColumnKind> parse_column_kind(std::string_view name) {
    const auto found = std::find(kKinds.begin(), kKinds.end(), name);
    if (found == kKinds.end()) return fail(Code::invalid, quoted(name) + " is no kind of column");
    return static_cast<ColumnKind>(found - kKinds.begin());
}

Result<std::vector<AppliedMigration>> applied_migrations(Snapshot& snapshot) {
    std::vector<AppliedMigration> out;
    TRY_ASSIGN(const auto exists,
               snapshot.tx().one<int64_t>(is_sqlite(snapshot.engine())
                                              ? "SELECT 1 FROM sqlite_master WHERE type = 'table' "
                                                "AND name = 'schema_migrations'"
                                              : "SELECT 1 FROM information_schema.tables WHERE "
                                                "table_schema = current_schema() AND "
                                                "table_name = 'schema_migrations'"));
    if (!exists) return out;
    TRY(snapshot.tx().each(
        "SELECT number, name, checksum, applied_at FROM schema_migrations ORDER BY number",
        [&](const Row& row) {
            out.push_back({row.integer(0), std::string(row.text(1)), std::string(row.text(2)),
                           row.integer(3)});
            return true;
        }));
    return out;
}

Result<std::vector<Table>> tables_of(Snapshot& snapshot, std::span<const Migration> migrations) {
    TRY_ASSIGN(const auto there,
               snapshot.tx().all<std::string>(
                   is_sqlite(snapshot.engine())
                       ? "SELECT name FROM sqlite_master WHERE type = 'table' AND "
                         "name NOT LIKE 'sqlite!_%' ESCAPE '!' AND name <> 'schema_migrations'"
                       : "SELECT table_name FROM information_schema.tables WHERE table_schema = "
                         "current_schema() AND table_type = 'BASE TABLE' AND "
                         "table_name <> 'schema_migrations'"));
    std::set<std::string> left(there.begin(), there.end());
    std::vector<Table> tables;
    for (const std::string& name : names_in(migrations)) {
        if (left.erase(name) == 0) continue;
        TRY_ASSIGN(Table table, describe(snapshot, name));
        tables.push_back(std::move(table));
    }
    // PostgreSQL's database may hold tables of others; SQLite's file is ours alone.
    if (is_sqlite(snapshot.engine()) && !left.empty())
        return fail(Code::internal, "the table '" + *left.begin() +
                                        "' of the database is in no migration of this program");
    return tables;
}

Result<int64_t> last_id(Snapshot& snapshot, const Table& table) {
    if (is_sqlite(snapshot.engine())) {
        TRY_ASSIGN(const auto last,
                   snapshot.tx().one<int64_t>("SELECT seq FROM sqlite_sequence WHERE name = $1",
                                              table.name));
        return last.value_or(0);
    }
    const bool has_id = std::any_of(table.columns.begin(), table.columns.end(),
                                    [](const Column& c) { return c.name == "id"; });
    if (!has_id) return 0;
    TRY_ASSIGN(const auto sequence, snapshot.tx().one<std::optional<std::string>>(
                                        "SELECT pg_get_serial_sequence($1, 'id')", table.name));
    if (!sequence || !*sequence) return 0;
    TRY_ASSIGN(const auto last,
               snapshot.tx().one<int64_t>(
                   "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM " + **sequence));
    return last.value_or(0);
}

Status set_last_id(Tx& tx, std::string_view engine, const Table& table, int64_t last) {
    if (last == 0) return ok();
    if (is_sqlite(engine)) {
        TRY_ASSIGN(const int64_t changed, tx.exec("UPDATE sqlite_sequence SET seq = $1 "
                                                  "WHERE name = $2",
                                                  last, table.name));
        if (changed == 0)
            TRY(tx.exec("INSERT INTO sqlite_sequence (name, seq) VALUES ($1, $2)", table.name,
                        last));
        return ok();
    }
    TRY(tx.one<int64_t>("SELECT setval(pg_get_serial_sequence($1, 'id'), $2)", table.name, last));
    return ok();
}

Status raise_last_id(Tx& tx, std::string_view engine, const std::string& table, int64_t last) {
    if (last <= 0 || is_sqlite(engine)) return ok();  // SQLite has seen the rows itself
    TRY(tx.one<int64_t>(
        "SELECT setval(pg_get_serial_sequence($1, 'id'), greatest(CAST($2 AS BIGINT), coalesce("
        "pg_sequence_last_value(CAST(pg_get_serial_sequence($1, 'id') AS regclass)), 0)))",
        table, last));
    return ok();
}

Result<int64_t> dump_rows(Snapshot& snapshot, const Table& table,
                          const std::function<Status(std::string_view lines)>& sink) {
    std::string order;
    for (const std::string& column : table.key) order += (order.empty() ? "" : ", ") + column;
    std::string lines;
    int64_t rows = 0;
    Status handed = ok();
    TRY(snapshot.stream("SELECT " + joined(table) + " FROM " + table.name + " ORDER BY " + order,
                        [&](const Row& row) {
                            for (size_t i = 0; i < table.columns.size(); ++i) {
                                lines += i == 0 ? '[' : ',';
                                append_cell(lines, row, static_cast<int>(i), table.columns[i].kind);
                            }
                            lines += "]\n";
                            ++rows;
                            if (lines.size() < kPieceBytes) return true;
                            handed = sink(lines);
                            lines.clear();
                            return handed.has_value();
                        }));
    TRY(handed);
    if (!lines.empty()) TRY(sink(lines));
    return rows;
}

RowLoader::RowLoader(Tx& tx, const Table& table)
    : tx_(tx),
      table_(table),
      head_("INSERT INTO " + table.name + " (" + joined(table) + ") VALUES ") {}

Status RowLoader::add(std::string_view line) {
    TRY_ASSIGN(json::Value row, json::Value::parse(line));
    if (row.list().size() != table_.columns.size())
        return fail(Code::invalid, "a row of " + table_.name + " has another number of cells");
    waiting_.push_back(std::move(row));
    waiting_bytes_ += line.size();
    ++rows_;
    if (waiting_.size() < kWaitingRows && waiting_bytes_ < kPieceBytes) return ok();
    return finish();
}

Status RowLoader::finish() {
    if (waiting_.empty()) return ok();
    Rows rows(table_.columns.size());
    std::deque<std::string> kept;
    for (const json::Value& row : waiting_) {
        for (size_t i = 0; i < table_.columns.size(); ++i) {
            auto bound = to_bound(row.list()[i], table_.columns[i].kind, kept);
            if (!bound)
                return fail(Code::invalid, table_.name + "." + table_.columns[i].name + ": " +
                                               bound.error().message);
            rows.add_bound(*bound);
        }
    }
    TRY(insert_many(tx_, head_, rows, ""));
    waiting_.clear();
    waiting_bytes_ = 0;
    return ok();
}

}  // namespace rondo::store
