#include <stdlib.h>
#include <sys/stat.h>

#include <cstdlib>

#include "app/backup/backup.h"
#include "app/blobs.h"
#include "app/cli/commands.h"
#include "app/data_folder.h"
#include "base/text.h"
#include "domain/holds/holds.h"
#include "domain/move/export.h"
#include "domain/move/import.h"
#include "domain/move/mlflow_schema.h"
#include "domain/schema/migrations.h"
#include "platform/store/snapshot.h"

namespace rondo::app::cli {
namespace {

using json::Value;
using move::Report;

constexpr int64_t kWorkspace = 1;  // the one there is

struct Flags {
    std::string place, prefix, artifacts;
    Config config;  // of it: data, database, blobs, s3_endpoint
    bool dry_run = false;
};

// The steps of the work, each with a line of progress on stderr.
class Lines {
  public:
    move::Watch watch() {
        return {[this](const std::string& what, uint64_t total, std::string_view unit) {
                    line_.reset();
                    line_.emplace(what, total, std::string(unit));
                },
                [this](uint64_t done) {
                    if (line_) line_->add(done);
                }};
    }
    void end() { line_.reset(); }

  private:
    std::optional<Progress> line_;
};

bool is_folder(const std::string& path) {
    struct stat info{};
    return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

// What MLflow and SQLAlchemy call a store, as a URL of ours or a path.
Result<std::string> database_of(const std::string& place) {
    constexpr std::string_view kSqlite = "sqlite:///";
    if (place.starts_with(kSqlite)) return "sqlite:" + place.substr(kSqlite.size());
    const size_t scheme = place.find("://");
    if (scheme == std::string::npos) return "sqlite:" + place;
    // The driver is a matter of Python's.
    const std::string engine = place.substr(0, std::min(place.find('+'), scheme));
    if (engine == "postgresql" || engine == "postgres") return engine + place.substr(scheme);
    if (engine == "http" || engine == "https")
        return fail(Code::unsupported,
                    quoted(place) +
                        " is a server; name the place where it keeps things, its "
                        "--backend-store-uri: sqlite:///FILE, postgresql://... or a "
                        "folder mlruns");
    return fail(Code::unsupported, quoted(place) +
                                       " is no place that can be read; it has to be "
                                       "sqlite:///FILE, the path of a database, "
                                       "postgresql://... or a folder mlruns");
}

Result<std::unique_ptr<move::Source>> open_source(Env& env, const std::string& place) {
    constexpr std::string_view kFile = "file://";
    const std::string path = place.starts_with(kFile) ? place.substr(kFile.size()) : place;
    if (is_folder(path)) return move::open_mlflow_folder(env, path);
    TRY_ASSIGN(const std::string url, database_of(path));
    return move::open_mlflow_database(env, url);
}

Value to_json(const Report& report, bool dry_run) {
    Value out = Value::Object{{"dry_run", dry_run}};
    for (size_t i = 0; i < report.tallies.size(); ++i) {
        std::string name(move::kKindNames[i]);
        for (char& c : name) c = c == ' ' ? '_' : c;
        const move::Tally& tally = report.tallies[i];
        out.set(name,
                Value::Object{
                    {"new", tally.added}, {"changed", tally.changed}, {"as_before", tally.same}});
    }
    out.set("bytes", report.bytes);
    Value::List left;
    for (const move::Left& each : report.left)
        left.push_back(
            Value::Object{{"what", each.what}, {"count", each.count}, {"why", each.why}});
    out.set("left", std::move(left));
    return out;
}

void print(const Report& report) {
    TablePrinter table({"WHAT", "NEW", "CHANGED", "AS BEFORE"});
    for (size_t i = 0; i < report.tallies.size(); ++i) {
        const move::Tally& tally = report.tallies[i];
        table.add({std::string(move::kKindNames[i]), grouped(tally.added), grouped(tally.changed),
                   grouped(tally.same)});
    }
    table.print();
    if (report.bytes > 0)
        print_line(shown(static_cast<double>(report.bytes) / 1e6) + " MB of artifacts");
    for (const move::Left& each : report.left)
        print_line("not moved: " + grouped(each.count) + " " + each.what + " (" + each.why + ")");
}

// A dry run looks at what is there, or at an empty database in a folder that goes afterwards.
class Look {
  public:
    ~Look() {
        snapshot_.reset();
        if (!scratch_.empty()) (void)remove_tree(system_env(), scratch_);
    }
    Result<store::Snapshot*> open(Env& env, const Config& config) {
        auto opened = store::Snapshot::open(database_url(config.data, config.database));
        if (!opened && opened.error().code != Code::not_found)
            return std::unexpected(opened.error());
        if (opened) {
            TRY_ASSIGN(const auto applied, store::applied_migrations(**opened));
            TRY(store::check_schema(applied, migrations()));
            if (applied.size() == migrations().size()) {
                snapshot_ = std::move(*opened);
                return snapshot_.get();
            }
            if (!applied.empty())
                return fail(Code::conflict,
                            "the database has the schema of an older Rondo; start "
                            "this one's server on it once, or import without "
                            "--dry-run");
        }
        const char* folder = std::getenv("TMPDIR");
        std::string name = folder != nullptr && *folder != '\0' ? folder : "/tmp";
        name += "/rondo-dry-XXXXXX";
        if (::mkdtemp(name.data()) == nullptr)
            return fail(Code::unavailable, "cannot make a folder in the temporary one; set TMPDIR");
        scratch_ = name;
        const std::string url = "sqlite:" + scratch_ + "/rondo.db";
        TRY(store::Database::open(env, url, migrations()));
        TRY_ASSIGN(snapshot_, store::Snapshot::open(url));
        return snapshot_.get();
    }

  private:
    std::unique_ptr<store::Snapshot> snapshot_;
    std::string scratch_;
};

Result<Report> look(Env& env, const Flags& flags, move::Source& source, const move::Watch& watch) {
    Look there;
    TRY_ASSIGN(store::Snapshot* const snapshot, there.open(env, flags.config));
    move::Target target(*snapshot);
    const artifacts::Service artifacts(env, kWorkspace);
    return move::import_all({env, artifacts, nullptr, kWorkspace}, source, target,
                            {flags.prefix, flags.artifacts}, watch);
}

// With the data folder's lock, so that no server is about.
Result<Report> bring(Env& env, const Flags& flags, move::Source& source, const move::Watch& watch) {
    ::umask(077);  // as the server does
    const Config& config = flags.config;
    TRY_ASSIGN(const auto folder, DataFolder::open(env, config.data));
    TRY_ASSIGN(const auto db, store::Database::open(env, database_url(config.data, config.database),
                                                    migrations()));
    TRY_ASSIGN(const auto http, client::Client::open(env));
    TRY_ASSIGN(const auto blobs, open_blobs(env, *http, config, *folder));
    blobs->ask_before_commit([&](const blob::Stored& stored) {
        return holds::hold_upload(
            env, *db, {stored.digest.hex(), static_cast<int64_t>(stored.size)}, config.holds);
    });
    move::Target target(*db);
    const artifacts::Service artifacts(env, kWorkspace);
    return move::import_all({env, artifacts, blobs.get(), kWorkspace}, source, target,
                            {flags.prefix, flags.artifacts}, watch);
}

Status import_mlflow(const Common& common, const Flags& flags) {
    Env& env = system_env();
    if (!flags.artifacts.empty() && !is_folder(flags.artifacts))
        return fail(Code::not_found, "there is no folder " + quoted(flags.artifacts) +
                                         "; --artifacts is the folder that MLflow's server hands "
                                         "artifacts out from");
    TRY_ASSIGN(const auto source, open_source(env, flags.place));
    Lines lines;
    TRY_ASSIGN(const Report report, flags.dry_run ? look(env, flags, *source, lines.watch())
                                                  : bring(env, flags, *source, lines.watch()));
    lines.end();
    if (common.json) {
        print_json(to_json(report, flags.dry_run));
        return ok();
    }
    if (flags.dry_run) print_line("nothing was written; this is what an import would do:");
    print(report);
    return ok();
}

// What MLflow has no place for, or has in part.
Status add_left(store::Tx& tx, Report& report, bool with_files) {
    struct Kept {
        const char *table, *what;
    };
    constexpr std::array kKept{Kept{"datasets", "datasets of Rondo's own"},
                               Kept{"pipelines", "pipelines"}, Kept{"endpoints", "endpoints"},
                               Kept{"users", "accounts"}, Kept{"webhooks", "webhooks"}};
    for (const Kept& each : kKept) {
        TRY_ASSIGN(const auto count,
                   tx.one<int64_t>("SELECT count(*) FROM " + std::string(each.table)));
        if (*count > 0) report.left.push_back({each.what, *count, "MLflow has no place for them"});
    }
    if (with_files) return ok();
    TRY_ASSIGN(const auto files, tx.one<int64_t>("SELECT count(*) FROM artifact_files"));
    if (*files > 0)
        report.left.push_back({"artifact files", *files,
                               "name a folder for them with --artifacts; the database has their "
                               "locations"});
    return ok();
}

Status export_mlflow(const Common& common, const Flags& flags) {
    Env& env = system_env();
    TRY_ASSIGN(const std::string url, database_of(flags.place));
    constexpr std::string_view kSqlite = "sqlite:";
    if (!url.starts_with(kSqlite))
        return fail(Code::unsupported,
                    "only a new SQLite file can be written (sqlite:///FILE); MLflow's own tools "
                    "bring that into another database");
    const std::string path = url.substr(kSqlite.size());
    if (is_folder(path)) return fail(Code::invalid, quoted(path) + " is a folder; name a new file");
    TRY_ASSIGN(const auto snapshot,
               store::Snapshot::open(database_url(flags.config.data, flags.config.database)));
    TRY_ASSIGN(const auto applied, store::applied_migrations(*snapshot));
    TRY(store::check_schema(applied, migrations()));
    if (applied.size() != migrations().size())
        return fail(Code::conflict,
                    "the database has the schema of an older Rondo; start this "
                    "one's server on it once");
    TRY_ASSIGN(const auto file, store::NewFile::create(env, path, move::mlflow_schema()));
    const artifacts::Service artifacts(env, kWorkspace);
    const move::ExportParts parts{env, artifacts, kWorkspace};
    Lines lines;
    TRY_ASSIGN(Report report, move::export_all(parts, snapshot->tx(), file->tx(), lines.watch()));
    if (!flags.artifacts.empty()) {
        TRY_ASSIGN(const auto http, client::Client::open(env));
        TRY_ASSIGN(const auto blobs, attach_blobs(env, *http, flags.config));
        TRY(move::export_files(parts, snapshot->tx(), *blobs, flags.artifacts, lines.watch(),
                               report));
    }
    TRY(add_left(snapshot->tx(), report, !flags.artifacts.empty()));
    TRY(file->finish());
    lines.end();
    if (common.json) {
        print_json(to_json(report, false));
        return ok();
    }
    print(report);
    print_line("serve it with: mlflow server --backend-store-uri sqlite:///" + path +
               (flags.artifacts.empty() ? "" : " --artifacts-destination " + flags.artifacts));
    return ok();
}

void add_place(Verb& verb, Config& config) {
    verb.option("--data", config.data, "The server's data folder").from_environment("RONDO_DATA");
    verb.option("--database", config.database,
                "postgresql://... ; without it SQLite in the data folder")
        .from_environment("RONDO_DATABASE");
    verb.option("--blobs", config.blobs, "Where stored bytes lie, as for `rondo server`")
        .from_environment("RONDO_BLOBS");
    verb.option("--s3-endpoint", config.s3_endpoint, "https://host:port of the S3 service")
        .from_environment("RONDO_S3_ENDPOINT");
}

}  // namespace

void add_move(Noun& root) {
    const auto flags = std::make_shared<Flags>();
    Noun from = root.noun("import", "Bring what another program keeps");
    Verb in = from.local_verb(
        "mlflow", "Experiments, runs, models, registry and artifacts of an MLflow store",
        [flags](const Common& common) { return import_mlflow(common, *flags); });
    in.positional("source", flags->place,
                  "sqlite:///FILE, the path of a database, postgresql://..., or a folder mlruns")
        .required();
    in.option("--dry-run", flags->dry_run, "Only say what would be done");
    in.option("--prefix", flags->prefix,
              "Put before the names of experiments and registered models");
    in.option("--artifacts", flags->artifacts,
              "The folder that MLflow's server hands artifacts out from "
              "(its --artifacts-destination)");
    add_place(in, flags->config);

    Noun to = root.noun("export", "Write what others can read");
    Verb out =
        to.local_verb("mlflow", "Experiments, runs, models and registry as a database of MLflow's",
                      [flags](const Common& common) { return export_mlflow(common, *flags); });
    out.positional("target", flags->place, "sqlite:///FILE, a new file").required();
    out.option("--artifacts", flags->artifacts,
               "A folder for the files of artifacts, for MLflow's --artifacts-destination");
    add_place(out, flags->config);
}

}  // namespace rondo::app::cli
