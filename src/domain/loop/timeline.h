// The causal timeline of an endpoint, in words. Every number comes from the stored event.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/loop/store.h"
#include "platform/json/json.h"

namespace rondo::loop {

struct TimelineEntry {
    int64_t id = 0;                   // of the event
    std::optional<int64_t> cause;     // the event that led to it
    std::optional<int64_t> decision;  // to ask `why` about
    Time happened{}, recorded{};
    std::string kind;
    std::string title;   // a few words
    std::string detail;  // the numbers
    json::Raw data;
    static constexpr auto fields = std::tuple{
        json::field("id", &TimelineEntry::id, "Number of the event"),
        json::field("cause", &TimelineEntry::cause, "Event that led to it"),
        json::field("decision", &TimelineEntry::decision, "Decision that it announces"),
        json::field("happened", &TimelineEntry::happened, "When, on the endpoint's clock"),
        json::field("recorded", &TimelineEntry::recorded, "When, on the server's clock"),
        json::field("kind", &TimelineEntry::kind, "Kind of the event"),
        json::field("title", &TimelineEntry::title, "A few words"),
        json::field("detail", &TimelineEntry::detail, "The numbers in words"),
        json::field("data", &TimelineEntry::data, "The numbers")};
};

TimelineEntry describe(const sql::Entry& entry);

}  // namespace rondo::loop
