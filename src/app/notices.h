// The kinds of events that there are and what each says to people: what `rondo webhook events`
// lists and what stands in messages. docs/guide/webhooks.md shows the same list; a test compares
// both with the places that publish.
#pragma once

#include <vector>

#include "platform/notify/model.h"

namespace rondo::app {

const std::vector<notify::EventKind>& event_kinds();
// Any thread. A kind that is not listed is its own title.
notify::Words words_of(const events::Event& event);

}  // namespace rondo::app
