#include "app/doctor/scrub.h"

#include <map>
#include <set>
#include <thread>

#include "app/backup/references.h"
#include "base/text.h"
#include "domain/predictions/format.h"
#include "domain/schema/migrations.h"

namespace rondo::app {
namespace {

// Who refers to a blob: so many are named, the rest is counted.
constexpr size_t kNamed = 5;
constexpr size_t kMaxLog = size_t{8} << 30;
// A server appends to a log ten times a second; a record that is whole then was under way.
constexpr auto kAppendPause = std::chrono::milliseconds(500);

struct Held {
    int64_t size = -1;
    std::vector<std::string> named;
    int64_t more = 0;
    bool seen = false;
};

class Scrub {
  public:
    Scrub(Env& env, const ScrubOptions& options, const Watch& watch, Findings& out)
        : env_(env),
          options_(options),
          watch_(watch),
          out_(out),
          blobs_(blob::attach_local_store(env, options.data + "/blobs")),
          throttle_(env, options.bytes_a_second) {}

    Status run() {
        // Files first: what is stored later is not looked at, and is in no reference.
        TRY_ASSIGN(const auto files, walk_files(options_.data + "/blobs/objects"));
        TRY(read_database());
        uint64_t total = 0;
        for (const LocalFile& file : files) total += file.size;
        watch_.step("scrub blobs", total);
        for (const LocalFile& file : files) TRY(check_blob(file));
        TRY(name_missing());
        TRY(check_logs());
        if (out_.problems() == before_)
            out_.good("scrub", "scrub",
                      grouped(static_cast<int64_t>(files.size())) + " blobs, " + grouped(logs_) +
                          " prediction logs and the database are whole");
        if (orphans_ > 0)
            out_.note("orphans", "stored bytes",
                      grouped(orphans_) + " blobs (" + shown(orphan_bytes_ / 1e6) +
                          " MB) are referred to by no row");
        return ok();
    }

  private:
    Status read_database() {
        watch_.step("scrub database", 0);
        TRY_ASSIGN(const auto db,
                   store::Snapshot::open(database_url(options_.data, options_.database)));
        if (db->engine() == "sqlite") {
            TRY_ASSIGN(const auto lines, db->tx().all<std::string>("PRAGMA integrity_check(20)"));
            for (const std::string& line : lines) {
                if (line != "ok")
                    problem("integrity", "database file", line,
                            "stop the server and restore a backup; keep the damaged file");
            }
            TRY(check_foreign_keys(*db));
        }
        return each_reference(*db, *blobs_, [&](const Reference& reference) {
            Held& held = held_[reference.digest];
            if (held.size >= 0 && reference.size >= 0 && held.size != reference.size)
                problem("row", reference.what, "two rows say another size of " + reference.digest,
                        "restore a backup");
            if (reference.size >= 0) held.size = reference.size;
            if (held.named.size() < kNamed)
                held.named.push_back(reference.what);
            else
                ++held.more;
            return ok();
        });
    }

    Status check_foreign_keys(store::Snapshot& db) {
        return db.stream("PRAGMA foreign_key_check", [&](const store::Row& row) {
            problem("row", "table " + std::string(row.text(0)),
                    "a row refers to a missing row of " + std::string(row.text(2)),
                    "restore a backup");
            return out_.problems() < before_ + 100;
        });
    }

    Status check_blob(const LocalFile& file) {
        const std::string name = file.path.substr(file.path.rfind('/') + 1);
        const auto found = held_.find(name);
        const Meter meter = [&](uint64_t bytes) {
            watch_.done(bytes);
            throttle_.wait(bytes);
        };
        const std::string path = options_.data + "/blobs/objects/" + file.path;
        const auto digest = digest_of_file(env_, path, meter);
        if (!digest && digest.error().code == Code::not_found) return ok();  // collected just now
        const bool whole = digest && digest->sha256 == name;
        if (found == held_.end()) {
            ++orphans_;
            orphan_bytes_ += static_cast<double>(file.size);
            if (!whole)
                out_.note("orphans", path, "is damaged, and no row refers to it", "remove it");
            return ok();
        }
        found->second.seen = true;
        if (!digest)
            name_damage(name, found->second, digest.error().message);
        else if (!whole)
            name_damage(name, found->second, "is damaged: its bytes have another digest");
        else if (found->second.size >= 0 &&
                 digest->size != static_cast<uint64_t>(found->second.size))
            name_damage(name, found->second,
                        "has " + std::to_string(digest->size) + " bytes, its row says " +
                            std::to_string(found->second.size));
        return ok();
    }

    Status name_missing() {
        for (auto& [digest, held] : held_) {
            if (held.seen) continue;
            // Stored since the files were listed, perhaps.
            const auto parsed = blob::Digest::parse(digest);
            if (!parsed)
                name_damage(digest, held, "is no digest at all");
            else if (!blobs_->size(*parsed))
                name_damage(digest, held, "is missing");
        }
        return ok();
    }

    void name_damage(const std::string& digest, const Held& held, const std::string& how) {
        for (const std::string& what : held.named)
            problem("blob", what, "stored bytes " + digest + ": " + how,
                    "put the file of that name from a backup's blobs/ into " + options_.data +
                        "/blobs/objects/" + digest.substr(0, 2) + "/");
        if (held.more > 0)
            problem("blob", "stored bytes " + digest, grouped(held.more) + " more rows refer to it",
                    "see above");
    }

    Status check_logs() {
        TRY_ASSIGN(const auto files, walk_files(options_.data + "/predictions"));
        uint64_t total = 0;
        for (const LocalFile& file : files) total += file.size;
        watch_.step("scrub prediction logs", total);
        for (const LocalFile& file : files) {
            watch_.done(file.size);
            throttle_.wait(file.size);
            if (!file.path.ends_with(".log")) continue;
            ++logs_;
            const std::string path = options_.data + "/predictions/" + file.path;
            auto end = whole_bytes(path);
            if (!end.empty()) {  // a record may be under way
                std::this_thread::sleep_for(kAppendPause);
                if (whole_bytes(path) == end && !end.empty())
                    problem("prediction-log", path, end,
                            "copy the file of a backup that is newer than the damage, with the "
                            "server stopped; rows behind the damage are lost otherwise");
            }
        }
        return ok();
    }

    // Empty when the file is whole, or gone because its day was sealed.
    std::string whole_bytes(const std::string& path) {
        const auto bytes = read_file(env_.files(), path, kMaxLog);
        if (!bytes) return bytes.error().code == Code::not_found ? "" : bytes.error().message;
        const auto decoded = predictions::decode_file(*bytes);
        if (!decoded) return "is damaged: " + decoded.error().message;
        if (decoded->whole_bytes == bytes->size()) return "";
        return "is damaged at byte " + std::to_string(decoded->whole_bytes) + " of " +
               std::to_string(bytes->size());
    }

    void problem(std::string name, std::string what, std::string how, std::string remedy) {
        out_.problem(std::move(name), std::move(what), std::move(how), std::move(remedy));
    }

    Env& env_;
    const ScrubOptions& options_;
    const Watch& watch_;
    Findings& out_;
    const int before_ = out_.problems();
    std::unique_ptr<blob::Store> blobs_;
    Throttle throttle_;
    std::map<std::string, Held> held_;  // by digest
    int64_t orphans_ = 0, logs_ = 0;
    double orphan_bytes_ = 0;
};

}  // namespace

Status scrub(Env& env, const ScrubOptions& options, const Watch& watch, Findings& out) {
    return Scrub(env, options, watch, out).run();
}

}  // namespace rondo::app
