#include <openssl/sha.h>

#include "base/bytes.h"
#include "base/check.h"
#include "base/text.h"
#include "platform/store/engines.h"

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

Status migrate(Tx& tx, const Words& words, std::span<const Migration> migrations, Time now) {
    TRY(
        tx.exec(spell("CREATE TABLE IF NOT EXISTS schema_migrations ("
                      "number BIGINT PRIMARY KEY, name {text} NOT NULL, checksum {text} NOT NULL, "
                      "applied_at BIGINT NOT NULL)",
                      words)));
    TRY_ASSIGN(const auto applied,
               (tx.all<int64_t, std::string>(
                   "SELECT number, checksum FROM schema_migrations ORDER BY number")));
    for (const auto& [number, sum] : applied) {
        if (number > migrations.back().number)
            return fail(Code::conflict,
                        "the database has schema " + std::to_string(number) +
                            ", this program knows " + std::to_string(migrations.back().number) +
                            "; start the newer program, or restore the backup made before it");
        for (const Migration& m : migrations) {
            if (m.number == number && checksum(m.sql) != sum)
                return fail(Code::conflict, "migration " + std::to_string(number) +
                                                " of the database is not the one this program "
                                                "has; it was made by another build");
        }
    }
    const int64_t last = applied.empty() ? 0 : std::get<0>(applied.back());
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
