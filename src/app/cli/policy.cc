// rondo policy check: a monitor's rule on quiet streams.
#include <algorithm>
#include <cmath>

#include "app/cli/commands.h"
#include "app/cli/studies.h"
#include "base/text.h"
#include "domain/monitor/service.h"
#include "domain/simulate/quiet.h"

namespace rondo::app::cli {
namespace {

using json::Value;
using simulate::QuietCell;

struct Flags {
    std::string policy, reference;
    std::vector<std::string> windows, margins;
    int64_t days = 240, block = 1, runs = 1000, seed = 1;
    double value = 0, level = 0.01;
};

Result<std::vector<double>> numbers(const std::vector<std::string>& texts, const char* flag) {
    std::vector<double> out;
    for (const std::string& text : texts) {
        const auto value = parse_double(text);
        if (!value)
            return fail(Code::invalid, std::string(flag) + " takes numbers, not " + quoted(text));
        out.push_back(*value);
    }
    return out;
}

Result<simulate::QuietSpec> spec_of(const Flags& flags, const monitor::MonitorSpec& rule,
                                    double mean) {
    simulate::QuietSpec spec;
    spec.rule = rule;
    spec.reference = flags.value != 0 ? flags.value : mean;
    spec.stream_days = flags.days;
    spec.block_days = flags.block;
    spec.level = flags.level;
    spec.runs = flags.runs;
    spec.seed = static_cast<uint64_t>(flags.seed);
    TRY_ASSIGN(const auto windows, numbers(flags.windows, "--window"));
    for (const double window : windows) {
        if (window != std::floor(window) || std::abs(window) > 3660)
            return fail(Code::invalid, "--window takes whole days");
        spec.windows.push_back(static_cast<int64_t>(window));
    }
    const int64_t own = monitor::window_days(rule);
    if (flags.windows.empty()) spec.windows = {7, 14, 28};
    spec.windows.push_back(own);
    TRY_ASSIGN(spec.margins, numbers(flags.margins, "--margin"));
    if (flags.margins.empty()) {
        for (int step = 0; step <= 8; ++step) spec.margins.push_back(step / 100.0);
    }
    spec.margins.push_back(rule.margin);
    const auto tidy = [](auto& values) {
        std::ranges::sort(values);
        values.erase(std::ranges::unique(values).begin(), values.end());
    };
    tidy(spec.windows);
    tidy(spec.margins);
    return spec;
}

struct Report {
    simulate::QuietSpec spec;
    std::vector<QuietCell> cells;
    const QuietCell* own = nullptr;  // the policy's window and margin
    std::optional<double> recommended;
};

void print_words(const Report& r, const simulate::ReferenceDays& days) {
    const std::string window = counted(r.own->window_days, "day");
    print_line("Reference: " + grouped(days.rows) + " labelled rows of " +
               counted(static_cast<int64_t>(days.losses.size()), "day") + ", mean loss " +
               shown(days.mean) + ", reference value " + shown(r.spec.reference) + "; " +
               grouped(r.spec.runs) + " quiet streams of " + counted(r.spec.stream_days, "day") +
               ", seed " + std::to_string(r.spec.seed));
    TablePrinter table({"WINDOW", "MARGIN", "FALSE ALARMS", "99.9 % LIMITS", "BY THE BARE MEAN"});
    for (const QuietCell& cell : r.cells)
        table.add({counted(cell.window_days, "day"), shown(cell.margin), percent(cell.alarms.share),
                   percent(cell.alarms.lower) + " to " + percent(cell.alarms.upper),
                   percent(cell.by_mean.share)});
    table.print();
    print_line("");
    print_line("The policy's rule (" + window + ", margin " + shown(r.own->margin) +
               ") calls a breach in " + in_words(r.own->alarms) +
               " although nothing is wrong; by "
               "the bare mean it would be " +
               percent(r.own->by_mean.share));
    if (r.recommended)
        print_line("The smallest margin with at most " + percent(r.spec.level) + " is " +
                   shown(*r.recommended) + " for a window of " + window);
    else
        print_line("No margin up to " + shown(r.spec.margins.back()) + " keeps a window of " +
                   window + " at " + percent(r.spec.level) +
                   "; take a longer window, or larger margins by --margin");
}

Status print_tree(const Report& r, const simulate::ReferenceDays& days) {
    TRY_ASSIGN(Value::List cells, trees_of(r.cells));
    TRY_ASSIGN(Value own, tree_of(*r.own));
    print_json(
        Value::Object{{"rows", days.rows},
                      {"days", static_cast<int64_t>(days.losses.size())},
                      {"mean", days.mean},
                      {"reference", r.spec.reference},
                      {"level", r.spec.level},
                      {"policy", std::move(own)},
                      {"recommended_margin", r.recommended ? Value(*r.recommended) : Value()},
                      {"cells", std::move(cells)}});
    return ok();
}

Result<int> check_policy(const Flags& flags, bool json) {
    TRY_ASSIGN(const PolicyFile policy, read_policy(flags.policy));
    if (!policy.monitor)
        return fail(Code::invalid, quoted(flags.policy) +
                                       " is a rollout on its own; what is checked here is a "
                                       "policy's part 'monitor'");
    TRY_ASSIGN(const auto rows, open_rows(flags.reference));
    TRY_ASSIGN(const auto days,
               simulate::read_reference(*rows, policy.data, policy.monitor->metric));
    Report report;
    TRY_ASSIGN(report.spec, spec_of(flags, *policy.monitor, days.mean));
    TRY(simulate::check(report.spec, days));
    {
        Progress progress("playing quiet streams", static_cast<uint64_t>(report.spec.runs),
                          "streams");
        report.cells = simulate::quiet_cells(report.spec, days, all_threads(),
                                             [&](uint64_t done) { progress.add(done); });
    }
    const int64_t window = monitor::window_days(report.spec.rule);
    for (const QuietCell& cell : report.cells) {
        if (cell.window_days == window && cell.margin == report.spec.rule.margin)
            report.own = &cell;
    }
    report.recommended = simulate::smallest_margin(report.cells, window, report.spec.level);
    if (json) {
        TRY(print_tree(report, days));
    } else {
        print_words(report, days);
    }
    return report.own->alarms.share > report.spec.level ? kCheckSaysNo : 0;
}

}  // namespace

void add_policy(Noun& root) {
    const auto flags = std::make_shared<Flags>();
    Noun policy = root.noun("policy", "Policies: what runs by itself, tried before it does");
    Verb check = policy.local_verb(
        "check", "How often a monitor's rule alarms while nothing is wrong",
        [flags](const Common& common) { return usage_code(check_policy(*flags, common.json)); });
    check.positional("policy", flags->policy, "Policy (YAML)").required();
    check
        .positional(
            "reference", flags->reference,
            "Labelled losses of the champion (Parquet or CSV, also .gz, .zst): event time and "
            "loss, or label and answer")
        .required();
    check.option("--window", flags->windows, "Days of a window; 7, 14, 28 and the policy's");
    check.option("--margin", flags->margins, "Margins; 0 to 0.08 in steps of 0.01");
    check.option("--reference-value", flags->value,
                 "Expected loss of the champion; the mean of the file");
    check.option("--level", flags->level, "Share of quiet streams that may see an alarm");
    check.option("--days", flags->days, "Days of a stream");
    check.option("--block", flags->block, "Days that are drawn together");
    check.option("--runs", flags->runs, "Streams");
    check.option("--seed", flags->seed, kSeedHelp);
}

void add_rollout(Noun& root) {
    Noun rollout = root.noun("rollout", "Rollouts: tried and planned before they start");
    add_simulate(rollout);
    add_plan(rollout);
}

}  // namespace rondo::app::cli
