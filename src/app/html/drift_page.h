// A report on drift as a page: the verdict in a sentence, the features by their evidence, what is
// wrong with the data, and how to read it.
#pragma once

#include <string>

#include "domain/drift/model.h"

namespace rondo::app::html {

// Self-contained. Pictures of at most 500 features; the others stand in the table only.
std::string drift_page(const drift::Report& report);

}  // namespace rondo::app::html
