// The steps of an import (import.h), a file each: import.cc (order, experiments, conflicts),
// import_runs.cc, import_models.cc, import_files.cc.
#pragma once

#include <set>

#include "domain/move/import.h"
#include "domain/move/places.h"

namespace rondo::move {

// Those of the wanted whose key is missing, or has another value.
template <class Pair>
std::vector<Pair> differing(const std::vector<Pair>& wanted, const std::vector<Pair>& have) {
    std::map<std::string_view, std::string_view> known;
    for (const Pair& pair : have) known.emplace(pair.key, pair.value);
    std::vector<Pair> out;
    for (const Pair& pair : wanted) {
        const auto found = known.find(pair.key);
        if (found == known.end() || found->second != pair.value) out.push_back(pair);
    }
    return out;
}

// An error with the thing that it is about in front.
template <class T>
Result<T> about(const std::string& thing, Result<T> result) {
    if (!result) result.error().message.insert(0, thing + ": ");
    return result;
}

class Importer {
  public:
    Importer(const ImportParts& parts, Source& source, Target& target, const ImportOptions& options,
             const Watch& watch)
        : parts_(parts),
          source_(source),
          target_(target),
          options_(options),
          watch_(watch),
          places_(source.folder(), options.artifacts) {}

    Result<Report> run();

  private:
    // import.cc
    Status read_experiments();
    Status check_experiments();
    Status check_models();
    Status check_versions(store::Tx& tx, const registry::ModelRow& ours,
                          const RegisteredModel& theirs);
    Status import_experiments();
    std::string named(const std::string& name) const { return options_.prefix + name; }
    void count(Kind kind, bool is_new, bool is_changed);

    // import_runs.cc
    struct RunChange;
    Status import_runs();
    Status import_page(std::vector<tracking::RunRow>& page);
    Status compare_runs(std::vector<tracking::RunRow>& page, std::vector<RunChange>& changes);
    Status import_points(const tracking::Run& run, int64_t key);
    Status add_point(const std::string& run_id, const tracking::Metric& metric);
    Status flush_points();

    // import_models.cc
    Status import_logged_models();
    Status import_logged_model(tracking::LoggedModel& wanted);
    Status import_registered_models();
    Status import_registered_model(RegisteredModel& wanted);

    // import_files.cc
    Status import_files();
    Status import_folder(const Place& place);
    Status import_file(const Place& place, const std::string& file, const std::string& path,
                       const std::map<std::string, artifacts::File>& known);
    Status flush_files();

    ImportParts parts_;
    Source& source_;
    Target& target_;
    const ImportOptions& options_;
    const Watch& watch_;
    Report report_;
    Places places_;
    std::vector<tracking::Experiment> experiments_;
    std::vector<Place> folders_;  // with files to take
    // Points that wait to be written, of several runs.
    std::vector<std::pair<std::string, std::vector<tracking::Metric>>> points_;
    size_t waiting_points_ = 0;
    std::vector<std::pair<std::string, blob::Stored>> files_;  // that wait for their rows
};

}  // namespace rondo::move
