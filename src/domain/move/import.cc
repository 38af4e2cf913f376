#include "domain/move/import.h"

#include <algorithm>

#include "base/text.h"
#include "domain/move/importer.h"
#include "domain/tracking/validation.h"

namespace rondo::move {
namespace {

constexpr int64_t kDefaultId = 0;
// Versions of a model looked at together.
constexpr int64_t kVersions = 1000;

bool same_row(const tracking::Experiment& a, const tracking::Experiment& b) {
    return a.name == b.name && a.artifact_location == b.artifact_location && a.stage == b.stage &&
           a.created_ms == b.created_ms && a.updated_ms == b.updated_ms;
}

}  // namespace

void Importer::count(Kind kind, bool is_new, bool is_changed) {
    Tally& tally = report_.of(kind);
    ++(is_new ? tally.added : is_changed ? tally.changed : tally.same);
}

Result<Report> Importer::run() {
    TRY(read_experiments());
    watch_.step("look for conflicts", 0, kRowsUnit);
    TRY(check_experiments());
    TRY(check_models());
    TRY(import_experiments());
    TRY(import_runs());
    TRY(import_logged_models());
    TRY(import_registered_models());
    TRY(import_files());
    TRY(target_.commit());
    TRY_ASSIGN(report_.left, source_.left());
    for (Left& each : places_.left()) report_.left.push_back(std::move(each));
    return std::move(report_);
}

Status Importer::read_experiments() {
    TRY_ASSIGN(experiments_, source_.experiments());
    for (tracking::Experiment& experiment : experiments_) {
        if (experiment.id != kDefaultId) experiment.name = named(experiment.name);
        TRY(about("experiment " + std::to_string(experiment.id),
                  tracking::check_experiment_name(experiment.name)));
        experiment.artifact_location =
            places_.of_experiment(experiment.id, experiment.artifact_location);
    }
    return ok();
}

// An experiment is the same here and there when its id and its time of creation are.
Status Importer::check_experiments() {
    for (tracking::Experiment& theirs : experiments_) {
        TRY(target_.read([&](store::Tx& tx) -> Status {
            const auto id = std::to_string(theirs.id);
            TRY_ASSIGN(const auto ours,
                       tracking::select_experiment(tx, parts_.workspace_id, theirs.id));
            TRY_ASSIGN(const auto namesake,
                       tracking::select_experiment(tx, parts_.workspace_id, theirs.name));
            if (namesake && namesake->id != theirs.id)
                return fail(Code::conflict,
                            "the experiment " + quoted(theirs.name) + " has the id " + id +
                                " in the source and " + std::to_string(namesake->id) +
                                " here; nothing was imported. Give the imported names a prefix "
                                "(--prefix), or rename one of the two");
            if (!ours || ours->created_ms == theirs.created_ms) return ok();
            if (theirs.id == kDefaultId) {
                TRY_ASSIGN(const bool used, tracking::is_used(tx, kDefaultId));
                if (!used) return ok();
                // Where things lie that nobody gave a place: they lie there together.
                if (ours->name == theirs.name && ours->stage == theirs.stage) {
                    const std::vector<tracking::Tag> tags = theirs.tags;
                    theirs = *ours;
                    theirs.tags = tags;
                    return ok();
                }
            }
            return fail(Code::conflict, "the id " + id + " is the experiment " +
                                            quoted(theirs.name) + " in the source and " +
                                            quoted(ours->name) +
                                            " here; nothing was imported. Import into a data "
                                            "folder of its own (--data), with a database of its "
                                            "own");
        }));
    }
    return ok();
}

// A registered model is the same when its name and its time of creation are, and so are versions.
Status Importer::check_models() {
    return source_.registered_models([&](RegisteredModel& theirs) {
        return target_.read([&](store::Tx& tx) -> Status {
            const std::string name = named(theirs.model.name);
            TRY_ASSIGN(const auto ours, registry::select_model(tx, parts_.workspace_id, name));
            if (!ours) return ok();
            if (ours->model.created_ms == theirs.model.created_ms)
                return check_versions(tx, *ours, theirs);
            return fail(Code::conflict, "there is a registered model " + quoted(name) +
                                            " here that was not imported from there (" +
                                            quoted(theirs.model.name) +
                                            " in the source was created at another "
                                            "time); nothing was imported. Give the "
                                            "imported names a prefix (--prefix), or "
                                            "rename one of the two");
        });
    });
}

Status Importer::check_versions(store::Tx& tx, const registry::ModelRow& ours,
                                const RegisteredModel& theirs) {
    std::map<int64_t, int64_t> created;
    for (const registry::VersionRow& row : theirs.versions)
        created.emplace(row.version.version, row.version.created_ms);
    for (int64_t after = 0;;) {
        TRY_ASSIGN(const auto page, registry::list_versions(tx, ours.id, after, kVersions));
        for (const registry::VersionRow& row : page) {
            const auto found = created.find(row.version.version);
            if (found == created.end() || found->second == row.version.created_ms) continue;
            return fail(Code::conflict,
                        "version " + std::to_string(row.version.version) +
                            " of the registered model " + quoted(ours.model.name) +
                            " was made here and in the source at different times; nothing was "
                            "imported. Give the imported names a prefix (--prefix)");
        }
        if (std::ssize(page) < kVersions) return ok();
        after = page.back().version.version;
    }
}

Status Importer::import_experiments() {
    int64_t last = 0;
    for (const tracking::Experiment& wanted : experiments_) {
        last = std::max(last, wanted.id);
        TRY_ASSIGN(const auto ours, target_.read([&](store::Tx& tx) {
            return tracking::select_experiment(tx, parts_.workspace_id, wanted.id);
        }));
        const bool row = !ours || !same_row(wanted, *ours);
        const auto tags = differing(wanted.tags, ours ? ours->tags : std::vector<tracking::Tag>{});
        if (row || !tags.empty())
            TRY(about("experiment " + quoted(wanted.name),
                      target_.write([&](store::Tx& tx) -> Status {
                          if (row) TRY(tracking::put_experiment(tx, parts_.workspace_id, wanted));
                          return tracking::upsert_experiment_tags(tx, wanted.id, tags);
                      })));
        count(Kind::experiments, !ours, row || !tags.empty());
    }
    return target_.write([&](store::Tx& tx) {
        return store::raise_last_id(tx, target_.engine(), "experiments", last);
    });
}

Result<Report> import_all(const ImportParts& parts, Source& source, Target& target,
                          const ImportOptions& options, const Watch& watch) {
    return Importer(parts, source, target, options, watch).run();
}

}  // namespace rondo::move
