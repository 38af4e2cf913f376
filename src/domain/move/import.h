// Import of a store of MLflow's: `rondo import mlflow`. What is there is brought here with its ids,
// names, times and states; what was brought before is compared, and only differences are written.
// See docs/adr/0008 for what counts as the same thing and why it is written like this.
//
// Conflicts are looked for first, so that a source that does not fit leaves nothing behind. Then
// bounded transactions follow each other; a kill between two leaves whole things, and the next
// import brings the rest. Of a thing that changed on both sides the source's word counts, key by
// key; what only we have stays. Blocks; one thread; memory for a page of runs, and some 200 bytes a
// folder of artifacts.
#pragma once

#include "domain/artifacts/service.h"
#include "domain/move/source.h"
#include "domain/move/target.h"

namespace rondo::move {

struct ImportParts {
    Env& env;
    const artifacts::Service& artifacts;
    blob::Store* blobs;  // null in a dry run
    int64_t workspace_id = 1;
};

struct ImportOptions {
    std::string prefix;     // before the names of experiments and registered models
    std::string artifacts;  // the folder that MLflow's server hands artifacts out from
};

// Code::conflict names the two that do not go together, and the way out.
Result<Report> import_all(const ImportParts& parts, Source& source, Target& target,
                          const ImportOptions& options, const Watch& watch);

}  // namespace rondo::move
