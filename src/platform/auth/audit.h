// Who did what: rows that are only ever added, each with a hash over itself and the hash before it,
// so that a row that was changed or taken away is noticed. What changes accounts, runs code, moves
// traffic or deletes is written here before its effect; without the row there is no effect.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "platform/json/shape.h"
#include "platform/store/tx.h"

namespace rondo::auth {

struct AuditRow {
    int64_t id = 0;
    Time at{};
    int64_t workspace_id = 1;
    std::string actor;
    std::optional<int64_t> token_id;
    std::string address;
    std::string action;            // a permission's name, "sign_in"
    std::string object;            // "endpoint flights"
    std::string outcome;           // asked, done, failed, refused
    std::optional<int64_t> of_id;  // the row that says what was asked
    std::string detail;            // JSON, or empty
    std::string hash;
    static constexpr auto fields = std::tuple{
        json::field("id", &AuditRow::id, "Number"),
        json::field("at", &AuditRow::at, "When"),
        json::field("actor", &AuditRow::actor, "Who"),
        json::field("token_id", &AuditRow::token_id, "By which token"),
        json::field("address", &AuditRow::address, "From where"),
        json::field("action", &AuditRow::action, "What"),
        json::field("object", &AuditRow::object, "To what"),
        json::field("outcome", &AuditRow::outcome, "asked, done, failed or refused"),
        json::field("of", &AuditRow::of_id, "The row that says what was asked"),
        json::field("detail", &AuditRow::detail, "More, as JSON"),
        json::field("hash", &AuditRow::hash, "sha256 over this row and the hash before it")};
};

// Adds a row (id and hash are made here); its id.
Result<int64_t> write_audit(store::Tx& tx, AuditRow row);

// Rows before an id (0: the newest), newest first.
Result<std::vector<AuditRow>> read_audit(store::Tx& tx, int64_t before, int32_t limit);

// Computes the hashes of the rows after `after` again, at most `limit` of them.
struct AuditCheck {
    int64_t rows = 0;
    int64_t last_id = 0;  // where to go on; rows < limit when that was the end
    std::string last_hash;
    std::optional<int64_t> broken_at;
};
Result<AuditCheck> check_audit(store::Tx& tx, int64_t after, const std::string& hash_before,
                               int32_t limit);

}  // namespace rondo::auth
