#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>

#include "app/doctor/checks.h"
#include "app/local_files.h"
#include "base/text.h"
#include "platform/json/value.h"

namespace rondo::app {
namespace {

constexpr uint64_t kLowSpace = uint64_t{1} << 30;
constexpr uint64_t kLowInodes = 10'000;
constexpr uint64_t kLargeLog = uint64_t{1} << 30;
constexpr int kSyncs = 50;
constexpr Micros kSlowSync{100'000};
constexpr Micros kClockTolerance{60'000'000};
constexpr Micros kOldBackup = std::chrono::hours{24 * 7};

std::string mebibytes(uint64_t bytes) { return std::to_string(bytes >> 20) + " MiB"; }

void check_space(const std::string& data, Findings& out) {
    struct statvfs space{};
    if (::statvfs(data.c_str(), &space) != 0) return;
    const uint64_t free_bytes = uint64_t{space.f_bavail} * space.f_frsize;
    const std::string text = mebibytes(free_bytes) + " free at " + data;
    if (free_bytes < kLowSpace)
        out.problem("disk-space", "disk space", text,
                    "free some space; on a full disk writers get 507, reads go on");
    else
        out.good("disk-space", "disk space", text);
    if (space.f_files == 0) return;  // a file system without a fixed number
    const std::string inodes = grouped(static_cast<int64_t>(space.f_favail)) + " files can be made";
    if (space.f_favail < kLowInodes)
        out.problem("inodes", "inodes", inodes,
                    "remove files of others on this file system, or move the data folder to one "
                    "with more inodes");
    else
        out.good("inodes", "inodes", inodes);
}

void check_mode(const std::string& path, mode_t wanted, const std::string& what, Repair repair,
                Findings& out) {
    struct stat info{};
    if (::stat(path.c_str(), &info) != 0 || (info.st_mode & 077) == 0) return;
    char mode[8];
    std::snprintf(mode, sizeof mode, "%o", static_cast<unsigned>(wanted));
    const std::string remedy = "chmod " + std::string(mode) + " " + path;
    if (repair == Repair::apply && ::chmod(path.c_str(), wanted) == 0)
        out.note("permissions", what, "others could read " + path + "; mended", remedy);
    else
        out.problem("permissions", what, "others can read " + path, remedy);
}

void check_permissions(const std::string& data, Repair repair, Findings& out) {
    const size_t before = out.list().size();
    check_mode(data + "/token", 0600, "token", repair, out);
    check_mode(data + "/rondo.db", 0600, "database", repair, out);
    if (const auto keys = walk_files(data + "/keys")) {
        for (const LocalFile& key : *keys)
            check_mode(data + "/keys/" + key.path, 0600, "key", repair, out);
    }
    if (out.list().size() == before)
        out.good("permissions", "token and keys", "readable by their owner only");
    struct stat info{};
    const bool there = ::stat(data.c_str(), &info) == 0;
    if (there && (info.st_mode & 077) != 0)
        out.note("permissions", "data folder", "others can list it", "chmod 700 " + data);
    if (there && info.st_uid != ::geteuid() && ::geteuid() != 0)
        out.note("owner", "data folder", "belongs to another user; some looks are not possible",
                 "run the doctor as that user");
}

// What a crash or a kill leaves, and the next start does not need.
std::vector<std::string> leftovers_of(Env& env, const std::string& data, bool running) {
    std::vector<std::string> found;
    if (env.files().exists(data + ".restoring")) found.push_back(data + ".restoring");
    if (running) return found;  // then they may be in use
    if (const auto uploads = env.files().list(data + "/blobs/tmp")) {
        for (const std::string& name : *uploads) found.push_back(data + "/blobs/tmp/" + name);
    }
    if (const auto names = env.files().list(data)) {
        for (const std::string& name : *names) {
            if (name.find(".tmp-") != std::string::npos) found.push_back(data + "/" + name);
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

void check_leftovers(Env& env, const std::string& data, bool running, Repair repair,
                     Findings& out) {
    for (const std::string& path : leftovers_of(env, data, running)) {
        if (repair == Repair::apply && remove_tree(env, path))
            out.note("leftover", "leftover", path + " was removed");
        else
            out.note("leftover", "leftover", path + " is of a run that was cut short",
                     "`rondo doctor --fix` removes it");
    }
}

// Writes as the server does, and looks at what the file system says the time is.
void check_disk(Env& env, const std::string& data, Findings& out) {
    const std::string path = data + "/doctor.tmp-" + random_hex(env, 6);
    auto file = env.files().open(path, FileSystem::Mode::create_new);
    if (!file) {
        if (file.error().code == Code::permission_denied && ::geteuid() != 0)
            out.note("disk-speed", "disk", "not measured: " + file.error().message,
                     "run the doctor as the server's user");
        else
            out.problem("disk-writable", "disk", file.error().message,
                        "the server needs to write there: check the mount and the permissions");
        return;
    }
    std::vector<Micros> took;
    Status good = ok();
    for (int i = 0; i < kSyncs && good; ++i) {
        const Micros begun = env.steady();
        good = (*file)->append(std::string(4096, 'x'));
        if (good) good = (*file)->sync();
        took.push_back(env.steady() - begun);
    }
    struct stat info{};
    const bool seen = ::stat(path.c_str(), &info) == 0;
    (void)env.files().remove(path);
    if (!good) {
        out.problem("disk-writable", "disk", good.error().message, "free space or mend the disk");
        return;
    }
    std::sort(took.begin(), took.end());
    const Micros p99 = took[took.size() * 99 / 100];
    const std::string text =
        "a durable write takes " + shown(static_cast<double>(took[took.size() / 2].count()) / 1e3) +
        " ms (median), " + shown(static_cast<double>(p99.count()) / 1e3) + " ms (p99)";
    if (p99 > kSlowSync)
        out.note("disk-speed", "disk", text,
                 "writes wait for it; look for what else uses the disk");
    else
        out.good("disk-speed", "disk", text);
    const Time there{std::chrono::seconds{info.st_mtime}};
    const Micros apart = env.now() - there;
    if (seen && std::chrono::abs(apart) > kClockTolerance)
        out.problem("clock", "clock",
                    "this machine and the file system differ by " +
                        format_duration(std::chrono::abs(apart)),
                    "set the clock, and keep it by NTP: leases and event times rely on it");
}

void check_log(const std::string& data, Findings& out) {
    struct stat info{};
    if (::stat((data + "/rondo.db-wal").c_str(), &info) != 0) return;
    const auto bytes = static_cast<uint64_t>(info.st_size);
    if (bytes > kLargeLog)
        out.problem("journal-size", "write-ahead log", mebibytes(bytes),
                    "something reads the database for very long (a copy of it, sqlite3 on the "
                    "console?): end that");
    else
        out.good("journal-size", "write-ahead log", mebibytes(bytes));
}

void check_backup_age(Env& env, const std::string& data, Findings& out) {
    const auto text = read_file(env.files(), data + "/last-backup", 1 << 16);
    const auto parsed = text ? json::Value::parse(*text) : Result<json::Value>(json::Value());
    const auto at =
        parsed ? parse_time((*parsed)["made_at"].text()) : Result<Time>(fail(Code::invalid, ""));
    if (!at) {
        out.note("backup-age", "backup", "none was made from this folder",
                 "`rondo backup FOLDER --data " + data + "`, by a timer, to another disk");
        return;
    }
    const std::string how =
        "last on " + format_time(*at) + " to " + std::string((*parsed)["target"].text());
    if (env.now() - *at > kOldBackup)
        out.problem("backup-age", "backup", how,
                    "`rondo backup FOLDER --data " + data + "`, by a timer");
    else
        out.good("backup-age", "backup", how);
}

}  // namespace

void check_folder(Env& env, const std::string& data, bool running, Repair repair, Findings& out) {
    struct stat info{};
    if (::stat(data.c_str(), &info) != 0) {
        out.note("data-folder", "data folder",
                 "'" + data + "' is not on this machine; name it with --data");
        return;
    }
    check_space(data, out);
    check_permissions(data, repair, out);
    check_leftovers(env, data, running, repair, out);
    check_disk(env, data, out);
    check_log(data, out);
    check_backup_age(env, data, out);
}

}  // namespace rondo::app
