#include "app/cli/flags.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <cstdlib>

namespace rondo::app::cli {
namespace {

constexpr const char* kDefaultUrl = "http://127.0.0.1:5000";

// Verbs share these, and their variables are read only once the parser is done: CLI11 sets the
// variables of all verbs, also of those that were not called, over the flag of the one that was.
void fill(std::string& setting, const char* variable, const char* otherwise) {
    if (!setting.empty()) return;
    const char* value = std::getenv(variable);
    setting = value != nullptr && *value != '\0' ? value : otherwise;
}

}  // namespace

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

Flag& Flag::required() {
    option_->required();
    return *this;
}

Flag& Flag::from_environment(const std::string& variable) {
    option_->envname(variable);
    return *this;
}

Flag& Flag::check(std::function<std::string(const std::string&)> problem) {
    option_->check(std::move(problem));
    return *this;
}

Flag Verb::positional(const std::string& name, std::string& into, const std::string& help) {
    return Flag(app_->add_option(name, into, help));
}
Flag Verb::positional(const std::string& name, int64_t& into, const std::string& help) {
    return Flag(app_->add_option(name, into, help));
}
Flag Verb::option(const std::string& flag, std::string& into, const std::string& help) {
    CLI::Option* option = app_->add_option(flag, into, help);
    if (!into.empty()) option->capture_default_str();
    return Flag(option);
}
Flag Verb::option(const std::string& flag, int64_t& into, const std::string& help) {
    CLI::Option* option = app_->add_option(flag, into, help);
    if (into != 0) option->capture_default_str();
    return Flag(option);
}
Flag Verb::option(const std::string& flag, double& into, const std::string& help) {
    CLI::Option* option = app_->add_option(flag, into, help);
    if (into != 0) option->capture_default_str();
    return Flag(option);
}
Flag Verb::option(const std::string& flag, std::vector<std::string>& into,
                  const std::string& help) {
    return Flag(app_->add_option(flag, into, help));
}
Flag Verb::option(const std::string& flag, bool& into, const std::string& help) {
    return Flag(app_->add_flag(flag, into, help));
}

// The parser asks for required flags whatever is called below them; so they are asked for here.
Noun Verb::below() {
    const std::vector<CLI::Option*> needed =
        app_->get_options([](const CLI::Option* option) { return option->get_required(); });
    for (CLI::Option* option : needed) option->required(false);
    app_->parse_complete_callback([app = app_, needed] {
        if (!app->get_subcommands().empty()) return;
        for (const CLI::Option* option : needed) {
            if (option->count() == 0) throw CLI::RequiredError(option->get_name());
        }
    });
    return Noun(commands_, app_);
}

Noun Noun::noun(const std::string& name, const std::string& help) {
    CLI::App* app = app_->add_subcommand(name, help);
    app->require_subcommand(1);
    return Noun(commands_, app);
}

Verb Noun::add(const std::string& name, const std::string& help, Code work, bool with_server) {
    CLI::App* app = app_->add_subcommand(name, help);
    Common& common = commands_.common_;
    if (with_server) {
        app->add_option("--url", common.url,
                        "The server; RONDO_URL, or else " + std::string(kDefaultUrl));
        app->add_option("--token-file", common.token_file,
                        "The server's token; RONDO_TOKEN_FILE, or else ./rondo-data/token when it "
                        "is there");
    }
    app->add_flag("--json", common.json, "Print the answer as JSON");
    // A verb below this one runs first, and is the one that was called.
    app->callback([app, commands = &commands_, work = std::move(work)] {
        if (app->get_subcommands().empty()) commands->chosen_ = work;
    });
    return Verb(commands_, app);
}

int Commands::run() {
    fill(common_.url, "RONDO_URL", "");
    common_.is_named = !common_.url.empty();
    fill(common_.url, "RONDO_URL", kDefaultUrl);
    fill(common_.token_file, "RONDO_TOKEN_FILE", "");
    if (!chosen_) return 2;
    const auto code = chosen_(common_);
    return code ? *code : report(std::unexpected(code.error()));
}

}  // namespace rondo::app::cli
