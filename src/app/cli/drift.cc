// rondo drift and rondo profile: files in, a verdict out, no server.
#include <malloc.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <thread>

#include "app/cli/commands.h"
#include "app/html/drift_page.h"
#include "app/html/profile_page.h"
#include "base/text.h"
#include "domain/drift/compare.h"
#include "domain/drift/prepared.h"
#include "domain/drift/profile.h"
#include "platform/json/enums.h"
#include "platform/json/json.h"

namespace rondo::app::cli {
namespace {

constexpr size_t kMostThreads = 64;

struct DriftFlags {
    std::string reference, current, method, threshold, by, html;
    std::string effect = "0.1", alpha = "0.05";
    std::vector<std::string> columns;
    bool evidently = false;
    int64_t threads = 0;
};

// Columns come and go: what one leaves is kept for the next, where the C library would give it back
// and fetch it again page by page, a tenth of the time of a comparison.
void keep_freed_memory() {
    constexpr int kMapFrom = 32 << 20, kTrimFrom = 1 << 30;  // the library takes no more
    ::mallopt(M_MMAP_THRESHOLD, kMapFrom);
    ::mallopt(M_TRIM_THRESHOLD, kTrimFrom);
}

size_t threads_of(int64_t wanted) {
    const size_t cores = std::max(1U, std::thread::hardware_concurrency());
    return std::min(wanted > 0 ? static_cast<size_t>(wanted) : cores, kMostThreads);
}

Result<std::unique_ptr<columnar::Table>> open_table(std::shared_ptr<File> file,
                                                    const std::string& path, size_t threads) {
    TRY_ASSIGN(const uint64_t size, file->size());
    Progress progress("read " + quoted(path), size, "MB", Progress::Where::terminal);
    return columnar::open_table(
        std::move(file), path,
        {.threads = threads, .limits = {}, .progress = [&](uint64_t n) { progress.add(n); }});
}

Result<std::unique_ptr<columnar::Table>> open_table(const std::string& path, size_t threads) {
    TRY_ASSIGN(std::shared_ptr<File> file, system_env().files().open(path, FileSystem::Mode::read));
    TRY_ASSIGN(const bool prepared, drift::is_prepared(*file));
    if (prepared)
        return fail(Code::invalid, quoted(path) +
                                       " is a prepared reference, which `rondo drift` takes as its "
                                       "first file; name a Parquet or CSV file here");
    return open_table(std::move(file), path, threads);
}

// A table or a prepared file, and what keeps it.
struct OpenReference {
    std::unique_ptr<columnar::Table> table;
    std::unique_ptr<drift::Reference> reference;
};

Result<OpenReference> open_reference(const std::string& path, size_t threads) {
    keep_freed_memory();
    TRY_ASSIGN(std::shared_ptr<File> file, system_env().files().open(path, FileSystem::Mode::read));
    TRY_ASSIGN(const bool prepared, drift::is_prepared(*file));
    OpenReference out;
    if (prepared) {
        TRY_ASSIGN(out.reference, drift::open_prepared(std::move(file), path));
        return out;
    }
    TRY_ASSIGN(out.table, open_table(std::move(file), path, threads));
    out.reference = std::make_unique<drift::TableReference>(*out.table);
    return out;
}

Result<double> number_flag(const std::string& text, const char* name, double least, double most) {
    const auto value = parse_double(text);
    if (value && *value >= least && *value <= most) return *value;
    return fail(Code::invalid, std::string(name) + " has to be a number from " + shown(least) +
                                   " to " + shown(most) + ", not " + quoted(text));
}

Result<drift::Options> options_of(const DriftFlags& flags) {
    drift::Options out;
    out.columns = flags.columns;
    out.by = flags.by;
    out.threads = threads_of(flags.threads);
    TRY_ASSIGN(out.effect, number_flag(flags.effect, "--effect", 0, 0.8325));
    TRY_ASSIGN(out.alpha, number_flag(flags.alpha, "--alpha", 1e-9, 0.5));
    if (!flags.method.empty()) {
        out.method = drift::find_method(flags.method);
        std::string names;
        for (const auto& method : drift::methods()) names += " " + std::string(method.name);
        if (out.method == nullptr)
            return fail(Code::invalid,
                        "there is no method " + quoted(flags.method) + "; there are" + names);
    }
    if (!flags.threshold.empty()) {
        if (out.method == nullptr)
            return fail(Code::invalid, "--threshold is of one method: name it with --method");
        TRY_ASSIGN(out.threshold, number_flag(flags.threshold, "--threshold", 0, 1e300));
    }
    return out;
}

const char* word_of(drift::Verdict verdict) {
    switch (verdict) {
        case drift::Verdict::drift:
            return "DRIFT";
        case drift::Verdict::no_drift:
            return "no drift";
        case drift::Verdict::not_enough_data:
            return "too few rows";
        case drift::Verdict::not_compared:
            return "not compared";
    }
    return "";
}

void print_window(const drift::Window& window) {
    TablePrinter table({"FEATURE", "VERDICT", "EFFECT", "CHANCE", "ADJUSTED P", "EVIDENTLY", ""});
    for (const drift::Feature& f : window.features) {
        std::vector<std::string> row{quoted(f.name), word_of(f.verdict), "-", "-", "-", "-",
                                     f.sentence};
        if (f.evidence) {
            row[2] = shown(f.evidence->effect);
            row[3] = shown(f.evidence->noise);
            row[4] = shown(f.evidence->adjusted_p);
        }
        if (f.evidently)
            row[5] = f.evidently->method + " " + shown(f.evidently->score) +
                     (f.evidently->drifted ? " drift" : "");
        table.add(std::move(row));
    }
    table.print();
    const drift::Preset& preset = window.evidently;
    print_line("Evidently's preset: " + grouped(preset.drifted) + " of " +
               counted(preset.compared, "column") + " drifted (" + drift::percent(preset.share) +
               "), so the dataset " + (preset.drift ? "drifted." : "did not drift."));
}

void print_findings(const std::vector<drift::Finding>& findings) {
    if (findings.empty()) return;
    print_line("");
    TablePrinter table({"QUALITY", "COLUMN", ""});
    for (const drift::Finding& f : findings)
        table.add({std::string(json::text_of(f.severity)),
                   f.column.empty() ? "-" : quoted(f.column), f.text});
    table.print();
}

void print_report(const drift::Report& report) {
    print_line(report.sentence);
    print_line(counted(report.reference_rows, "reference row") + ", " +
               counted(report.current_rows, "current row") +
               "; effect is the Jensen-Shannon distance, chance what it stays below by chance");
    for (const drift::Window& window : report.windows) {
        print_line("");
        if (!report.by.empty())
            print_line(quoted(report.by) + " = " + quoted(window.name) + ", " +
                       counted(window.rows, "row"));
        print_window(window);
    }
    print_findings(report.findings);
}

Result<int> drift_files(const Common& common, const DriftFlags& flags) {
    TRY_ASSIGN(drift::Options options, options_of(flags));
    TRY_ASSIGN(const OpenReference opened, open_reference(flags.reference, options.threads));
    drift::Reference& reference = *opened.reference;
    TRY_ASSIGN(const auto current, open_table(flags.current, options.threads));
    Result<drift::Report> report = [&] {
        Progress progress("compare", std::min(reference.fields().size(), current->fields().size()),
                          "columns", Progress::Where::terminal);
        options.progress = [&](size_t n) { progress.add(n); };
        return drift::compare(reference, *current, options);
    }();
    TRY(report);
    report->reference = flags.reference;
    report->current = flags.current;
    if (!flags.html.empty()) TRY(write_local_file(flags.html, html::drift_page(*report)));
    if (common.json)
        print_line(json::write(*report));
    else
        print_report(*report);
    const bool preset = std::ranges::any_of(
        report->windows, [](const drift::Window& window) { return window.evidently.drift; });
    return (flags.evidently ? preset : report->drift) ? kCheckSaysNo : 0;
}

Status prepare_file(const Common& common, const std::string& path, const std::string& output) {
    const size_t threads = threads_of(0);
    TRY_ASSIGN(const auto table, open_table(path, threads));
    const Result<drift::PreparedFacts> facts = [&] {
        Progress progress("prepare", table->fields().size(), "columns", Progress::Where::terminal);
        return drift::prepare(*table, system_env(), output, threads,
                              [&](size_t n) { progress.add(n); });
    }();
    TRY(facts);
    TRY(open_to_others(output));
    if (common.json)
        print_line(json::write(*facts));
    else
        print_line(quoted(output) + " holds " + counted(facts->rows, "row") + " of " +
                   counted(facts->columns, "column") + " in " + grouped(facts->bytes) +
                   " bytes; compare with: rondo drift " + output + " CURRENT");
    return ok();
}

std::string shown_or_dash(const std::optional<double>& value) {
    return value ? shown(*value) : "-";
}

void print_profile(const drift::Profile& profile) {
    print_line(counted(profile.rows, "row") + ", " +
               counted(static_cast<int64_t>(profile.columns.size()), "column") + ", " +
               counted(profile.duplicates, "repeated row"));
    TablePrinter table({"COLUMN", "TYPE", "MISSING", "DISTINCT", "MEAN", "STD", "MIN", "MEDIAN",
                        "MAX", "MOST FREQUENT"});
    for (const drift::ColumnProfile& c : profile.columns) {
        const drift::Side& s = c.side;
        const double rows = std::max<double>(1, static_cast<double>(s.rows));
        const bool time = c.type == "timestamp";
        std::string top = c.note;
        for (size_t i = 0; i < c.top.size() && i < 3; ++i)
            top +=
                (i > 0 ? ", " : "") + quoted(c.top[i].value) + " (" + grouped(c.top[i].count) + ")";
        const auto number = [&](const std::optional<double>& v) {
            if (!time || !v || std::abs(*v) >= 9e15) return shown_or_dash(v);
            return format_time(Time{Micros{static_cast<int64_t>(*v)}});
        };
        table.add({quoted(c.name), c.type, drift::percent(static_cast<double>(s.missing) / rows),
                   grouped(s.distinct), number(s.mean), time ? "-" : shown_or_dash(s.deviation),
                   number(s.min), number(s.median), number(s.max), top});
    }
    table.print();
}

Status profile_file(const Common& common, const std::string& path, const std::string& html) {
    const size_t threads = threads_of(0);
    TRY_ASSIGN(auto table, open_table(path, threads));
    Result<drift::Profile> profile = [&] {
        Progress progress("profile", table->fields().size(), "columns", Progress::Where::terminal);
        return drift::profile(*table, threads, [&](size_t n) { progress.add(n); });
    }();
    TRY(profile);
    profile->file = path;
    if (!html.empty()) TRY(write_local_file(html, html::profile_page(*profile)));
    if (common.json)
        print_line(json::write(*profile));
    else
        print_profile(*profile);
    return ok();
}

}  // namespace

void add_drift(Noun& root) {
    const auto flags = std::make_shared<DriftFlags>();
    Verb drift =
        root.local_verb("drift",
                        "Compare a file of rows with a reference: 0 no drift, 10 drift or "
                        "a broken schema, else an error",
                        [flags](const Common& common) { return drift_files(common, *flags); });
    drift
        .positional("reference", flags->reference,
                    "Parquet or CSV (also .gz, .zst) of the past, or what `drift prepare` wrote")
        .required();
    drift.positional("current", flags->current, "The same of now").required();
    drift.option("--column", flags->columns, "Only this column; may be given more than once");
    drift.option("--method", flags->method,
                 "One of Evidently's methods for all columns; without it Evidently's rule chooses");
    drift.option("--threshold", flags->threshold, "Where the method's drift begins");
    drift.option("--by", flags->by, "Split the current file by the values of this column");
    drift.option("--effect", flags->effect,
                 "The Jensen-Shannon distance that matters, 0 to 0.8325");
    drift.option("--alpha", flags->alpha, "Tolerated share of false alarms among alarms");
    drift.option("--evidently", flags->evidently,
                 "Let Evidently's preset decide the exit code: half of the columns");
    drift.option("--html", flags->html, "Write a page for the browser into this file");
    drift.option("--threads", flags->threads, "At most so many; 0 is one a core");

    struct PrepareFlags {
        std::string reference, output;
    };
    const auto once = std::make_shared<PrepareFlags>();
    Verb prepare =
        drift.below().local_verb("prepare", "Sort a reference once, for many comparisons with it",
                                 [once](const Common& common) {
                                     return prepare_file(common, once->reference, once->output);
                                 });
    prepare.positional("reference", once->reference, "Parquet or CSV (also .gz, .zst)").required();
    prepare.option("-o,--output", once->output, "The file to write").required();

    struct ProfileFlags {
        std::string file, html;
    };
    const auto one = std::make_shared<ProfileFlags>();
    Verb profile = root.local_verb(
        "profile", "What the columns of a file hold",
        [one](const Common& common) { return profile_file(common, one->file, one->html); });
    profile.positional("file", one->file, "Parquet or CSV (also .gz, .zst)").required();
    profile.option("--html", one->html, "Write a page for the browser into this file");
}

}  // namespace rondo::app::cli
