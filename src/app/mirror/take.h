// What the copy takes over from an answer of the upstream, so that ids and times are the same on
// both sides. Pure functions over MLflow's messages.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/tracking/model.h"
#include "platform/json/value.h"
#include "platform/net/http.h"

namespace rondo::app::mirror {

// What the upstream chose for the thing that the request made. `path` is the route's pattern.
net::Chosen chosen_by(std::string_view path, const json::Value& answer);

// The latest time that the upstream's clock has set in what a write made or changed, in ms.
std::optional<int64_t> clock_of(const json::Value& answer);

// Experiments that an answer tells of whole.
std::vector<tracking::Experiment> experiments_in(std::string_view path, const json::Value& answer);

// An object by the kind that rows call it, and its id.
struct Named {
    std::string kind, id;
    friend auto operator<=>(const Named&, const Named&) = default;
};
// What an answer tells of, each once and at most kMostNamed.
inline constexpr size_t kMostNamed = 2000;
std::vector<Named> named_in(const json::Value& answer);

// The text of a page token in a request or an answer; empty when there is none.
std::string next_page_of(const json::Value& answer);
std::string page_token_in(std::string_view query, const json::Value& body);
// The same request with another token.
std::string query_with_page(std::string_view query, const std::string& token);
json::Value message_with_page(json::Value body, const std::string& token);

}  // namespace rondo::app::mirror
