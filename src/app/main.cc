// The command line: the server's flags here, every other command's beside its code (app/cli).
#include <CLI/CLI.hpp>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <system_error>

#include "app/cli/commands.h"
#include "app/cli/flags.h"
#include "app/config.h"
#include "app/keep.h"
#include "app/server.h"
#include "app/version.h"
#include "base/text.h"
#include "platform/process/spec.h"

namespace {

using namespace rondo;
namespace cli = app::cli;

// The last word of a process that cannot go on: what was thrown, and the way out. Threads and
// memory are the usual lack, at the start as well as later.
[[noreturn]] void end_with_a_reason() {
    const char* reason = "an error that nobody caught";
    char text[256];
    bool lack = false;
    try {
        if (const std::exception_ptr thrown = std::current_exception())
            std::rethrow_exception(thrown);
    } catch (const std::bad_alloc&) {
        lack = true;
        reason = "out of memory; give the server more (ulimit -v, the container's or unit's limit)";
    } catch (const std::system_error& e) {
        std::snprintf(text, sizeof text,
                      "the system gives no thread (%s); raise its limits (ulimit -u, TasksMax)",
                      e.code().message().c_str());
        lack = e.code() == std::errc::resource_unavailable_try_again;
        if (!lack) std::snprintf(text, sizeof text, "%s", e.what());
        reason = text;
    } catch (const std::exception& e) {
        std::snprintf(text, sizeof text, "%s", e.what());
        reason = text;
    } catch (...) {
    }
    std::fprintf(stderr, "rondo: %s\n", reason);
    if (lack) std::_Exit(1);
    std::abort();
}

// Beside the server's own default, which is MLflow's too.
constexpr uint16_t kMirrorPort = 5050;

// What needs a second look after parsing.
struct ServerFlags {
    std::vector<std::string> environments;
    std::vector<std::string> limits;
    std::vector<std::string> keep;
    std::string log_level = "info";
    std::string patience = "6s";
    std::string config_file;
};

void add_server_flags(CLI::App* server, app::Config& config, ServerFlags& flags) {
    server
        ->add_option("--config", flags.config_file,
                     "A TOML file of settings, named like the flags; flags and variables win")
        ->envname("RONDO_CONFIG");
    server->add_option("--data", config.data, "Folder that holds everything the server keeps")
        ->envname("RONDO_DATA")
        ->capture_default_str();
    server->add_option("--host", config.host, "Address to listen on")
        ->envname("RONDO_HOST")
        ->capture_default_str();
    server->add_option("--port", config.port, "Port to listen on; 0 takes a free one")
        ->envname("RONDO_PORT")
        ->capture_default_str();
    server
        ->add_option("--database", config.database,
                     "postgresql://... ; without it SQLite in the data folder")
        ->envname("RONDO_DATABASE");
    server
        ->add_option("--blobs", config.blobs,
                     "Where stored bytes go: a folder (/... or ./...), or s3://bucket/prefix with "
                     "credentials in "
                     "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; without it in the data folder. "
                     "Servers on one database share it")
        ->envname("RONDO_BLOBS");
    server->add_option("--s3-endpoint", config.s3_endpoint, "https://host:port of the S3 service")
        ->envname("RONDO_S3_ENDPOINT");
    server
        ->add_option("--s3-client-endpoint", config.s3_client_endpoint,
                     "The same service as clients reach it: with this flag MLflow's clients are "
                     "told to send large files there, and to fetch files from there, by signed "
                     "addresses")
        ->envname("RONDO_S3_CLIENT_ENDPOINT");
    server
        ->add_option("--server-patience", flags.patience,
                     "How long a silent server counts as alive to others on its database")
        ->envname("RONDO_SERVER_PATIENCE")
        ->capture_default_str();
    server
        ->add_flag("!--no-notify", config.notify,
                   "Do without PostgreSQL's NOTIFY: look every 250 ms for what other servers did")
        ->envname("RONDO_NOTIFY");
    server->add_option("--tls-cert", config.certificate_file, "Certificate chain (PEM)")
        ->envname("RONDO_TLS_CERT");
    server->add_option("--tls-key", config.key_file, "Private key (PEM)")->envname("RONDO_TLS_KEY");
    server
        ->add_option("--allowed-host", config.allowed_hosts,
                     "Further host names that requests may carry")
        ->envname("RONDO_ALLOWED_HOST");
    server
        ->add_option("--admin-password-file", config.admin_password_file,
                     "When there are no accounts yet: make an administrator 'admin' with this "
                     "password")
        ->envname("RONDO_ADMIN_PASSWORD_FILE");
    server
        ->add_option("--egress-allow", config.egress_allowed,
                     "Where webhooks may lead beside public addresses: 10.2.0.0/16 or host:port")
        ->envname("RONDO_EGRESS_ALLOW")
        ->delimiter(',');
    server
        ->add_option("--environment", flags.environments,
                     "A Python environment for tasks and models: NAME=/path/to/python")
        ->envname("RONDO_ENVIRONMENT")
        ->delimiter(',');
    server->add_option("--io-threads", config.io_threads, "I/O threads; 0 takes one per core")
        ->envname("RONDO_IO_THREADS");
    server
        ->add_option("--limit", flags.limits,
                     "A limit of the network: NAME=VALUE, such as header=5s or connections=500")
        ->envname("RONDO_LIMIT")
        ->delimiter(',');
    server
        ->add_option("--keep", flags.keep,
                     "How long what is kept: NAME=DURATION, such as grace=24h or events=365d")
        ->envname("RONDO_KEEP")
        ->delimiter(',');
    server
        ->add_option("--page-folder", config.page_folder,
                     "Serve the page from this folder instead of the one built in")
        ->envname("RONDO_PAGE_FOLDER");
    server->add_option("--log-level", flags.log_level, "debug, info, warning or error")
        ->envname("RONDO_LOG_LEVEL")
        ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
}

void add_server(CLI::App& root, app::Config& config, ServerFlags& flags) {
    add_server_flags(root.add_subcommand("server", "Run the server"), config, flags);
}

// The mirror is a server with an upstream; without one it takes a verb, such as report.
void add_mirror(CLI::App& root, app::Config& config, ServerFlags& flags) {
    CLI::App* mirror = root.get_subcommand("mirror");
    mirror->require_subcommand(0, 1);
    mirror
        ->add_option("--upstream", config.mirror.upstream,
                     "The MLflow server that answers: http://host:port or https://host/path")
        ->envname("RONDO_UPSTREAM");
    mirror
        ->add_option("--upstream-ca", config.mirror.authorities,
                     "PEM file of the authorities that the upstream's certificate is checked with")
        ->envname("RONDO_UPSTREAM_CA");
    mirror
        ->add_option("--queue", config.mirror.queue.requests,
                     "How many requests may wait to be answered here; what is beyond is left out")
        ->envname("RONDO_MIRROR_QUEUE")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
    mirror
        ->add_flag("!--no-artifacts", config.mirror.artifacts,
                   "Do not store the bytes of uploads here as well")
        ->envname("RONDO_MIRROR_ARTIFACTS");
    add_server_flags(mirror, config, flags);
}

// Fills what neither a flag nor a variable gave. CLI11's own reading of such files lets them win
// over variables, and knows no files of subcommands.
void read_config_file(CLI::App& server, const std::string& path) {
    for (const CLI::ConfigItem& item : CLI::ConfigTOML().from_file(path)) {
        if (item.name == "++" || item.name == "--") continue;  // a section's begin and end
        const bool ours = item.parents.empty() || item.parents == std::vector{server.get_name()};
        CLI::Option* option =
            ours && item.name != "config" ? server.get_option_no_throw("--" + item.name) : nullptr;
        if (option == nullptr)
            throw CLI::ConfigError(rondo::quoted(item.fullname()) + " in " + rondo::quoted(path) +
                                       " is no setting; `rondo server --help` lists them",
                                   CLI::ExitCodes::ConfigError);
        // CLI11 reads a name without a value as a flag that is set.
        if (option->get_items_expected_min() > 0 && item.inputs == std::vector<std::string>{"true"})
            throw CLI::ConfigError(rondo::quoted(item.fullname()) + " in " + rondo::quoted(path) +
                                       " has no value; write name = value",
                                   CLI::ExitCodes::ConfigError);
        if (option->count() > 0) continue;
        option->add_result(item.inputs);
        option->run_callback();
    }
}

Status start_server(app::Config& config, const ServerFlags& flags) {
    TRY_ASSIGN(config.patience, parse_duration(flags.patience));
    if (config.patience < std::chrono::milliseconds{500} ||
        config.patience > std::chrono::minutes{5})
        return fail(Code::invalid, "--server-patience has to be 500ms to 5m");
    for (const std::string& text : flags.limits) TRY(net::set_limit(config.limits, text));
    for (const std::string& text : flags.keep) TRY(app::set_keep(config, text));
    for (const std::string& text : flags.environments) {
        const size_t equals = text.find('=');
        if (equals == 0 || equals == std::string::npos || text[equals + 1] != '/')
            return fail(Code::invalid, "--environment needs NAME=/absolute/path/to/python, not " +
                                           rondo::quoted(text));
        config.environments[text.substr(0, equals)] = text.substr(equals + 1);
    }
    if (config.certificate_file.empty() != config.key_file.empty())
        return fail(Code::invalid, "--tls-cert and --tls-key belong together");
    config.log_level = flags.log_level == "debug"     ? log::Level::debug
                       : flags.log_level == "warning" ? log::Level::warning
                       : flags.log_level == "error"   ? log::Level::error
                                                      : log::Level::info;
    log::set_threshold(config.log_level);
    return app::run_server(config);
}

Status start_mirror(app::Config& config, const ServerFlags& flags) {
    if (config.mirror.upstream.empty())
        return fail(Code::invalid,
                    "rondo mirror needs --upstream URL, the MLflow server that answers; "
                    "`rondo mirror report` shows what a running mirror has found");
    return start_server(config, flags);
}

// The mirror itself was called, not a verb of it.
bool is_mirror(const CLI::App& root) {
    return root.got_subcommand("mirror") &&
           root.get_subcommand("mirror")->get_subcommands().empty();
}

}  // namespace

