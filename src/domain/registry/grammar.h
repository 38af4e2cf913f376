// The words that searches of the registry understand; see domain/search/grammar.h.
#pragma once

#include "domain/search/grammar.h"

namespace rondo::registry {

// Over "registered_models m" and "model_versions v JOIN registered_models m".
const search::Grammar& model_grammar();
const search::Grammar& version_grammar();

}  // namespace rondo::registry
