// What the commands about accounts share: how they print answers and take their flags.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/cli/flags.h"

namespace rondo::app::cli {

// A member as a cell of a table; empty for what is not there.
std::string text(const json::Value& value);

// Prints a table of a list's members, or the answer as it is.
Status show_list(const Session& session, const json::Value& answer, const char* list,
                 const std::vector<std::pair<const char*, const char*>>& columns);

// Prints the sentence, or the answer as it is.
Status say(const Session& session, const json::Value& answer, const std::string& sentence);

// Work with the flags that a verb has filled.
template <class F>
auto with(std::shared_ptr<F> flags, Status (*work)(const Common&, const F&)) {
    return [flags, work](const Common& common) { return work(common, *flags); };
}

// Declares the noun role: grants on single objects, custom roles.
void add_role(Noun& root);

}  // namespace rondo::app::cli