int main(int argc, char** argv) {
    std::set_terminate(end_with_a_reason);
    // The server starts itself again as the shim around foreign programs (platform/process).
    if (argc == 3 && std::string_view(argv[1]) == "__shim")
        return process::run_shim(std::atoi(argv[2]));

    CLI::App root{"Rondo: the whole life of a model in one server"};
    root.set_version_flag("--version", std::string(app::kVersion));
    root.require_subcommand(1);
    root.footer(
        "Examples:\n"
        "  rondo server                     everything in ./rondo-data, port 5000\n"
        "  rondo timeline flights           what happened on an endpoint, and why\n"
        "  rondo why 4                      a decision, computed again from the log");

    // Of each its own: the parser reads the variables of both.
    app::Config config, mirror_config;
    ServerFlags flags, mirror_flags;
    mirror_config.port = kMirrorPort;
    add_server(root, config, flags);
    cli::Commands commands(root);
    cli::add_commands(commands.root());
    add_mirror(root, mirror_config, mirror_flags);

    try {
        root.parse(argc, argv);
        if (!flags.config_file.empty() && root.got_subcommand("server"))
            read_config_file(*root.get_subcommand("server"), flags.config_file);
        if (!mirror_flags.config_file.empty() && is_mirror(root))
            read_config_file(*root.get_subcommand("mirror"), mirror_flags.config_file);
    } catch (const CLI::ParseError& e) {
        const int code = root.exit(e);
        return code == 0 ? 0 : 2;
    }
    if (root.got_subcommand("server")) return cli::report(start_server(config, flags));
    if (is_mirror(root)) return cli::report(start_mirror(mirror_config, mirror_flags));
    return commands.run();
}
