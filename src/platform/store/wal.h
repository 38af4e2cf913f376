// A look at SQLite's write-ahead log before SQLite itself opens it. SQLite takes the log up to the
// first frame that is not whole and forgets the rest without a word: right after a kill, when the
// rest was never acknowledged, and a silent loss when a bit fell over. Here that is told apart and
// named. Called once at start, on one thread, before the database is open; reads the log once.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/env.h"

namespace rondo::store {

// Where the log breaks off although a commit of the same round follows ("at frame 3 of 20"), or
// nothing. Foreign bytes are fine.
std::optional<std::string> find_damage(std::string_view log);

// What is wrong with the log and what to do, or nothing. A log that is damaged is copied aside
// first (PATH.damaged), because the first checkpoint overwrites it.
Result<std::optional<std::string>> check_write_ahead_log(Env& env, const std::string& path);

}  // namespace rondo::store
