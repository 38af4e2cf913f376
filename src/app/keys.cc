#include "app/keys.h"

#include <cstring>

#include "base/bytes.h"
#include "base/text.h"
#include "platform/crypto/crypto.h"

namespace rondo::app {
namespace {

constexpr size_t kKeyBytes = 32;

Result<std::string> to_bytes(const std::string& hex, const std::string& where) {
    auto bytes = from_hex(hex);
    if (!bytes || bytes->size() != kKeyBytes)
        return fail(Code::invalid, "'" + where +
                                       "' is damaged: 64 hex digits are expected; restore it from "
                                       "a backup");
    return std::move(*bytes);
}

// A key with another digit is as good as any, and would quietly send every unit elsewhere: its sum
// lies beside it.
Status check_sum(Env& env, const std::string& path, const std::string& hex) {
    const std::string sum = sha256_hex(hex), beside = path + ".sha256";
    if (!env.files().exists(beside)) return write_file_atomically(env, beside, sum + "\n");
    TRY_ASSIGN(const std::string kept, read_file(env.files(), beside, 4096));
    if (trim(kept) == sum) return ok();
    return fail(Code::invalid, "'" + path + "' is not the key that '" + beside +
                                   "' is about; restore both from a backup, or remove the latter "
                                   "when the key was changed on purpose");
}

// The database's key as hex; `ours` becomes it when there is none.
Result<std::string> share(store::Database& db, const std::string& name, const std::string& ours) {
    return db.write_now(store::Durability::full, [&](store::Tx& tx) -> Result<std::string> {
        TRY(
            tx.exec("INSERT INTO shared_values (name, value) VALUES ($1, $2) "
                    "ON CONFLICT (name) DO NOTHING",
                    name, ours));
        TRY_ASSIGN(const auto value,
                   tx.one<std::string>("SELECT value FROM shared_values WHERE name = $1", name));
        return value.value_or("");
    });
}

Result<std::string> load_key(Env& env, const DataFolder& folder, store::Database& db,
                             const std::string& name) {
    const std::string path = folder.file("keys/" + name);
    std::string hex;
    const bool in_folder = env.files().exists(path);
    if (in_folder) {
        TRY_ASSIGN(const std::string text, read_file(env.files(), path, 4096));
        hex = trim(text);
        TRY(to_bytes(hex, path));
    } else {
        hex = random_hex(env, kKeyBytes);
    }
    if (db.health().engine == "sqlite") {
        if (!in_folder) TRY(write_file_atomically(env, path, hex + "\n"));
        TRY(check_sum(env, path, hex));
        return to_bytes(hex, path);
    }
    if (in_folder) TRY(check_sum(env, path, hex));
    TRY_ASSIGN(const std::string shared, share(db, "key." + name, hex));
    if (in_folder && shared != hex)
        return fail(Code::conflict,
                    "'" + path +
                        "' is not the key that the database has: this data folder belongs to "
                        "another database. Name its own with --database, or another folder with "
                        "--data; to let the folder serve this database, delete its keys (ids of "
                        "predictions that it answered for the other one are then unknown)");
    return to_bytes(shared, "key." + name + " in the database");
}

}  // namespace

Result<std::string> load_webhook_key(Env& env, const DataFolder& folder, store::Database& db) {
    const std::string name = "key.webhooks", path = folder.file("keys/webhooks");
    const bool in_folder = env.files().exists(path);
    std::string hex = random_hex(env, kKeyBytes);
    if (in_folder) {
        TRY_ASSIGN(const std::string text, read_file(env.files(), path, 4096));
        hex = trim(text);
    }
    if (db.health().engine != "sqlite") {
        TRY_ASSIGN(hex, share(db, name, hex));
    } else if (!in_folder) {
        TRY_ASSIGN(const auto brought, db.read_now([&](store::Tx& tx) {
            return tx.one<std::string>("SELECT value FROM shared_values WHERE name = $1", name);
        }));
        hex = brought.value_or(hex);
        TRY(write_file_atomically(env, path, hex + "\n"));
    }
    return to_bytes(hex, path);
}

Result<Keys> load_keys(Env& env, const DataFolder& folder, store::Database& db) {
    Keys keys;
    TRY_ASSIGN(const std::string assignment, load_key(env, folder, db, "assignment"));
    std::memcpy(keys.assignment.data(), assignment.data(), sizeof keys.assignment);
    TRY_ASSIGN(keys.prediction, load_key(env, folder, db, "prediction"));
    return keys;
}

}  // namespace rondo::app
