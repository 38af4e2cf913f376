// The two engines behind Database::open, and what they share.
#pragma once

#include <span>
#include <string>

#include "platform/store/database.h"

namespace rondo::store {

Result<std::unique_ptr<Database>> open_sqlite(Env& env, const std::string& path,
                                              std::span<const Migration> migrations);
Result<std::unique_ptr<Database>> open_postgres(Env& env, const std::string& url,
                                                std::span<const Migration> migrations);

// The two engines behind Snapshot::open.
class Snapshot;
enum class Owner : uint8_t { us, others };
Result<std::unique_ptr<Snapshot>> open_sqlite_snapshot(const std::string& path, Owner owner);
Result<std::unique_ptr<Snapshot>> open_postgres_snapshot(const std::string& url);

// Lets a map keyed by std::string be searched with a view.
struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

// What one of the engines cannot keep, neither takes: NUL and broken UTF-8 in text, and NaN.
Status check_storable(std::span<const Arg> args);

// How one engine spells the words in braces.
struct Words {
    std::string_view id, blob, real, text, without_rowid;
};
// Replaces the words; a brace that is no word of ours is a broken migration (CHECK).
std::string spell(std::string_view sql, const Words& words);
// Splits a script at its semicolons (there are none inside our literals).
std::vector<std::string> statements_of(std::string_view script);

// Brings the schema of an open transaction up to date. `before_first` runs once, before the first
// step, and only on a database that already has a schema (the backup).
Status migrate(Tx& tx, const Words& words, std::span<const Migration> migrations, Time now);

// The recorded version: 0 for an empty database.
Result<int> schema_version(Tx& tx, std::string_view table_exists_sql);

}  // namespace rondo::store
