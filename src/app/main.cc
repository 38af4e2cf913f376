// The command line: nouns and verbs, parsed by CLI11. This file alone includes it.
#include <CLI/CLI.hpp>

#include <cstdio>

#include "app/config.h"
#include "app/server.h"
#include "app/version.h"
#include "base/text.h"
#include "platform/process/spec.h"

namespace {

using namespace rondo;

// Exit codes are part of the interface (docs/guide/cli.md).
int exit_code(Code code) {
    switch (code) {
        case Code::not_found: return 3;
        case Code::unauthenticated:
        case Code::permission_denied: return 4;
        case Code::conflict:
        case Code::already_exists: return 5;
        case Code::unavailable: return 6;
        case Code::deadline_exceeded: return 7;
        default: return 1;
    }
}

int report(const Status& status) {
    if (status) return 0;
    std::fprintf(stderr, "rondo: %s\n", status.error().message.c_str());
    return exit_code(status.error().code);
}

// What needs a second look after parsing.
struct ServerFlags {
    std::vector<std::string> environments;
    std::vector<std::string> limits;
    std::string log_level = "info";
};

void add_server(CLI::App& root, app::Config& config, ServerFlags& flags) {
    CLI::App* server = root.add_subcommand("server", "Run the server");
    server->set_config("--config", "", "Read settings from a TOML file");
    server->add_option("--data", config.data, "Folder that holds everything the server keeps")
        ->envname("RONDO_DATA")->capture_default_str();
    server->add_option("--host", config.host, "Address to listen on")
        ->envname("RONDO_HOST")->capture_default_str();
    server->add_option("--port", config.port, "Port to listen on; 0 takes a free one")
        ->envname("RONDO_PORT")->capture_default_str();
    server->add_option("--database", config.database,
                       "postgresql://... ; without it SQLite in the data folder")
        ->envname("RONDO_DATABASE");
    server->add_option("--tls-cert", config.certificate_file, "Certificate chain (PEM)")
        ->envname("RONDO_TLS_CERT");
    server->add_option("--tls-key", config.key_file, "Private key (PEM)")
        ->envname("RONDO_TLS_KEY");
    server->add_option("--allowed-host", config.allowed_hosts,
                       "Further host names that requests may carry")
        ->envname("RONDO_ALLOWED_HOST");
    server->add_option("--environment", flags.environments,
                       "A Python environment for tasks and models: NAME=/path/to/python")
        ->envname("RONDO_ENVIRONMENT")->delimiter(',');
    server->add_option("--io-threads", config.io_threads, "I/O threads; 0 takes one per core")
        ->envname("RONDO_IO_THREADS");
    server->add_option("--limit", flags.limits,
                       "A limit of the network: NAME=VALUE, such as header=5s or connections=500")
        ->envname("RONDO_LIMIT")->delimiter(',');
    server->add_option("--page-folder", config.page_folder,
                       "Serve the page from this folder instead of the one built in")
        ->envname("RONDO_PAGE_FOLDER");
    server->add_option("--log-level", flags.log_level, "debug, info, warning or error")
        ->envname("RONDO_LOG_LEVEL")
        ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
}

Status start_server(app::Config& config, const ServerFlags& flags) {
    for (const std::string& text : flags.limits) TRY(net::set_limit(config.limits, text));
    for (const std::string& text : flags.environments) {
        const size_t equals = text.find('=');
        if (equals == 0 || equals == std::string::npos || text[equals + 1] != '/')
            return fail(Code::invalid, "--environment needs NAME=/absolute/path/to/python, not " +
                                           rondo::quoted(text));
        config.environments[text.substr(0, equals)] = text.substr(equals + 1);
    }
    if (config.certificate_file.empty() != config.key_file.empty())
        return fail(Code::invalid, "--tls-cert and --tls-key belong together");
    if (config.host != "127.0.0.1" && config.host != "::1")
        return fail(Code::invalid, "without accounts the server listens on loopback only; "
                                   "'" + config.host + "' is not");
    config.log_level = flags.log_level == "debug"     ? log::Level::debug
                       : flags.log_level == "warning" ? log::Level::warning
                       : flags.log_level == "error"   ? log::Level::error
                                                      : log::Level::info;
    log::set_threshold(config.log_level);
    return app::run_server(config);
}

}  // namespace

int main(int argc, char** argv) {
    // The server starts itself again as the shim around foreign programs (platform/process).
    if (argc == 3 && std::string_view(argv[1]) == "__shim") return process::run_shim(std::atoi(argv[2]));

    CLI::App root{"Rondo: the whole life of a model in one server"};
    root.set_version_flag("--version", std::string(app::kVersion));
    root.require_subcommand(1);
    root.set_help_all_flag("--help-all", "Help of all subcommands");

    app::Config config;
    ServerFlags flags;
    add_server(root, config, flags);

    try {
        root.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        const int code = root.exit(e);
        return code == 0 ? 0 : 2;
    }
    if (root.got_subcommand("server"))
        return report(start_server(config, flags));
    return 2;
}
