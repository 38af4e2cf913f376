// `rondo doctor --scrub`: reads all that a server keeps and checks it, while the server goes on:
// every stored blob against its digest, every row's reference against the store, every prediction
// log's checksums, the whole database file. Changes nothing. Blocking; memory for 400 bytes a blob.
#pragma once

#include "app/backup/backup.h"
#include "app/doctor/findings.h"

namespace rondo::app {

struct ScrubOptions {
    std::string data, database;   // as for a backup
    uint64_t bytes_a_second = 0;  // of reading; 0: no limit
};

// An error only when the scrub itself cannot go on; what is damaged becomes findings.
Status scrub(Env& env, const ScrubOptions& options, const Watch& watch, Findings& out);

}  // namespace rondo::app
