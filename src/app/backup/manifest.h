// What a backup says about itself (docs/formats/backup.md). A folder of backups holds
//
//   rondo-backups                 says what the folder is
//   blobs/ab/<digest>             stored bytes, shared by all snapshots
//   snapshots/<id>/manifest.json  written last: a snapshot without one was cut short
//   snapshots/<id>/blobs.txt      "digest size" of each blob that the snapshot refers to
//   snapshots/<id>/tables/<table>.jsonl
//   snapshots/<id>/folder/...     prediction logs, keys and the token, as in the data folder
#pragma once

#include <string>
#include <vector>

#include "base/env.h"
#include "platform/json/json.h"
#include "platform/store/snapshot.h"

namespace rondo::app {

inline constexpr int kBackupFormat = 1;

struct SavedMigration {
    int64_t number = 0;
    std::string name, checksum;
    int64_t applied_at = 0;
    static constexpr auto fields =
        std::tuple{json::field("number", &SavedMigration::number, "Step", json::required),
                   json::field("name", &SavedMigration::name, "Its name"),
                   json::field("checksum", &SavedMigration::checksum, "sha256 of its text"),
                   json::field("applied_at", &SavedMigration::applied_at, "Microseconds")};
};

struct SavedColumn {
    std::string name, kind;
    static constexpr auto fields =
        std::tuple{json::field("name", &SavedColumn::name, "Name", json::required),
                   json::field("kind", &SavedColumn::kind, "integer, real, text or blob")};
};

struct SavedTable {
    std::string name;
    std::vector<SavedColumn> columns;
    int64_t rows = 0, bytes = 0, last_id = 0;
    std::string sha256;
    static constexpr auto fields =
        std::tuple{json::field("name", &SavedTable::name, "Name", json::required),
                   json::field("columns", &SavedTable::columns, "In the order of a row's cells"),
                   json::field("rows", &SavedTable::rows, "Rows"),
                   json::field("bytes", &SavedTable::bytes, "Size of its file"),
                   json::field("last_id", &SavedTable::last_id, "Highest id ever given out"),
                   json::field("sha256", &SavedTable::sha256, "Digest of its file")};
};

struct SavedFile {
    std::string path;
    int64_t bytes = 0;
    std::string sha256;
    static constexpr auto fields =
        std::tuple{json::field("path", &SavedFile::path, "In the data folder", json::required),
                   json::field("bytes", &SavedFile::bytes, "Size"),
                   json::field("sha256", &SavedFile::sha256, "Digest")};
};

struct SavedBlobs {
    int64_t count = 0, bytes = 0;
    std::string sha256;
    static constexpr auto fields =
        std::tuple{json::field("count", &SavedBlobs::count, "How many"),
                   json::field("bytes", &SavedBlobs::bytes, "Their sizes' sum"),
                   json::field("sha256", &SavedBlobs::sha256, "Digest of blobs.txt")};
};

// Bytes that the database refers to and the store did not have, or had damaged.
struct MissingBlob {
    std::string digest, what, how;
    static constexpr auto fields =
        std::tuple{json::field("digest", &MissingBlob::digest, "Its digest", json::required),
                   json::field("what", &MissingBlob::what, "What refers to it"),
                   json::field("how", &MissingBlob::how, "missing, or damaged")};
};

struct Manifest {
    int64_t format = kBackupFormat;
    std::string id, made_at, program, engine;
    std::vector<SavedMigration> schema;
    std::vector<SavedTable> tables;
    std::vector<SavedFile> files;
    SavedBlobs blobs;
    std::vector<MissingBlob> missing;
    static constexpr auto fields =
        std::tuple{json::field("format", &Manifest::format, "Version of this format"),
                   json::field("id", &Manifest::id, "The snapshot's name"),
                   json::field("made_at", &Manifest::made_at, "When"),
                   json::field("program", &Manifest::program, "Version that made it"),
                   json::field("engine", &Manifest::engine, "sqlite or postgresql"),
                   json::field("schema", &Manifest::schema, "Steps of the schema"),
                   json::field("tables", &Manifest::tables, "In the order of loading"),
                   json::field("files", &Manifest::files, "Of the data folder"),
                   json::field("blobs", &Manifest::blobs, "Stored bytes"),
                   json::field("missing", &Manifest::missing, "What was lost before")};
    // Bytes of tables, files and blobs.
    uint64_t bytes() const;
};

// The paths in a folder of backups.
std::string snapshot_folder(const std::string& target, const std::string& id);
std::string saved_blob(const std::string& target, const std::string& digest);

// Durable when it returns; the digest of the text stands before it in the file.
Status write_manifest(Env& env, const std::string& snapshot, const Manifest& manifest);
// Checked against its digest. Code::not_found when the snapshot was cut short.
Result<Manifest> read_manifest(Env& env, const std::string& snapshot);

// The whole snapshots of a folder of backups, oldest first; cut ones are left out.
Result<std::vector<std::string>> list_snapshots(Env& env, const std::string& target);
// The named one, or the newest for "".
Result<Manifest> find_snapshot(Env& env, const std::string& target, const std::string& id);

// The tables as the manifest describes them, without keys.
Result<store::Table> to_table(const SavedTable& saved);

}  // namespace rondo::app
