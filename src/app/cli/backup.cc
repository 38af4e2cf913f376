#include "app/backup/backup.h"

#include <algorithm>

#include "app/backup/restore.h"
#include "app/cli/commands.h"
#include "app/cli/steps.h"
#include "base/text.h"

namespace rondo::app::cli {
namespace {

using json::Value;

struct Flags {
    std::string target, data = "./rondo-data", database, snapshot;
    bool verify = false, list = false, copy = false;
    int64_t rate_limit = 0;
};

std::string summary(const Manifest& m) {
    int64_t rows = 0;
    for (const SavedTable& table : m.tables) rows += table.rows;
    return grouped(rows) + " rows in " + std::to_string(m.tables.size()) + " tables of " +
           m.engine + ", " + grouped(m.blobs.count) + " blobs, " + std::to_string(m.files.size()) +
           " files, " + shown(static_cast<double>(m.bytes()) / 1e6) + " MB";
}

Value missing_of(const Manifest& m) {
    Value::List list;
    for (const MissingBlob& each : m.missing)
        list.push_back(
            Value::Object{{"digest", each.digest}, {"what", each.what}, {"how", each.how}});
    return list;
}

void print_missing(const Manifest& m) {
    for (const MissingBlob& each : m.missing)
        print_line("lost before: " + each.digest.substr(0, 12) + " (" + each.what + ") is " +
                   each.how);
}

Value shown_of(const Manifest& m) {
    int64_t rows = 0;
    for (const SavedTable& table : m.tables) rows += table.rows;
    return Value::Object{{"snapshot", m.id},
                         {"made_at", m.made_at},
                         {"engine", m.engine},
                         {"schema", m.schema.empty() ? int64_t{0} : m.schema.back().number},
                         {"rows", rows},
                         {"blobs", m.blobs.count},
                         {"files", static_cast<int64_t>(m.files.size())},
                         {"bytes", static_cast<int64_t>(m.bytes())},
                         {"missing", missing_of(m)}};
}

Result<int> list(const Common& common, const Flags& flags) {
    Env& env = system_env();
    TRY_ASSIGN(const auto names, list_snapshots(env, flags.target));
    Value::List all;
    TablePrinter table({"SNAPSHOT", "MADE", "CONTENT"});
    for (const std::string& name : names) {
        TRY_ASSIGN(const Manifest m, find_snapshot(env, flags.target, name));
        all.push_back(shown_of(m));
        table.add({m.id, m.made_at, summary(m)});
    }
    if (common.json)
        print_json(Value::Object{{"snapshots", std::move(all)}});
    else
        table.print();
    return 0;
}

Result<int> verify(const Common& common, const Flags& flags) {
    Env& env = system_env();
    TRY_ASSIGN(const Manifest m, find_snapshot(env, flags.target, flags.snapshot));
    Steps steps;
    TRY_ASSIGN(const auto wrong, verify_backup(env, flags.target, m, steps.watch()));
    steps.end();
    if (common.json) {
        Value::List list;
        for (const std::string& each : wrong) list.emplace_back(each);
        Value out = shown_of(m);
        out.set("damage", std::move(list));
        print_json(out);
    } else {
        for (const std::string& each : wrong) print_line("DAMAGE  " + each);
        print_missing(m);
        print_line((wrong.empty() ? "whole: " : "damaged: ") + m.id + ", " + summary(m));
    }
    return wrong.empty() && m.missing.empty() ? 0 : kCheckSaysNo;
}

Result<int> backup(const Common& common, const Flags& flags) {
    if (flags.list) return list(common, flags);
    if (flags.verify) return verify(common, flags);
    BackupOptions options{.target = flags.target, .data = flags.data, .database = flags.database};
    if (flags.copy) options.blobs = BackupOptions::Blobs::copy;
    options.bytes_a_second = static_cast<uint64_t>(std::max<int64_t>(0, flags.rate_limit)) << 20;
    Steps steps;
    TRY_ASSIGN(const BackupReport report, make_backup(system_env(), options, steps.watch()));
    steps.end();
    const Manifest& m = report.manifest;
    if (common.json) {
        Value out = shown_of(m);
        out.set("folder", report.folder);
        out.set("blobs_new", report.blobs_new);
        print_json(out);
    } else {
        print_missing(m);
        print_line(report.folder + ": " + summary(m) + " (" + grouped(report.blobs_new) +
                   " blobs new)");
    }
    return m.missing.empty() ? 0 : kCheckSaysNo;
}

Result<int> restore(const Common& common, const Flags& flags) {
    std::string data = flags.data;
    while (data.size() > 1 && data.ends_with('/')) data.pop_back();
    Steps steps;
    TRY_ASSIGN(const Manifest m,
               restore_backup(system_env(), {flags.target, flags.snapshot, data, flags.database},
                              steps.watch()));
    steps.end();
    if (common.json) {
        print_json(shown_of(m));
    } else {
        print_missing(m);
        print_line("restored " + m.id + " to " + data + ": " + summary(m));
    }
    return m.missing.empty() ? 0 : kCheckSaysNo;
}

void add_place(Verb& verb, Flags& flags, const char* data_help) {
    verb.option("--data", flags.data, data_help).from_environment("RONDO_DATA");
    verb.option("--database", flags.database,
                "postgresql://... ; without it SQLite in the data folder")
        .from_environment("RONDO_DATABASE");
    verb.option("--snapshot", flags.snapshot, "Its name; the newest by default");
}

}  // namespace

void add_backup(Noun& root) {
    const auto flags = std::make_shared<Flags>();
    Verb make = root.local_verb("backup", "Copy everything a server keeps, while it goes on",
                                [flags](const Common& common) { return backup(common, *flags); });
    make.positional("target", flags->target, "Folder of backups; made when it is missing")
        .required();
    add_place(make, *flags, "The server's data folder");
    make.option("--verify", flags->verify, "Check a backup that is there instead of making one");
    make.option("--list", flags->list, "List the backups that are there instead of making one");
    make.option("--copy", flags->copy, "Copy stored bytes also where a hard link would do");
    make.option("--rate-limit", flags->rate_limit,
                "At most this many MiB of stored bytes a second");

    Verb back = root.local_verb("restore", "Make a data folder, and a database, from a backup",
                                [flags](const Common& common) { return restore(common, *flags); });
    back.positional("backup", flags->target, "Folder of backups").required();
    add_place(back, *flags, "The folder to make; missing or empty");
}

}  // namespace rondo::app::cli
