// Whether two answers to one request are the same, where they are not, and whether that is meant.
// Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain/mirror/model.h"
#include "platform/json/value.h"

namespace rondo::app::mirror {

using rondo::mirror::Place;

// What was asked, as far as it matters for what may differ.
struct Asked {
    std::string endpoint;  // "POST /api/2.0/mlflow/runs/search"
    std::string_view body;
};

struct Answer {
    int status = 0;
    std::string content_type;
    std::string body;
    // Instead of the body of a file: its length and sha256.
    bool is_file = false;
    uint64_t size = 0;
    std::string sha256;
};

struct Comparison {
    std::vector<Place> places;  // empty: the same; at most kKeptPlaces
    std::string reason;         // why it differs on purpose, or empty
};

// Ids are the same on both sides, because the copy has taken them over. Times that a server set by
// its own clock may be a few seconds apart, what has no order is compared as a set, and a page
// token is only there or not.
Comparison compare(const Asked& asked, const Answer& upstream, const Answer& rondo);

// The beginning of a text that is kept and shown: what stands under names such as "password" or
// "token" is left out.
std::string kept_text(std::string_view text);
// The same for a path with its query.
std::string kept_target(std::string_view target);

}  // namespace rondo::app::mirror
