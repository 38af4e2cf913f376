#include "app/backup/backup.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>

#include "app/backup/references.h"
#include "app/version.h"
#include "base/bytes.h"
#include "base/text.h"
#include "domain/schema/migrations.h"

namespace rondo::app {
namespace {

constexpr size_t kMaxBlobList = size_t{4} << 30;
constexpr std::string_view kMarker = "Backups of Rondo, format 1. See docs/formats/backup.md.\n";

// One backup of the target at a time.
class TargetLock {
  public:
    static Result<TargetLock> take(const std::string& target) {
        const std::string path = target + "/lock";
        const int lock = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (lock < 0)
            return fail(Code::permission_denied,
                        "cannot write to '" + target + "': " + std::strerror(errno));
        TargetLock held(lock);
        if (::flock(lock, LOCK_EX | LOCK_NB) != 0)
            return fail(Code::conflict, "another backup is being written to '" + target +
                                            "'; wait for its end, or name another folder");
        return held;
    }
    TargetLock(TargetLock&& other) noexcept : lock_(std::exchange(other.lock_, -1)) {}
    TargetLock& operator=(TargetLock&&) = delete;
    ~TargetLock() {
        if (lock_ >= 0) ::close(lock_);
    }

  private:
    explicit TargetLock(int lock) : lock_(lock) {}
    int lock_;
};

// A prediction log as it was found before the database's moment: what is appended later is left
// out, and a file that is removed meanwhile stays readable.
struct HeldFile {
    std::string path;
    uint64_t size;
    std::unique_ptr<File> file;
};

class Backup {
  public:
    Backup(Env& env, const BackupOptions& options, const Watch& watch)
        : env_(env),
          options_(options),
          watch_(watch),
          blobs_(blob::attach_local_store(env, options.data + "/blobs")),
          throttle_(env, options.bytes_a_second) {}

    Result<BackupReport> run() {
        TRY(prepare());
        TRY_ASSIGN(const auto lock, TargetLock::take(options_.target));
        TRY(remove_cut_ones());
        Manifest& m = report_.manifest;
        m.made_at = format_time(env_.now());
        m.id = name_of_now();
        m.program = kVersion;
        const std::string folder = snapshot_folder(options_.target, m.id);
        part_ = folder + ".part";
        TRY(env_.files().make_directories(part_ + "/tables"));
        // Before the database's moment: rows of the log refer to routes that the database has.
        // What is flushed or sealed in between is as a kill would leave it, which a start mends.
        TRY(hold_logs());
        TRY_ASSIGN(auto snapshot,
                   store::Snapshot::open(database_url(options_.data, options_.database)));
        TRY(dump_tables(*snapshot));
        TRY(list_blobs(*snapshot));
        snapshot.reset();
        TRY(save_files());
        TRY(save_blobs());
        TRY(sync_file_system(options_.target));
        TRY(write_manifest(env_, part_, m));
        TRY(env_.files().rename(part_, folder));
        TRY(env_.files().sync_directory(options_.target + "/snapshots"));
        report_.folder = folder;
        // For `rondo doctor`; a backup of a folder that may only be read is one all the same.
        (void)write_file_atomically(env_, options_.data + "/last-backup",
                                    json::Value(json::Value::Object{{"made_at", m.made_at},
                                                                    {"snapshot", m.id},
                                                                    {"target", options_.target}})
                                            .dump() +
                                        "\n");
        return std::move(report_);
    }

  private:
    Status prepare() {
        FileSystem& files = env_.files();
        if (!files.exists(options_.data + "/token"))
            return fail(Code::not_found, quoted(options_.data) +
                                             " is no data folder of a server; name it with --data");
        const std::string marker = options_.target + "/rondo-backups";
        if (!files.exists(marker)) {
            TRY_ASSIGN(auto names, files.list(options_.target));
            // Left by one that was cut at its first step.
            std::erase_if(names, [](const auto& n) { return n.starts_with("rondo-backups"); });
            if (!names.empty())
                return fail(Code::conflict, quoted(options_.target) +
                                                " is neither empty nor a folder of backups; name "
                                                "another one");
            TRY(files.make_directories(options_.target));
            TRY(write_file_atomically(env_, marker, kMarker));
        }
        TRY(files.make_directories(options_.target + "/snapshots"));
        return files.make_directories(options_.target + "/blobs");
    }

    // What a cut backup left, but for its blobs: they are whole, and the next one builds on them.
    Status remove_cut_ones() {
        const std::string folder = options_.target + "/snapshots";
        TRY_ASSIGN(const auto names, env_.files().list(folder));
        for (const std::string& name : names) {
            if (name.ends_with(".part")) TRY(remove_tree(env_, folder + "/" + name));
        }
        return remove_tree(env_, incoming());
    }

    std::string incoming() const { return options_.target + "/blobs/incoming"; }

