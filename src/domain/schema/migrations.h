// The schema's steps, in order. A step that has landed is never edited.
#pragma once

#include <span>

#include "platform/store/database.h"

namespace rondo {

std::span<const store::Migration> migrations();

}  // namespace rondo
