#include "app/backup/restore.h"

#include <algorithm>
#include <ranges>

#include "base/text.h"
#include "domain/schema/migrations.h"

namespace rondo::app {
namespace {

class Restore {
  public:
    Restore(Env& env, const RestoreOptions& options, const Watch& watch)
        : env_(env),
          options_(options),
          watch_(watch),
          part_(options.data + ".restoring"),
          external_(!options.database.empty()) {}

    Result<Manifest> run() {
        TRY_ASSIGN(manifest_, find_snapshot(env_, options_.target, options_.snapshot));
        snapshot_ = snapshot_folder(options_.target, manifest_.id);
        TRY(choose_steps());
        TRY(check_empty());
        TRY(remove_tree(env_, part_));
        if (Status made = fill(); !made) {
            (void)remove_tree(env_, part_);
            return std::unexpected(made.error());
        }
        return std::move(manifest_);
    }

  private:
    // The schema that the backup has, which may be older than this program's.
    Status choose_steps() {
        std::vector<store::AppliedMigration> applied;
        for (const auto& step : manifest_.schema)
            applied.push_back({step.number, step.name, step.checksum, step.applied_at});
        if (applied.empty()) return fail(Code::invalid, "the backup has no schema");
        TRY(store::check_schema(applied, migrations()));
        for (const store::Migration& m : migrations()) {
            const bool has = std::any_of(applied.begin(), applied.end(),
                                         [&](const auto& step) { return step.number == m.number; });
            if (has) steps_.push_back(m);
        }
        return ok();
    }

    Status check_empty() {
        FileSystem& files = env_.files();
        TRY_ASSIGN(const auto names, files.list(options_.data));
        if (!names.empty())
            return fail(Code::conflict, quoted(options_.data) +
                                            " is not empty; a backup is restored into a new "
                                            "folder only: name another one with --data");
        if (external_) TRY(check_database_empty());
        const size_t slash = options_.data.rfind('/');
        if (slash != std::string::npos && slash > 0)
            TRY(files.make_directories(options_.data.substr(0, slash)));
        return ok();
    }

    Status check_database_empty() {
        TRY_ASSIGN(const auto snapshot, store::Snapshot::open(options_.database));
        TRY_ASSIGN(const auto applied, store::applied_migrations(*snapshot));
        if (applied.empty()) return ok();
        TRY_ASSIGN(const auto tables, store::tables_of(*snapshot, migrations()));
        for (const store::Table& table : tables) {
            if (has_rows_by_schema(table.name)) continue;
            TRY_ASSIGN(const auto row,
                       snapshot->tx().one<int64_t>("SELECT 1 FROM " + table.name + " LIMIT 1"));
            if (!row) continue;
            // As a restore leaves it that was cut just before its folder was moved into place.
            loaded_ = applied.size() == steps_.size() && compare(options_.database).has_value();
            if (loaded_) return ok();
            return fail(Code::conflict, "the database is not empty (table " + table.name +
                                            " has rows); a backup is restored into an empty "
                                            "database only: create one, and name it with "
                                            "--database");
        }
        if (applied.size() != steps_.size())
            return fail(Code::conflict,
                        "the database has the tables of another schema than the backup; create "
                        "an empty one, and name it with --database");
        return ok();
    }

    // A table that a step of the schema puts a row into is no sign of use: a restore that was cut
    // before its rows came leaves that. Where a server has been, there are experiments.
    static bool has_rows_by_schema(const std::string& table) {
        return std::ranges::any_of(migrations(), [&](const store::Migration& step) {
            return step.sql.contains("INSERT INTO " + table + " ");
        });
    }

    Status fill() {
        FileSystem& files = env_.files();
        TRY(files.make_directories(part_ + "/blobs/objects"));
        TRY(files.make_directories(part_ + "/predictions"));
        watch_.step("restore " + manifest_.id, manifest_.bytes());
        for (const SavedFile& file : manifest_.files) {
            TRY(check_path(file.path));
            TRY(copy(snapshot_ + "/folder/" + file.path, part_ + "/" + file.path, file.bytes,
                     file.sha256));
        }
        TRY(each_saved_blob(
            env_, snapshot_, manifest_, [&](const std::string& digest, uint64_t size) {
                return copy(saved_blob(options_.target, digest),
                            part_ + "/blobs/objects/" + digest.substr(0, 2) + "/" + digest,
                            static_cast<int64_t>(size), digest);
            }));
        const std::string url = external_ ? options_.database : "sqlite:" + part_ + "/rondo.db";
        if (!loaded_) TRY(load_all(url));
        return move_into_place();
    }

    Status move_into_place() {
        TRY(sync_file_system(part_));
        TRY(env_.files().rename(part_, options_.data));
        const size_t slash = options_.data.rfind('/');
        return env_.files().sync_directory(slash == std::string::npos ? "."
                                           : slash == 0               ? "/"
                                                        : options_.data.substr(0, slash));
    }

