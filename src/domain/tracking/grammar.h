// The words that searches of tracking understand; see domain/search/grammar.h.
#pragma once

#include "domain/search/grammar.h"

namespace rondo::tracking {

// Over "experiments e", "runs r" and "logged_models m".
const search::Grammar& experiment_grammar();
const search::Grammar& run_grammar();
const search::Grammar& logged_model_grammar();
// The same where only metrics on the datasets in "wanted (name, digest)" count.
const search::Grammar& logged_model_on_datasets_grammar();

}  // namespace rondo::tracking
