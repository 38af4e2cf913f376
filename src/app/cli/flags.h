// How a command says what it takes: nouns, verbs and their flags, declared beside the command's
// code and parsed by CLI11, which only flags.cc and main.cc know. One thread, at the program's
// start.
//
//   struct Flags { std::string name; };
//   auto flags = std::make_shared<Flags>();
//   Verb show = noun.verb("show", "The state of an endpoint",
//                         [flags](const Common& common) { return show(common, flags->name); });
//   show.positional("name", flags->name, "Name of the endpoint");
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "app/cli/session.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace rondo::app::cli {

// The exit code of a check that ran and found something.
inline constexpr int kCheckSaysNo = 10;
// The exit code of a failure; part of the interface (docs/guide/README.md).
int exit_code(Code code);

// A flag or a positional; what it returns to is owned by the parser.
class Flag {
  public:
    explicit Flag(CLI::Option* option) : option_(option) {}
    Flag& required();
    // For a verb without a server only: the parser reads variables of all verbs, called or not.
    Flag& from_environment(const std::string& variable);
    // Says in a few words what is wrong with a value; empty when nothing is.
    Flag& check(std::function<std::string(const std::string&)> problem);

  private:
    CLI::Option* option_;
};

class Commands;
class Noun;

// A command that can be called. The variables handed in have to live as long as its work.
class Verb {
  public:
    Verb(Commands& commands, CLI::App* app) : commands_(commands), app_(app) {}
    // What has to be given, by its place. `name` and `flag` are shown in the help as they are.
    Flag positional(const std::string& name, std::string& into, const std::string& help);
    Flag positional(const std::string& name, int64_t& into, const std::string& help);
    // Values that stand in the variables already are shown as the defaults.
    Flag option(const std::string& flag, std::string& into, const std::string& help);
    Flag option(const std::string& flag, int64_t& into, const std::string& help);
    Flag option(const std::string& flag, double& into, const std::string& help);
    Flag option(const std::string& flag, std::vector<std::string>& into, const std::string& help);
    Flag option(const std::string& flag, bool& into, const std::string& help);

    // Where verbs hang that are called by this one's name and theirs. Once its flags are declared.
    Noun below();

  private:
    Commands& commands_;
    CLI::App* app_;
};

// Where verbs hang: the program itself, or a noun below it.
class Noun {
  public:
    Noun(Commands& commands, CLI::App* app) : commands_(commands), app_(app) {}

    Noun noun(const std::string& name, const std::string& help);
    // Takes --url, --token-file and --json. Work is called with them and returns a Status, or a
    // Result<int> with the exit code of a check.
    template <class Work>
    Verb verb(const std::string& name, const std::string& help, Work work) {
        return add(name, help, code_of(std::move(work)), true);
    }
    // Needs no server: takes --json only.
    template <class Work>
    Verb local_verb(const std::string& name, const std::string& help, Work work) {
        return add(name, help, code_of(std::move(work)), false);
    }

  private:
    using Code = std::function<Result<int>(const Common&)>;
    template <class Work>
    static Code code_of(Work work) {
        if constexpr (std::is_same_v<std::invoke_result_t<Work&, const Common&>, Status>)
            return [work = std::move(work)](const Common& common) mutable -> Result<int> {
                TRY(work(common));
                return 0;
            };
        else
            return work;
    }
    Verb add(const std::string& name, const std::string& help, Code work, bool with_server);

    Commands& commands_;
    CLI::App* app_;
};

// All commands but `server`. Declare them, let the parser run, then run().
class Commands {
  public:
    explicit Commands(CLI::App& root) : root_(*this, &root) {}
    Noun& root() { return root_; }
    // Runs the command that was called, reports its failure on stderr; the exit code.
    int run();

  private:
    friend class Noun;
    Noun root_;
    std::function<Result<int>(const Common&)> chosen_;
    Common common_;
};

// Prints why a command failed; its exit code.
int report(const Status& status);

}  // namespace rondo::app::cli
