#include <openssl/sha.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/check.h"
#include "base/text.h"
#include "platform/store/engines.h"
#include "platform/store/snapshot.h"

namespace rondo::store {
namespace {

std::string checksum(std::string_view text) {
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
    return to_hex({reinterpret_cast<const char*>(digest), sizeof digest});
}

}  // namespace

std::string spell(std::string_view sql, const Words& words) {
    std::string out;
    size_t pos = 0;
    while (true) {
        const size_t open = sql.find('{', pos);
        out += sql.substr(pos, open - pos);
        if (open == std::string_view::npos) return out;
        const size_t close = sql.find('}', open);
        CHECK(close != std::string_view::npos, "a migration has an open brace");
        const std::string_view word = sql.substr(open + 1, close - open - 1);
        if (word == "id")
            out += words.id;
        else if (word == "blob")
            out += words.blob;
        else if (word == "real")
            out += words.real;
        else if (word == "text")
            out += words.text;
        else if (word == "without_rowid")
            out += words.without_rowid;
        else
            CHECK(false, "a migration has an unknown word in braces");
        pos = close + 1;
    }
}

std::vector<std::string> statements_of(std::string_view script) {
    std::string bare;  // comments may hold semicolons
    for (const std::string_view line : split(script, '\n')) {
        bare += line.substr(0, line.find("--"));
        bare += '\n';
    }
    std::vector<std::string> out;
    for (const std::string_view part : split(bare, ';')) {
        if (const std::string_view statement = trim(part); !statement.empty())
            out.emplace_back(statement);
    }
    return out;
}

Result<int> schema_version(Tx& tx, std::string_view table_exists_sql) {
    TRY_ASSIGN(const auto exists, tx.one<int64_t>(table_exists_sql));
    if (!exists) return 0;
    TRY_ASSIGN(const auto version, tx.one<int64_t>("SELECT max(number) FROM schema_migrations"));
    return static_cast<int>(version.value_or(0));
}

Status check_schema(std::span<const AppliedMigration> applied,
                    std::span<const Migration> migrations) {
    for (const AppliedMigration& step : applied) {
        if (step.number > migrations.back().number)
            return fail(Code::conflict,
                        "the database has schema " + std::to_string(applied.back().number) +
                            ", this program knows " + std::to_string(migrations.back().number) +
                            "; start the newer program, or restore the backup made before it");
        const auto ours = std::find_if(migrations.begin(), migrations.end(),
                                       [&](const Migration& m) { return m.number == step.number; });
        if (ours == migrations.end() || checksum(ours->sql) != step.checksum)
            return fail(Code::conflict, "migration " + std::to_string(step.number) +
                                            " of the database is not the one this program has; it "
                                            "was made by another build");
    }
    return ok();
}

Status migrate(Tx& tx, const Words& words, std::span<const Migration> migrations, Time now) {
    TRY(
        tx.exec(spell("CREATE TABLE IF NOT EXISTS schema_migrations ("
                      "number BIGINT PRIMARY KEY, name {text} NOT NULL, checksum {text} NOT NULL, "
                      "applied_at BIGINT NOT NULL)",
                      words)));
    std::vector<AppliedMigration> applied;
    TRY(tx.each("SELECT number, checksum FROM schema_migrations ORDER BY number",
                [&](const Row& row) {
                    applied.push_back({row.integer(0), "", std::string(row.text(1)), 0});
                    return true;
                }));
    TRY(check_schema(applied, migrations));
    const int64_t last = applied.empty() ? 0 : applied.back().number;
    for (const Migration& m : migrations) {
        if (m.number <= last) continue;
        for (const std::string& statement : statements_of(m.sql)) {
            TRY(tx.exec(spell(statement, words)));
        }
        TRY(
            tx.exec("INSERT INTO schema_migrations (number, name, checksum, applied_at) "
                    "VALUES ($1, $2, $3, $4)",
                    m.number, m.name, checksum(m.sql), to_micros(now)));
    }
    return ok();
}

}  // namespace rondo::store
