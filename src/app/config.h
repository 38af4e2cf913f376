// What a server is started with. Flags win over environment variables (RONDO_*), those over the
// configuration file; the command line parser (main.cc) fills this in.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "app/mirror/options.h"
#include "base/log.h"
#include "base/time.h"
#include "domain/collection/model.h"
#include "domain/holds/holds.h"
#include "domain/series/fold.h"
#include "platform/net/limits.h"

namespace rondo::app {

struct Config {
    std::string data = "./rondo-data";
    std::string host = "127.0.0.1";
    uint16_t port = 5000;
    std::string database;     // empty: sqlite in the data folder
    std::string blobs;        // a folder, or "s3://bucket/prefix"; empty: in the data folder
    std::string s3_endpoint;  // empty: by the environment, or Amazon's
    // The same service as clients reach it. With it they are told to go there with large files.
    std::string s3_client_endpoint;
    // How long a silent server counts as alive to the others on the database.
    Micros patience{6'000'000};
    // Without it servers look every 250 ms for what others did.
    bool notify = true;
    std::string certificate_file, key_file;
    std::vector<std::string> allowed_hosts;
    // Where webhooks may lead beside the public internet: ranges and host:port.
    std::vector<std::string> egress_allowed;
    std::string admin_password_file;  // of the first administrator, made when there are no accounts
    // Named Python environments: "default" -> /path/to/venv/bin/python. Tasks and Python models run
    // in one of these and nowhere else.
    std::map<std::string, std::string> environments;
    log::Level log_level = log::Level::info;
    collection::Settings collection;
    holds::Terms holds;
    series::Settings series;
    std::string page_folder;  // serves the page from disk instead of the binary, for its developers
    int io_threads = 0;       // 0: one per core
    net::Limits limits;
    mirror::Options mirror;  // of `rondo mirror`
};

}  // namespace rondo::app
