// Deletes for good what was deleted long ago: runs, logged models and experiments with their files'
// names, as `mlflow gc` does. Their bytes are garbage from then on. Until then they can be
// restored. What a registered model version stands on stays.
#pragma once

#include <string>

#include "domain/artifacts/service.h"
#include "domain/collection/model.h"
#include "platform/store/tx.h"

namespace rondo::collection {

struct Purged {
    std::string place;  // "" at the end
    int64_t items = 0;
    int64_t runs = 0, models = 0, experiments = 0, spared = 0;
};
// From a place on ("" at first), what was deleted before `deadline_ms`: one object, or a slice of a
// large one's rows. The caller commits the place along with it.
Result<Purged> purge_step(store::Tx& tx, const artifacts::Service& artifacts, int64_t workspace_id,
                          const std::string& place, int64_t deadline_ms);

}  // namespace rondo::collection
