// `rondo restore`: a snapshot of a backup becomes a data folder and a database that a server starts
// on. Everything is checked against the manifest on its way; all of it is restored, or nothing.
#pragma once

#include <string>

#include "app/backup/backup.h"

namespace rondo::app {

struct RestoreOptions {
    std::string target;    // folder of backups
    std::string snapshot;  // empty: the newest
    std::string data;      // becomes the data folder: missing or empty before
    std::string database;  // empty: SQLite in the data folder
};

// What is not empty is refused (Code::conflict). A restore that was cut short leaves
// FOLDER.restoring and, on PostgreSQL, empty tables or all rows; the next one goes on from there.
// Bytes that the backup itself lacks are told in the manifest and do not fail it.
Result<Manifest> restore_backup(Env& env, const RestoreOptions& options, const Watch& watch);

}  // namespace rondo::app
