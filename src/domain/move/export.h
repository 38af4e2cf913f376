// Export into a new database of MLflow's: `rondo export mlflow`. Everything that MLflow has a place
// for, with its ids, names, times and states; beside a server that goes on, as it is at one moment.
// The database gets its name when it is whole. Blocks; one thread; memory for a page of runs.
#pragma once

#include "domain/artifacts/service.h"
#include "domain/move/model.h"
#include "platform/blob/blob.h"
#include "platform/store/snapshot.h"

namespace rondo::move {

struct ExportParts {
    Env& env;
    const artifacts::Service& artifacts;
    int64_t workspace_id = 1;
};

// tx: of a new file made with mlflow_schema().
Result<Report> export_all(const ExportParts& parts, store::Tx& from, store::Tx& to,
                          const Watch& watch);

// Copies the files of artifacts to a folder, as MLflow's server hands them out from its
// --artifacts-destination. Files that are there already with the same bytes stay.
Status export_files(const ExportParts& parts, store::Tx& from, blob::Store& blobs,
                    const std::string& folder, const Watch& watch, Report& report);

}  // namespace rondo::move
