#include "app/webhook_key.h"

#include "base/bytes.h"
#include "base/text.h"
#include "platform/crypto/sealed.h"

namespace rondo::app {
namespace {

constexpr const char* kShared = "key.webhooks";

}  // namespace

Result<std::string> load_webhook_key(Env& env, const DataFolder& folder, store::Database& db) {
    const std::string path = folder.file("keys/webhooks");
    const bool in_folder = env.files().exists(path);
    std::string hex = random_hex(env, kSealKeyBytes);
    if (in_folder) {
        TRY_ASSIGN(const std::string text, read_file(env.files(), path, 4096));
        hex = trim(text);
    }
    const bool alone = db.health().engine == "sqlite";
    // A database that came from several servers has brought the key along (restore).
    const bool asks = !alone || !in_folder;
    TRY_ASSIGN(const auto shared, asks ? db.read_now([](store::Tx& tx) {
        return tx.one<std::string>("SELECT value FROM shared_values WHERE name = $1", kShared);
    })
                                       : Result<std::optional<std::string>>());
    if (shared) hex = *shared;
    if (alone && !in_folder) TRY(write_file_atomically(env, path, hex + "\n"));
    if (!alone && !shared) {
        TRY_ASSIGN(
            hex, db.write_now(store::Durability::full, [&](store::Tx& tx) -> Result<std::string> {
                TRY(
                    tx.exec("INSERT INTO shared_values (name, value) VALUES ($1, "
                            "$2) ON CONFLICT (name) DO NOTHING",
                            kShared, hex));
                TRY_ASSIGN(const auto kept, tx.one<std::string>("SELECT value FROM shared_values "
                                                                "WHERE name = $1",
                                                                kShared));
                return kept.value_or("");
            }));
    }
    auto key = from_hex(hex);
    if (!key || key->size() != kSealKeyBytes)
        return fail(Code::invalid, "the key '" + path +
                                       "' of webhooks' secrets is damaged: 64 hex digits are "
                                       "expected; restore it from a backup");
    return key;
}

}  // namespace rondo::app
