// The looks that `rondo doctor` takes, each at one part of the house. They change nothing, but for
// Repair::apply; they block on disks and databases, and each says what it could not look at.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/doctor/findings.h"
#include "base/env.h"
#include "platform/store/snapshot.h"

namespace rondo::app {

// What is done about findings that are safe to mend: permissions of secrets, leftovers.
enum class Repair : uint8_t { none, show, apply };

// The server that holds a data folder, as its process shows it to whoever may look.
struct RunningServer {
    int pid = 0;
    // Its flags by their names without dashes; those of its variables and its file as well.
    std::map<std::string, std::vector<std::string>> settings;
    std::vector<std::string> secret_arguments, secret_variables;  // names that carry a password
    std::string setting(const std::string& name) const;
};
// The process that holds the lock of the folder; nothing when none does.
std::optional<RunningServer> find_server(const std::string& data);

// Space, permissions, leftovers, speed of the disk, the last backup.
void check_folder(Env& env, const std::string& data, bool running, Repair repair, Findings& out);
// Open files, secrets in the open, environments, certificate, exposure.
void check_process(Env& env, const RunningServer& server, Findings& out);
// Reach, schema, integrity, settings, clock, leases, what is stuck.
void check_database(Env& env, const std::string& url, Findings& out);

// Whether rounds of collection of garbage end, and what is left; a part of check_database.
Status check_collection(Env& env, store::Snapshot& db, Findings& out);

}  // namespace rondo::app