    // A path of the manifest never leaves the folder.
    static Status check_path(std::string_view path) {
        for (const std::string_view part : split(path, '/')) {
            if (part.empty() || part == "." || part == "..")
                return fail(Code::invalid, quoted(path) + " is no path of a backup's file");
        }
        return ok();
    }

    Status copy(const std::string& from, const std::string& to, int64_t bytes,
                const std::string& sha256) {
        FileSystem& files = env_.files();
        TRY(files.make_directories(to.substr(0, to.rfind('/'))));
        TRY_ASSIGN(auto source, files.open(from, FileSystem::Mode::read));
        TRY_ASSIGN(const uint64_t size, source->size());
        TRY_ASSIGN(auto out, DigestFile::create(env_, to));
        TRY(each_piece(*source, size, [&](std::string_view piece) {
            watch_.done(piece.size());
            return out.write(piece);
        }));
        if (out.size() != static_cast<uint64_t>(bytes) || out.digest() != sha256)
            return damaged(from);
        return ok();
    }

    static std::unexpected<Error> damaged(const std::string& path) {
        return fail(Code::invalid, "the backup is damaged at '" + path +
                                       "': nothing was restored; `rondo backup --verify` names "
                                       "all damage, --snapshot chooses another one");
    }

    Status load_all(const std::string& url) {
        TRY_ASSIGN(const auto db, store::Database::open(env_, url, steps_));
        const std::string engine = db->health().engine;
        TRY(db->write_now(store::Durability::load, [&](store::Tx& tx) -> Status {
            TRY(empty(tx));  // of rows that the schema came with
            for (const SavedTable& table : manifest_.tables) TRY(load(tx, engine, table));
            for (const SavedMigration& step : manifest_.schema)
                TRY(tx.exec("UPDATE schema_migrations SET applied_at = $1 WHERE number = $2",
                            step.applied_at, step.number));
            return ok();
        }));
        const Status same = compare(url);
        if (same) return ok();
        // Should never happen; the rows must not look like a restored database.
        TRY(db->write_now(store::Durability::load, [&](store::Tx& tx) { return empty(tx); }));
        return same;
    }

    Status empty(store::Tx& tx) const {
        for (const SavedTable& table : std::views::reverse(manifest_.tables))
            TRY(tx.exec("DELETE FROM " + table.name));
        return ok();
    }

    Status load(store::Tx& tx, const std::string& engine, const SavedTable& saved) {
        const std::string path = snapshot_ + "/tables/" + saved.name + ".jsonl";
        TRY_ASSIGN(const store::Table table, to_table(saved));
        TRY_ASSIGN(auto file, env_.files().open(path, FileSystem::Mode::read));
        TRY_ASSIGN(const uint64_t size, file->size());
        store::RowLoader loader(tx, table);
        Sha256 sum;
        const Status loaded = each_line(*file, size, [&](std::string_view line) {
            sum.update(line);
            sum.update("\n");
            watch_.done(line.size() + 1);
            return loader.add(line);
        });
        if (sum.hex() != saved.sha256) return damaged(path);
        TRY(loaded);
        TRY(loader.finish());
        return store::set_last_id(tx, engine, table, saved.last_id);
    }

    // What was loaded is dumped again: row by row and byte by byte what the backup has.
    Status compare(const std::string& url) {
        TRY_ASSIGN(const auto snapshot, store::Snapshot::open(url));
        TRY_ASSIGN(const auto tables, store::tables_of(*snapshot, steps_));
        watch_.step("compare", 0);
        for (const SavedTable& saved : manifest_.tables) {
            const auto table =
                std::find_if(tables.begin(), tables.end(),
                             [&](const store::Table& t) { return t.name == saved.name; });
            if (table == tables.end())
                return fail(Code::internal, "the table " + saved.name + " was not restored");
            Sha256 sum;
            TRY(store::dump_rows(*snapshot, *table, [&](std::string_view lines) {
                sum.update(lines);
                watch_.done(lines.size());
                return ok();
            }));
            if (sum.hex() != saved.sha256)
                return fail(Code::internal, "the rows of " + saved.name +
                                                " came out of the database other than they went "
                                                "in; nothing was restored");
        }
        return ok();
    }

    Env& env_;
    const RestoreOptions& options_;
    const Watch& watch_;
    const std::string part_;
    const bool external_;  // the database is not a file of the data folder
    bool loaded_ = false;  // it holds the backup's rows already
    std::string snapshot_;
    Manifest manifest_;
    std::vector<store::Migration> steps_;
};

}  // namespace

Result<Manifest> restore_backup(Env& env, const RestoreOptions& options, const Watch& watch) {
    return Restore(env, options, watch).run();
}

}  // namespace rondo::app
