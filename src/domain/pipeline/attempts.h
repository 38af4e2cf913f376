// The folders of attempts after their run: kept for a while, because logs are read from them.
#pragma once

#include <string>

#include "base/env.h"
#include "platform/store/database.h"

namespace rondo::pipeline {

// Removes the folders below Executor's of runs that ended longer ago than that; a few at most, and
// how many. Symbolic links are removed, not followed. For a thread that may wait for the disk.
Result<int64_t> remove_old_attempts(Env& env, store::Database& db, const std::string& folder,
                                    Micros keep);

}  // namespace rondo::pipeline
