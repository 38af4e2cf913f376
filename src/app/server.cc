#include "app/server.h"

#include <signal.h>

#include <thread>

#include "api/rondo/system_api.h"
#include "app/data_folder.h"
#include "app/version.h"
#include "base/env.h"
#include "base/log.h"
#include "domain/schema/migrations.h"
#include "platform/blob/blob.h"
#include "platform/events/events.h"
#include "platform/net/server.h"
#include "platform/rpc/service.h"
#include "platform/store/database.h"

namespace rondo::app {
namespace {

constexpr Micros kDrain{30'000'000};

// Blocks the signals that end a server for all threads, so that one thread can wait for them.
sigset_t block_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    return set;
}

}  // namespace

Status run_server(const Config& config) {
    const sigset_t signals = block_signals();
    Env& env = system_env();

    // What everything stands on.
    TRY_ASSIGN(const auto folder, DataFolder::open(env, config.data));
    const std::string url =
        config.database.empty() ? "sqlite:" + folder->file("rondo.db") : config.database;
    TRY_ASSIGN(const auto db, store::Database::open(env, url, migrations()));
    TRY_ASSIGN(const auto blobs, blob::open_local_store(env, folder->file("blobs")));
    events::Hub hub;
    const events::Events events(env, hub);

    // The protocols.
    rpc::Service service(rpc::Border{config.allowed_hosts, folder->token()});
    api::SystemApi system({*db,
                           std::string(kVersion),
                           std::string(kMlflowVersion),
                           [&service] { return service.openapi(kVersion); },
                           {[&service](std::string& out) { service.write_metrics(out); }}});
    service.add(&system, rpc::Style::rondo, system.rows());

    // The network.
    net::ServerOptions options;
    options.address = config.host;
    options.port = config.port;
    options.threads = config.io_threads;
    options.certificate_file = config.certificate_file;
    options.key_file = config.key_file;
    TRY_ASSIGN(const auto server, net::Server::bind(env, options, service));

    std::thread signal_thread([&] {
        while (true) {
            int signal = 0;
            sigwait(&signals, &signal);
            if (signal == SIGHUP) {
                if (config.certificate_file.empty()) continue;
                const Status reloaded = server->reload_certificates();
                if (!reloaded) log::error("certificates", {{"error", reloaded.error().message}});
                continue;
            }
            log::info("stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
            system.set_ready(false);
            server->stop(kDrain);
            return;
        }
    });
    system.set_ready(true);
    const std::string scheme = config.certificate_file.empty() ? "http" : "https";
    log::info("listening", {{"url", scheme + "://" + config.host + ":" +
                                        std::to_string(server->port())},
                            {"data", folder->path()}});
    server->run();
    signal_thread.join();
    db->stop();
    return ok();
}

}  // namespace rondo::app
