// The words of serving: endpoint definitions and routes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/predictions/model.h"
#include "platform/json/shape.h"

namespace rondo::serving {

inline constexpr std::string_view kEndpointKind = "endpoint";  // of grants

using predictions::Share;

// Which clock decides. event: predictions carry their event time, an explicit watermark says how
// far it has come, and decisions are a pure function of the log. arrival: the server's clock.
enum class Clock : uint8_t { event, arrival };

// What a user declares (endpoint.yaml).
struct EndpointSpec {
    std::string name;
    std::string model;  // "models:/NAME@ALIAS": follows the alias
    Clock clock = Clock::arrival;
    Micros maturation = std::chrono::hours{24};  // after this a label is expected to be known
    Micros tick_every = std::chrono::hours{24};
    Micros tick_offset = std::chrono::hours{12};         // of the first tick after midnight UTC
    double min_label_coverage = 0.98;                    // below it no decision is made
    Micros allowed_lateness = std::chrono::minutes{10};  // arrival clock: watermark = now - this

    static constexpr auto fields =
        std::tuple{json::field("name", &EndpointSpec::name, "Name in URLs", json::required),
                   json::field("model", &EndpointSpec::model, "Model to serve: models:/NAME@ALIAS",
                               json::required),
                   json::field("clock", &EndpointSpec::clock, "event or arrival"),
                   json::field("maturation", &EndpointSpec::maturation,
                               "Time after which a prediction's label is expected to be known"),
                   json::field("tick_every", &EndpointSpec::tick_every, "Time between decisions"),
                   json::field("tick_offset", &EndpointSpec::tick_offset,
                               "Time of the first decision after midnight UTC"),
                   json::field("min_label_coverage", &EndpointSpec::min_label_coverage,
                               "Share of labelled predictions below which nothing is decided"),
                   json::field("allowed_lateness", &EndpointSpec::allowed_lateness,
                               "Arrival clock: how late a prediction may be logged")};
};

struct EndpointRow {
    int64_t id = 0;
    int64_t workspace_id = 1;
    EndpointSpec spec;
    int64_t spec_version = 1;
    std::string subject() const { return "endpoint/" + spec.name; }
};

// What a route does with its two versions. The primary's name in the log is champion.
enum class RouteMode : uint8_t {
    single,  // the champion answers all
    shadow,  // the champion answers all, the candidate scores along
    canary,  // the candidate answers its share of units
    watch,   // the new champion answers all, the old one stays warm and scores along
};

struct Route {
    int64_t number = 0;  // within the endpoint, from 1
    Time effective{};    // from this moment of the endpoint's clock on
    RouteMode mode = RouteMode::single;
    int32_t champion = 0;  // model versions; candidate 0: none
    int32_t candidate = 0;
    Share share = 0;           // of units that the candidate answers (canary)
    Share scored_by_both = 0;  // of units that both score; the same units, and more
    std::optional<int64_t> rollout_id;

    static constexpr auto fields = std::tuple{
        json::field("number", &Route::number, "Number within the endpoint"),
        json::field("effective", &Route::effective, "From when on, on the endpoint's clock"),
        json::field("mode", &Route::mode, "single, shadow, canary or watch"),
        json::field("champion", &Route::champion, "Model version that answers by default"),
        json::field("candidate", &Route::candidate, "The other version, 0 for none"),
        json::field("rollout_id", &Route::rollout_id, "The rollout that made this route")};
};

}  // namespace rondo::serving

template <>
inline constexpr auto rondo::json::enum_names<rondo::serving::Clock> =
    std::array{std::pair{rondo::serving::Clock::event, std::string_view("event")},
               std::pair{rondo::serving::Clock::arrival, std::string_view("arrival")}};
template <>
inline constexpr auto rondo::json::enum_names<rondo::serving::RouteMode> =
    std::array{std::pair{rondo::serving::RouteMode::single, std::string_view("single")},
               std::pair{rondo::serving::RouteMode::shadow, std::string_view("shadow")},
               std::pair{rondo::serving::RouteMode::canary, std::string_view("canary")},
               std::pair{rondo::serving::RouteMode::watch, std::string_view("watch")}};
