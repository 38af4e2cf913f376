// The command line: nouns and verbs, parsed by CLI11. This file alone includes it.
#include <CLI/CLI.hpp>

#include <cstdio>
#include <cstdlib>

#include "app/cli/commands.h"
#include "app/config.h"
#include "app/server.h"
#include "app/version.h"
#include "base/text.h"
#include "platform/process/spec.h"

namespace {

using namespace rondo;
namespace cli = app::cli;

// Exit codes are part of the interface (docs/guide/README.md).
int exit_code(Code code) {
    switch (code) {
        case Code::not_found:
            return 3;
        case Code::unauthenticated:
        case Code::permission_denied:
            return 4;
        case Code::conflict:
        case Code::already_exists:
            return 5;
        case Code::unavailable:
            return 6;
        case Code::deadline_exceeded:
            return 7;
        default:
            return 1;
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
    std::string patience = "6s";
    std::string config_file;
};

void add_server(CLI::App& root, app::Config& config, ServerFlags& flags) {
    CLI::App* server = root.add_subcommand("server", "Run the server");
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
        ->add_option(
            "--blobs", config.blobs,
            "Where stored bytes go; without it a folder in the data folder. Servers on one "
            "database share it")
        ->envname("RONDO_BLOBS");
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
        ->add_option("--page-folder", config.page_folder,
                     "Serve the page from this folder instead of the one built in")
        ->envname("RONDO_PAGE_FOLDER");
    server->add_option("--log-level", flags.log_level, "debug, info, warning or error")
        ->envname("RONDO_LOG_LEVEL")
        ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
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
        return fail(Code::invalid,
                    "without accounts the server listens on loopback only; "
                    "'" +
                        config.host + "' is not");
    config.log_level = flags.log_level == "debug"     ? log::Level::debug
                       : flags.log_level == "warning" ? log::Level::warning
                       : flags.log_level == "error"   ? log::Level::error
                                                      : log::Level::info;
    log::set_threshold(config.log_level);
    return app::run_server(config);
}

// The commands that talk to a server: each sets `chosen` when it is the one that was called.
class Commands {
  public:
    explicit Commands(CLI::App& root) : root_(root) {
        add_loop();
        add_data();
        add_pipeline();
        add_model();
        add_endpoint();
        add_doctor();
    }
    // The exit code of the chosen command.
    int run() {
        fill(common_.url, "RONDO_URL", kDefaultUrl);
        fill(common_.token_file, "RONDO_TOKEN_FILE", "");
        return chosen_ ? chosen_() : 2;
    }

  private:
    using Work = std::function<Status()>;
    static constexpr const char* kDefaultUrl = "http://127.0.0.1:5000";

    static void fill(std::string& setting, const char* variable, const char* otherwise) {
        if (!setting.empty()) return;
        const char* value = std::getenv(variable);
        setting = value != nullptr && *value != '\0' ? value : otherwise;
    }

    CLI::App* noun(const char* name, const char* help) {
        CLI::App* app = root_.add_subcommand(name, help);
        app->require_subcommand(1);
        return app;
    }
    CLI::App* verb(CLI::App* parent, const char* name, const char* help, Work work) {
        CLI::App* app = parent->add_subcommand(name, help);
        // Their variables are read in run(): CLI11 sets them for all verbs, also those that were
        // not called, over the flag of the one that was.
        app->add_option("--url", common_.url,
                        "The server; RONDO_URL, or else " + std::string(kDefaultUrl));
        app->add_option("--token-file", common_.token_file,
                        "The server's token; RONDO_TOKEN_FILE, or else ./rondo-data/token when it "
                        "is there");
        app->add_flag("--json", common_.json, "Print the answer as JSON");
        app->callback(
            [this, work = std::move(work)] { chosen_ = [work] { return report(work()); }; });
        return app;
    }

    void add_loop() {
        verb(&root_, "timeline", "Cause and effect on an endpoint",
             [this] { return cli::timeline(common_, name_); })
            ->add_option("endpoint", name_, "Name of the endpoint")
            ->required();
        verb(&root_, "why", "Compute a decision again from the log",
             [this] { return cli::why(common_, number_); })
            ->add_option("decision", number_, "Number of the decision")
            ->required();
    }

    void add_data() {
        CLI::App* data = noun("data", "Datasets and their versions");
        CLI::App* push = verb(data, "push", "Make a version of a folder's files",
                              [this] { return cli::data_push(common_, name_, path_, text_); });
        push->add_option("dataset", name_, "Name of the dataset")->required();
        push->add_option("folder", path_, "Folder with its files")->required();
        push->add_option("-m,--message", text_, "What it is");
        verb(data, "list", "Datasets, or the versions of one", [this] {
            return cli::data_list(common_, name_);
        })->add_option("dataset", name_, "Name of the dataset");
        CLI::App* get = verb(data, "get", "Copy a version into a folder",
                             [this] { return cli::data_get(common_, name_, version_, path_); });
        get->add_option("dataset", name_, "Name of the dataset")->required();
        get->add_option("folder", path_, "Where to")->required();
        get->add_option("--version", version_, "Number of the version")->capture_default_str();
    }

    void add_pipeline() {
        CLI::App* pipeline = noun("pipeline", "Pipelines");
        verb(pipeline, "apply", "Define a pipeline, with the scripts beside its file",
             [this] { return cli::pipeline_apply(common_, path_); })
            ->add_option("file", path_, "Definition (YAML)")
            ->required();
        verb(pipeline, "list", "All pipelines", [this] { return cli::pipeline_list(common_); });
        CLI::App* start = verb(pipeline, "run", "Start a run", [this]() -> Status {
            for (const std::string& param : params_) {
                const size_t equals = param.find('=');
                run_.params[param.substr(0, equals)] = param.substr(equals + 1);
            }
            return cli::pipeline_run(common_, name_, run_);
        });
        start->add_option("name", name_, "Name of the pipeline")->required();
        start->add_option("--dataset", run_.dataset, "Dataset for its tasks");
        start->add_option("--data-version", run_.data_version, "Its version; 0 takes the latest");
        start->add_option("--param", params_, "NAME=VALUE for its tasks")
            ->check([](const std::string& param) {
                return param.find('=') != std::string::npos ? std::string()
                                                            : "it needs NAME=VALUE, not " + param;
            });
        start->add_option("--idempotency-key", run_.idempotency_key,
                          "The same key never starts a second run");
        start->add_flag("--wait", run_.wait, "Wait for its end");

        CLI::App* run = noun("run", "Runs of pipelines");
        verb(run, "list", "Runs, newest first", [this] {
            return cli::run_list(common_, name_);
        })->add_option("pipeline", name_, "Only runs of this pipeline");
        verb(run, "show", "A run and its tasks", [this] { return cli::run_show(common_, number_); })
            ->add_option("id", number_, "Number of the run")
            ->required();
        CLI::App* log = verb(run, "log", "What a task printed",
                             [this] { return cli::run_log(common_, number_, text_); });
        log->add_option("id", number_, "Number of the run")->required();
        log->add_option("task", text_, "Name of the task; the first by default");
        verb(run, "cancel", "End a run", [this] { return cli::run_cancel(common_, number_); })
            ->add_option("id", number_, "Number of the run")
            ->required();
    }

    void add_model() {
        CLI::App* model = noun("model", "Registered models");
        verb(model, "list", "All models and their aliases",
             [this] { return cli::model_list(common_); });
        verb(model, "show", "The versions of a model",
             [this] { return cli::model_show(common_, name_); })
            ->add_option("name", name_, "Name of the model")
            ->required();
    }

    void add_endpoint() {
        CLI::App* endpoint = noun("endpoint", "Endpoints: what is served and what runs by itself");
        verb(endpoint, "apply", "Create or redefine an endpoint",
             [this] { return cli::endpoint_apply(common_, path_); })
            ->add_option("file", path_, "Definition (YAML)")
            ->required();
        verb(endpoint, "policy", "Apply what runs by itself on an endpoint",
             [this] { return cli::endpoint_policy(common_, path_); })
            ->add_option("file", path_, "Policy (YAML)")
            ->required();
        verb(endpoint, "list", "All endpoints", [this] { return cli::endpoint_list(common_); });
        verb(endpoint, "show", "The state of an endpoint",
             [this] { return cli::endpoint_show(common_, name_); })
            ->add_option("name", name_, "Name of the endpoint")
            ->required();
        verb(endpoint, "retrain", "Train, gate and roll out now",
             [this] { return cli::endpoint_retrain(common_, name_); })
            ->add_option("name", name_, "Name of the endpoint")
            ->required();
        CLI::App* rollout =
            verb(endpoint, "rollout", "Try a model version, without a gate",
                 [this] { return cli::endpoint_rollout(common_, name_, number_, path_); });
        rollout->add_option("name", name_, "Name of the endpoint")->required();
        rollout->add_option("model_version", number_, "Version of its model")->required();
        rollout->add_option("--spec", path_, "Instead of the policy's rollout (YAML)");
        CLI::App* abort = verb(endpoint, "abort", "End the rollout under way",
                               [this] { return cli::endpoint_abort(common_, name_, text_); });
        abort->add_option("name", name_, "Name of the endpoint")->required();
        abort->add_option("--reason", text_, "Why, for the timeline")->required();
    }

    void add_doctor() {
        CLI::App* doctor =
            verb(&root_, "doctor", "Look for what needs a hand", [] { return ok(); });
        doctor->add_option("--data", folder_, "Data folder on this machine")
            ->envname("RONDO_DATA")
            ->capture_default_str();
        doctor->callback([this] {
            chosen_ = [this] {
                const auto problems = cli::doctor(common_, folder_);
                if (!problems) return report(std::unexpected(problems.error()));
                return *problems == 0 ? 0 : kCheckSaysNo;
            };
        });
    }

    // The exit code of a check that ran and found something.
    static constexpr int kCheckSaysNo = 10;

    CLI::App& root_;
    std::function<int()> chosen_;
    cli::Common common_;
    std::string name_, path_, text_, version_ = "latest", folder_ = "./rondo-data";
    int64_t number_ = 0;
    std::vector<std::string> params_;
    cli::RunOptions run_;
};

}  // namespace

int main(int argc, char** argv) {
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

    app::Config config;
    ServerFlags flags;
    add_server(root, config, flags);
    Commands commands(root);

    try {
        root.parse(argc, argv);
        if (!flags.config_file.empty())
            read_config_file(*root.get_subcommand("server"), flags.config_file);
    } catch (const CLI::ParseError& e) {
        const int code = root.exit(e);
        return code == 0 ? 0 : 2;
    }
    if (root.got_subcommand("server")) return report(start_server(config, flags));
    return commands.run();
}