    // "20261127T134000Z", with a number behind it when that second has one.
    std::string name_of_now() const {
        std::string name;
        for (const char c : format_time(std::chrono::floor<std::chrono::seconds>(env_.now()))) {
            if (c != '-' && c != ':') name += c;
        }
        std::string out = name;
        for (int i = 2; env_.files().exists(snapshot_folder(options_.target, out)); ++i)
            out = name + "-" + std::to_string(i);
        return out;
    }

    Status hold_logs() {
        TRY_ASSIGN(const auto found, walk_files(options_.data + "/predictions"));
        for (const LocalFile& each : found) {
            const std::string path = "predictions/" + each.path;
            auto file = env_.files().open(options_.data + "/" + path, FileSystem::Mode::read);
            if (!file && file.error().code == Code::not_found) continue;  // sealed just now
            TRY(file);
            TRY_ASSIGN(const uint64_t size, (*file)->size());
            held_.push_back({path, size, std::move(*file)});
        }
        return ok();
    }

    Status dump_tables(store::Snapshot& snapshot) {
        Manifest& m = report_.manifest;
        m.engine = snapshot.engine();
        TRY_ASSIGN(const auto applied, store::applied_migrations(snapshot));
        if (applied.empty())
            return fail(Code::not_found, "the database holds nothing of a server yet");
        TRY(check_schema(applied, migrations()));
        for (const auto& step : applied)
            m.schema.push_back({step.number, step.name, step.checksum, step.applied_at});
        watch_.step("database", 0);
        TRY_ASSIGN(const auto tables, store::tables_of(snapshot, migrations()));
        for (const store::Table& table : tables) {
            SavedTable saved{.name = table.name};
            for (const auto& column : table.columns)
                saved.columns.push_back({column.name, std::string(store::name_of(column.kind))});
            TRY_ASSIGN(auto file,
                       DigestFile::create(env_, part_ + "/tables/" + table.name + ".jsonl"));
            TRY_ASSIGN(saved.rows, store::dump_rows(snapshot, table, [&](std::string_view lines) {
                           watch_.done(lines.size());
                           return file.write(lines);
                       }));
            TRY_ASSIGN(saved.last_id, store::last_id(snapshot, table));
            saved.bytes = static_cast<int64_t>(file.size());
            saved.sha256 = file.digest();
            m.tables.push_back(std::move(saved));
        }
        return ok();
    }

    Status list_blobs(store::Snapshot& snapshot) {
        std::map<std::string, std::string> lost;  // digest -> what refers to it
        TRY(each_reference(snapshot, *blobs_, [&](const Reference& reference) -> Status {
            TRY_ASSIGN(const std::string raw, from_hex(reference.digest));
            if (known_.contains(raw)) return ok();
            TRY_ASSIGN(const auto digest, blob::Digest::parse(reference.digest));
            const auto size = blobs_->size(digest);
            if (size)
                known_.emplace(raw, *size);
            else if (size.error().code == Code::not_found)
                lost.emplace(reference.digest, reference.what);
            else
                return std::unexpected(size.error());
            return ok();
        }));
        for (auto& [digest, what] : lost)
            report_.manifest.missing.push_back({digest, what, "missing"});
        return ok();
    }

    Status save_files() {
        TRY_ASSIGN(const auto keys, walk_files(options_.data + "/keys"));
        std::vector<std::string> secrets{"token"};
        for (const LocalFile& key : keys) secrets.push_back("keys/" + key.path);
        for (const std::string& path : secrets) {
            TRY_ASSIGN(auto file,
                       env_.files().open(options_.data + "/" + path, FileSystem::Mode::read));
            TRY_ASSIGN(const uint64_t size, file->size());
            held_.push_back({path, size, std::move(file)});
        }
        uint64_t total = 0;
        for (const HeldFile& held : held_) total += held.size;
        watch_.step("prediction logs and keys", total);
        for (HeldFile& held : held_) TRY(save_file(held));
        return ok();
    }

    Status save_file(HeldFile& held) {
        const std::string path = part_ + "/folder/" + held.path;
        TRY(env_.files().make_directories(path.substr(0, path.rfind('/'))));
        TRY_ASSIGN(auto out, DigestFile::create(env_, path));
        TRY(each_piece(*held.file, held.size, [&](std::string_view piece) {
            watch_.done(piece.size());
            return out.write(piece);
        }));
        report_.manifest.files.push_back(
            {held.path, static_cast<int64_t>(out.size()), out.digest()});
        held.file.reset();
        return ok();
    }

    Status save_blobs() {
        uint64_t total = 0;
        for (const auto& [raw, size] : known_) total += size;
        watch_.step("stored bytes", total);
        TRY(env_.files().make_directories(incoming()));
        TRY_ASSIGN(auto list, DigestFile::create(env_, part_ + "/blobs.txt"));
        SavedBlobs& saved = report_.manifest.blobs;
        for (const auto& [raw, size] : known_) {
            const std::string hex = to_hex(raw);
            TRY_ASSIGN(const auto digest, blob::Digest::parse(hex));
            const auto good = save_blob(digest, size);
            if (!good && good.error().code != Code::conflict) return good;
            if (!good) {
                report_.manifest.missing.push_back({hex, "stored bytes", "damaged"});
                continue;
            }
            TRY(list.write(hex + " " + std::to_string(size) + "\n"));
            ++saved.count;
            saved.bytes += static_cast<int64_t>(size);
        }
        saved.sha256 = list.digest();
        return env_.files().remove(incoming());
    }

