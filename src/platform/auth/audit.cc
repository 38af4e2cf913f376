#include "platform/auth/audit.h"

#include "base/bytes.h"
#include "platform/crypto/crypto.h"

namespace rondo::auth {
namespace {

constexpr std::string_view kColumns =
    "SELECT id, at_us, workspace_id, actor, token_id, address, action, object, outcome, of_id, "
    "detail, hash FROM audit ";

AuditRow read_row(const store::Row& row) {
    return {row.integer(0),
            from_micros(row.integer(1)),
            row.integer(2),
            row.get<std::string>(3),
            row.get<std::optional<int64_t>>(4),
            row.get<std::string>(5),
            row.get<std::string>(6),
            row.get<std::string>(7),
            row.get<std::string>(8),
            row.get<std::optional<int64_t>>(9),
            row.get<std::string>(10),
            row.get<std::string>(11)};
}

// The id is not covered: it is known only after the row is there. The order is, by the chain.
std::string hash_of_row(const std::string& before, const AuditRow& row) {
    std::string text;
    put_text(text, before);
    put(text, to_micros(row.at));
    put(text, row.workspace_id);
    put(text, row.token_id.value_or(-1));
    put(text, row.of_id.value_or(-1));
    for (const std::string* part :
         {&row.actor, &row.address, &row.action, &row.object, &row.outcome, &row.detail})
        put_text(text, *part);
    return sha256_hex(text);
}

}  // namespace

Result<int64_t> write_audit(store::Tx& tx, AuditRow row) {
    TRY_ASSIGN(const auto before,
               tx.one<std::string>("SELECT hash FROM audit ORDER BY id DESC LIMIT 1"));
    row.hash = hash_of_row(before.value_or(""), row);
    TRY_ASSIGN(const auto id,
               tx.one<int64_t>(
                   "INSERT INTO audit (at_us, workspace_id, actor, token_id, address, action, "
                   "object, outcome, of_id, detail, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, "
                   "$9, $10, $11) RETURNING id",
                   to_micros(row.at), row.workspace_id, row.actor, row.token_id, row.address,
                   row.action, row.object, row.outcome, row.of_id, row.detail, row.hash));
    return *id;
}

Result<std::vector<AuditRow>> read_audit(store::Tx& tx, int64_t before, int32_t limit) {
    std::vector<AuditRow> found;
    TRY(tx.each(
        std::string(kColumns) + "WHERE id < $1 ORDER BY id DESC LIMIT $2",
        [&](const store::Row& row) {
            found.push_back(read_row(row));
            return true;
        },
        before == 0 ? INT64_MAX : before, limit));
    return found;
}

Result<AuditCheck> check_audit(store::Tx& tx, int64_t after, const std::string& hash_before,
                               int32_t limit) {
    AuditCheck out{.last_id = after, .last_hash = hash_before};
    TRY(tx.each(
        std::string(kColumns) + "WHERE id > $1 ORDER BY id LIMIT $2",
        [&](const store::Row& row) {
            const AuditRow found = read_row(row);
            ++out.rows;
            if (hash_of_row(out.last_hash, found) != found.hash) {
                out.broken_at = found.id;
                return false;
            }
            out.last_id = found.id;
            out.last_hash = found.hash;
            return true;
        },
        after, limit));
    return out;
}

}  // namespace rondo::auth
