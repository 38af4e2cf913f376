// What the commands that try a policy before it runs have in common.
#pragma once

#include "app/cli/flags.h"
#include "domain/loop/model.h"
#include "domain/simulate/study.h"
#include "domain/simulate/traffic.h"
#include "platform/columnar/table.h"

namespace rondo::app::cli {

// What is read from a policy's file: a whole policy, or the rollout of one on its own (as `rondo
// endpoint rollout --spec` takes it). Checked as the server checks it.
struct PolicyFile {
    rollout::RolloutSpec rollout;
    gates::DataColumns data;
    std::optional<monitor::MonitorSpec> monitor;  // of a whole policy
};
Result<PolicyFile> read_policy(const std::string& path);

// A file of rows, Parquet or CSV.
Result<std::unique_ptr<columnar::Table>> open_rows(const std::string& path);

// The exit code of what was asked for wrongly: the failure is reported, and 2 stands for it; a file
// that is not there has its own code, as with every command.
Result<int> usage_code(Result<int> code);

// What made traffic is like, as flags.
struct TrafficFlags {
    int64_t rows_per_day = 1000;
    double base_rate = 0.1, discordance = 0, deviation = 0;

    // `deviation_help` says what holds without one. Gives the flag of requests back.
    Flag add_to(Verb& verb, const char* deviation_help);
    simulate::Traffic traffic() const;  // all but its spread, which depends on the loss
};
inline constexpr const char* kSeedHelp = "The same seed gives the same result";

// As many threads as the machine has.
int all_threads();

// "3 of 1,000 runs (0.3 %; 99.9 % limits 0 % to 1.4 %)"
std::string in_words(const simulate::Share& share);
// "12 %"
std::string percent(double share);
// Days for people; "-" for none.
std::string days_text(double days);

// A result with a field table as a tree.
template <class T>
Result<json::Value> tree_of(const T& value) {
    return json::Value::parse(json::write(value));
}
template <class T>
Result<json::Value::List> trees_of(const std::vector<T>& values) {
    json::Value::List out;
    for (const T& value : values) {
        TRY_ASSIGN(json::Value tree, tree_of(value));
        out.push_back(std::move(tree));
    }
    return out;
}

}  // namespace rondo::app::cli