    // Code::conflict: what the store has is not what its name says.
    Status save_blob(const blob::Digest& digest, uint64_t size) {
        FileSystem& files = env_.files();
        const std::string path = saved_blob(options_.target, digest.hex());
        if (auto there = files.open(path, FileSystem::Mode::read)) {
            TRY_ASSIGN(const uint64_t has, (*there)->size());
            if (has == size) {
                watch_.done(size);
                return ok();
            }
            TRY(files.remove(path));  // cut by a full disk or a power failure
        }
        TRY(files.make_directories(path.substr(0, path.rfind('/'))));
        const std::string temporary = incoming() + "/" + digest.hex();
        TRY_ASSIGN(auto source, blobs_->open(digest));
        const auto local = blobs_->local_path(digest);
        const bool linked = options_.blobs == BackupOptions::Blobs::link && local &&
                            ::link(local->c_str(), temporary.c_str()) == 0;
        Sha256 sum;
        std::unique_ptr<File> copy;
        if (!linked) {
            TRY_ASSIGN(copy, files.open(temporary, FileSystem::Mode::create_new));
        }
        TRY(each_piece(*source, size, [&](std::string_view piece) -> Status {
            sum.update(piece);
            if (copy) TRY(copy->append(piece));
            watch_.done(piece.size());
            throttle_.wait(piece.size());
            return ok();
        }));
        if (sum.hex() != digest.hex()) {
            TRY(files.remove(temporary));
            return fail(Code::conflict, "damaged");
        }
        ++report_.blobs_new;
        return files.rename(temporary, path);
    }

    Env& env_;
    const BackupOptions& options_;
    const Watch& watch_;
    std::unique_ptr<blob::Store> blobs_;
    Throttle throttle_;
    BackupReport report_;
    std::string part_;  // where the snapshot grows
    std::vector<HeldFile> held_;
    std::map<std::string, uint64_t> known_;  // raw digest -> size
};

}  // namespace

std::string database_url(const std::string& data, const std::string& database) {
    return database.empty() ? "sqlite:" + data + "/rondo.db" : database;
}

Result<BackupReport> make_backup(Env& env, const BackupOptions& options, const Watch& watch) {
    return Backup(env, options, watch).run();
}

Status each_saved_blob(
    Env& env, const std::string& snapshot, const Manifest& manifest,
    const std::function<Status(const std::string& digest, uint64_t size)>& visit) {
    const std::string path = snapshot + "/blobs.txt";
    TRY_ASSIGN(auto file, env.files().open(path, FileSystem::Mode::read));
    TRY_ASSIGN(const uint64_t size, file->size());
    if (size > kMaxBlobList) return fail(Code::too_large, "'" + path + "' is too large");
    Sha256 sum;
    TRY(each_piece(*file, size, [&](std::string_view piece) {
        sum.update(piece);
        return ok();
    }));
    if (sum.hex() != manifest.blobs.sha256) return fail(Code::invalid, "'" + path + "' is damaged");
    return each_line(*file, size, [&](std::string_view line) -> Status {
        const size_t space = line.find(' ');
        TRY_ASSIGN(const auto digest, blob::Digest::parse(line.substr(0, space)));
        const auto bytes =
            space == std::string_view::npos ? std::nullopt : parse_int(line.substr(space + 1));
        if (!bytes || *bytes < 0) return fail(Code::invalid, "'" + path + "' is damaged");
        return visit(digest.hex(), static_cast<uint64_t>(*bytes));
    });
}

Result<std::vector<std::string>> verify_backup(Env& env, const std::string& target,
                                               const Manifest& manifest, const Watch& watch) {
    const std::string snapshot = snapshot_folder(target, manifest.id);
    std::vector<std::string> wrong;
    watch.step("verify " + manifest.id, manifest.bytes());
    const auto check = [&](const std::string& path, int64_t bytes, const std::string& sha256) {
        const auto digest = digest_of_file(env, path, watch.done);
        if (!digest)
            wrong.push_back(digest.error().message);
        else if (digest->size != static_cast<uint64_t>(bytes) || digest->sha256 != sha256)
            wrong.push_back("'" + path + "' is damaged");
    };
    for (const SavedTable& table : manifest.tables)
        check(snapshot + "/tables/" + table.name + ".jsonl", table.bytes, table.sha256);
    for (const SavedFile& file : manifest.files)
        check(snapshot + "/folder/" + file.path, file.bytes, file.sha256);
    const Status listed =
        each_saved_blob(env, snapshot, manifest, [&](const std::string& digest, uint64_t size) {
            check(saved_blob(target, digest), static_cast<int64_t>(size), digest);
            return ok();
        });
    if (!listed) wrong.push_back(listed.error().message);
    return wrong;
}

}  // namespace rondo::app
