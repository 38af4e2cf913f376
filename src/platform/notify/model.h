// Subscriptions to events and their deliveries, as plain structs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "platform/events/events.h"
#include "platform/json/shape.h"

namespace rondo::notify {

enum class Dialect : uint8_t {
    rondo,               // our own JSON
    cloudevents,         // CloudEvents 1.0, structured
    cloudevents_binary,  // the same with attributes as headers
    mlflow,              // MLflow's registry webhooks
    slack,
    pagerduty,     // Events API v2
    alertmanager,  // API v2
};
enum class WebhookState : uint8_t { active, disabled };
enum class DeliveryState : uint8_t { pending, delivered, dead };

// What an event means to who is called at night.
enum class Meaning : uint8_t { informs, alarms, clears };

// A kind of event that can be subscribed to.
struct EventKind {
    std::string kind;
    Meaning meaning = Meaning::informs;
    std::string what;
    static constexpr auto fields =
        std::tuple{json::field("kind", &EventKind::kind, "As in subscriptions"),
                   json::field("meaning", &EventKind::meaning, "informs, alarms or clears"),
                   json::field("what", &EventKind::what, "What has happened")};
};

// An event in words.
struct Words {
    std::string title;  // one line
    Meaning meaning = Meaning::informs;
};

struct Webhook {
    int64_t id = 0;
    int64_t workspace_id = 1;
    std::string name, url, description;
    Dialect dialect = Dialect::rondo;
    std::vector<std::string> events;  // patterns
    std::string subject;              // a pattern, or empty
    bool only_alarms = false;
    WebhookState state = WebhookState::active;
    std::string reason;       // why it was disabled
    int64_t attempts = 0;     // for each delivery
    std::string secret;       // sealed; empty: none
    std::string old_secret;   // the one before, sealed
    Time old_secret_until{};  // good together with the new one until then
    int64_t failures = 0;     // in a row, over all deliveries
    Time resume{};            // nothing is sent before
    Time recovered{};         // what had failed before this moment is due
    Time created{}, updated{};
    int64_t pending = 0, dead = 0;  // deliveries; up to kCounted of them are counted

    bool has_secret() const { return !secret.empty(); }
};
inline constexpr int64_t kCounted = 100'000;

struct Delivery {
    int64_t id = 0;
    int64_t webhook_id = 0;
    std::string message_id;  // what receivers tell repeats by
    int64_t event_id = 0;
    std::string kind, subject;
    DeliveryState state = DeliveryState::pending;
    int64_t attempts = 0;
    std::optional<Time> attempted, next, ended;
    std::optional<int64_t> status;
    std::optional<double> latency_ms;
    std::string problem, answer;
    Time created{};
    static constexpr auto fields =
        std::tuple{json::field("id", &Delivery::id, "Number, to send it again by"),
                   json::field("message_id", &Delivery::message_id, "webhook-id of every attempt"),
                   json::field("event", &Delivery::event_id, "Number of the event"),
                   json::field("kind", &Delivery::kind, "Kind of the event"),
                   json::field("subject", &Delivery::subject, "What the event is about"),
                   json::field("state", &Delivery::state, "pending, delivered or dead"),
                   json::field("attempts", &Delivery::attempts, "How often it was sent"),
                   json::field("attempted", &Delivery::attempted, "When it was sent last"),
                   json::field("next", &Delivery::next, "When it is sent next, while pending"),
                   json::field("ended", &Delivery::ended, "When it was delivered or given up"),
                   json::field("status", &Delivery::status, "HTTP status of the last answer"),
                   json::field("latency_ms", &Delivery::latency_ms, "Of the last attempt"),
                   json::field("problem", &Delivery::problem, "Why the last attempt failed"),
                   json::field("answer", &Delivery::answer, "First 1,024 bytes of the last answer"),
                   json::field("created", &Delivery::created, "When the event was taken up")};
};

}  // namespace rondo::notify

namespace rondo::json {

template <>
inline constexpr auto enum_names<notify::Dialect> = std::array{
    std::pair{notify::Dialect::rondo, std::string_view("rondo")},
    std::pair{notify::Dialect::cloudevents, std::string_view("cloudevents")},
    std::pair{notify::Dialect::cloudevents_binary, std::string_view("cloudevents-binary")},
    std::pair{notify::Dialect::mlflow, std::string_view("mlflow")},
    std::pair{notify::Dialect::slack, std::string_view("slack")},
    std::pair{notify::Dialect::pagerduty, std::string_view("pagerduty")},
    std::pair{notify::Dialect::alertmanager, std::string_view("alertmanager")}};
template <>
inline constexpr auto enum_names<notify::WebhookState> =
    std::array{std::pair{notify::WebhookState::active, std::string_view("active")},
               std::pair{notify::WebhookState::disabled, std::string_view("disabled")}};
template <>
inline constexpr auto enum_names<notify::DeliveryState> =
    std::array{std::pair{notify::DeliveryState::pending, std::string_view("pending")},
               std::pair{notify::DeliveryState::delivered, std::string_view("delivered")},
               std::pair{notify::DeliveryState::dead, std::string_view("dead")}};
template <>
inline constexpr auto enum_names<notify::Meaning> =
    std::array{std::pair{notify::Meaning::informs, std::string_view("informs")},
               std::pair{notify::Meaning::alarms, std::string_view("alarms")},
               std::pair{notify::Meaning::clears, std::string_view("clears")}};

}  // namespace rondo::json
