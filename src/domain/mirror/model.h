// What comes of a request that another server, the upstream, has answered and that is answered here
// once more.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "platform/json/shape.h"

namespace rondo::mirror {

enum class Outcome : uint8_t {
    equal,
    differing,
    on_purpose,    // differs for a reason that is known and meant
    overlapped,    // differs, and a write to the same thing was under way at the same time
    unknown_here,  // asks for or tells of what was there before the mirror, or did not pass it
    not_offered,   // a route of the upstream's that there is not here
    not_mirrored,  // was not answered here; the reason says why
};
inline constexpr size_t kOutcomes = 7;

// Newest ones that are kept, and bytes of each text in them.
inline constexpr size_t kKeptDifferences = 500;
inline constexpr size_t kKeptExcused = 100;  // of these, such as are meant or overlapped
inline constexpr size_t kKeptBytes = 2048;
inline constexpr size_t kKeptPlaces = 20;
// Endpoints and reasons together; what comes after them is counted as "other".
inline constexpr size_t kMaxTallies = 5000;

// Where two answers are not the same.
struct Place {
    std::string path, upstream, rondo;
    static constexpr auto fields =
        std::tuple{json::field("path", &Place::path, "JSON path, or status or content_type"),
                   json::field("upstream", &Place::upstream, "What the upstream says there"),
                   json::field("rondo", &Place::rondo, "What Rondo says there")};
};

struct Difference {
    int64_t number = 0;
    Time time{};
    std::string endpoint, method, path, request;
    std::string outcome, reason;
    int64_t upstream_status = 0, rondo_status = 0;
    std::string upstream_body, rondo_body;
    std::vector<Place> places;
    static constexpr auto fields = std::tuple{
        json::field("number", &Difference::number, "Counts up"),
        json::field("time", &Difference::time, "When the upstream had answered"),
        json::field("endpoint", &Difference::endpoint, "Method and route"),
        json::field("method", &Difference::method, "Method"),
        json::field("path", &Difference::path, "Path and query, as asked"),
        json::field("request", &Difference::request, "Beginning of the request's body"),
        json::field("outcome", &Difference::outcome, "differing, on_purpose or overlapped"),
        json::field("reason", &Difference::reason, "Why it may differ, when that is known"),
        json::field("upstream_status", &Difference::upstream_status, "Status of the upstream"),
        json::field("rondo_status", &Difference::rondo_status, "Status of Rondo"),
        json::field("upstream_body", &Difference::upstream_body, "Beginning of its answer"),
        json::field("rondo_body", &Difference::rondo_body, "Beginning of Rondo's answer"),
        json::field("places", &Difference::places, "Where the answers differ, the first ones")};
};

struct Tally {
    std::string endpoint, outcome, reason;
    int64_t count = 0;
    static constexpr auto fields =
        std::tuple{json::field("endpoint", &Tally::endpoint, "Method and route"),
                   json::field("outcome", &Tally::outcome, "What came of the requests"),
                   json::field("reason", &Tally::reason, "Why, where there is something to say"),
                   json::field("count", &Tally::count, "How many")};
};

// Of the answers of one side since the start, in milliseconds; percentiles within 10 %.
struct Latency {
    int64_t count = 0;
    double mean_ms = 0, p50_ms = 0, p99_ms = 0;
    static constexpr auto fields =
        std::tuple{json::field("count", &Latency::count, "Answers"),
                   json::field("mean_ms", &Latency::mean_ms, "Mean"),
                   json::field("p50_ms", &Latency::p50_ms, "Median"),
                   json::field("p99_ms", &Latency::p99_ms, "99th percentile")};
};

struct Report {
    std::string upstream;
    Time since{};  // the process' start
    int64_t mirrored = 0;
    int64_t equal = 0, differing = 0, on_purpose = 0, overlapped = 0, unknown_here = 0,
            not_offered = 0, not_mirrored = 0;
    int64_t passed_on = 0, unreachable = 0, queued = 0, cut_off = 0;
    Latency upstream_latency, rondo_latency;
    std::vector<Tally> tallies;
    std::string hint;
    static constexpr auto fields = std::tuple{
        json::field("upstream", &Report::upstream, "Whose answers clients get"),
        json::field("since", &Report::since, "Since when this process runs"),
        json::field("mirrored", &Report::mirrored, "Requests that were answered here as well"),
        json::field("equal", &Report::equal, "Of these: with the same answer"),
        json::field("differing", &Report::differing, "Of these: with another answer"),
        json::field("on_purpose", &Report::on_purpose, "Of these: with another one, as meant"),
        json::field("overlapped", &Report::overlapped,
                    "Of these: with another one, while a write to the same was under way"),
        json::field("unknown_here", &Report::unknown_here,
                    "Of these: about what was there before the mirror"),
        json::field("not_offered", &Report::not_offered, "Requests by routes that are not here"),
        json::field("not_mirrored", &Report::not_mirrored, "Requests that were not answered here"),
        json::field("passed_on", &Report::passed_on, "Requests since the start, pages included"),
        json::field("unreachable", &Report::unreachable,
                    "Requests since the start that the upstream did not answer (502)"),
        json::field("queued", &Report::queued, "Requests that wait to be answered here"),
        json::field("cut_off", &Report::cut_off,
                    "How often a mirror was killed: what waited then is missing here"),
        json::field("upstream_latency", &Report::upstream_latency, "Of the upstream's answers"),
        json::field("rondo_latency", &Report::rondo_latency, "Of Rondo's answers"),
        json::field("tallies", &Report::tallies, "All counts"),
        json::field("hint", &Report::hint, "What to do, when there is something")};
};

inline constexpr std::array<std::string_view, kOutcomes> kOutcomeNames{
    "equal",        "differing",   "on_purpose",  "overlapped",
    "unknown_here", "not_offered", "not_mirrored"};
inline std::string name_of(Outcome outcome) {
    return std::string(kOutcomeNames[static_cast<size_t>(outcome)]);
}

}  // namespace rondo::mirror
