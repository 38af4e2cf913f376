// `rondo backup`: everything a server keeps, as it is at one moment, while it goes on. Works on the
// data folder's files and the database beside a running server or without one; blocks neither.
// Blocking calls, for the command line; memory for some megabytes and 150 bytes a blob.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/backup/manifest.h"
#include "app/local_files.h"

namespace rondo::app {

struct BackupOptions {
    std::string target;    // folder of backups; made when it is missing
    std::string data;      // the data folder
    std::string database;  // empty: SQLite in the data folder
    // Link blobs that lie on the target's file system; otherwise every one is copied.
    enum class Blobs : uint8_t { link, copy } blobs = Blobs::link;
    uint64_t bytes_a_second = 0;  // of reading blobs; 0: no limit
};

// How a long work tells of itself: a new step with its bytes, then those done.
struct Watch {
    std::function<void(const std::string& what, uint64_t total_bytes)> step;
    Meter done;
};

struct BackupReport {
    Manifest manifest;
    std::string folder;
    int64_t blobs_new = 0;  // the others were in the target already
};

// Fails without a trace but what a next call goes on from: blobs that were copied stay. Bytes that
// are missing or damaged in the store do not fail it: the manifest names them.
Result<BackupReport> make_backup(Env& env, const BackupOptions& options, const Watch& watch);

// Reads all of a snapshot against its manifest; what is wrong, in words, one item each.
Result<std::vector<std::string>> verify_backup(Env& env, const std::string& target,
                                               const Manifest& manifest, const Watch& watch);

// Where the rows of a server's database are, given --data and --database.
std::string database_url(const std::string& data, const std::string& database);

// "digest size" lines of blobs.txt, visited one by one; fails when the file has another digest.
Status each_saved_blob(
    Env& env, const std::string& snapshot, const Manifest& manifest,
    const std::function<Status(const std::string& digest, uint64_t size)>& visit);

}  // namespace rondo::app
