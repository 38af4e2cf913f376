#include "platform/notify/dialects.h"

#include <array>

#include "base/check.h"
#include "base/text.h"
#include "platform/json/enums.h"
#include "platform/json/value.h"
#include "platform/notify/mlflow_words.h"

namespace rondo::notify {
namespace {

using json::Value;

constexpr std::string_view kJson = "application/json";
constexpr size_t kMaxSummary = 1000;  // PagerDuty takes 1,024 characters

Value data_of(const events::Event& event) {
    auto data = Value::parse(event.data);
    return data ? std::move(*data) : Value();
}

Value cause_of(const events::Event& event) { return event.cause ? Value(*event.cause) : Value(); }

std::string workspace_of(const events::Event& event) {
    return "/workspaces/" + std::to_string(event.workspace_id);
}

// At most so many bytes, cut between characters.
std::string cut(std::string text, size_t most) {
    if (text.size() <= most) return text;
    while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80) --most;
    text.resize(most);
    return text;
}

bool speaks_of_all(std::string_view) { return true; }

Form write_rondo(const Message& m, std::string_view) {
    return {std::string(kJson),
            Value(Value::Object{{"id", m.id},
                                {"event", m.event.id},
                                {"kind", m.event.kind},
                                {"subject", m.event.subject},
                                {"meaning", json::text_of(m.words.meaning)},
                                {"title", m.words.title},
                                {"recorded", format_time(m.event.recorded)},
                                {"happened", format_time(m.event.happened)},
                                {"cause", cause_of(m.event)},
                                {"data", data_of(m.event)}})
                .dump(),
            {}};
}

// --- CloudEvents 1.0 ------------------------------------------------------------------------

// Names and values of the context attributes, but for the content type.
std::vector<std::pair<std::string, std::string>> attributes(const Message& m) {
    return {{"specversion", "1.0"},
            {"id", m.id},
            {"source", workspace_of(m.event)},
            {"type", "rondo." + m.event.kind},
            {"subject", m.event.subject},
            {"time", format_time(m.event.happened)},
            {"rondoevent", std::to_string(m.event.id)}};
}

Form write_cloudevents(const Message& m, std::string_view) {
    Value out = Value::Object{};
    for (auto& [name, value] : attributes(m)) out.set(name, std::move(value));
    out.set("datacontenttype", kJson);
    out.set("data", data_of(m.event));
    return {"application/cloudevents+json", out.dump(), {}};
}

// CloudEvents' HTTP binding: bytes outside of printable ASCII, blanks, quotes and '%' in percent
// encoding.
std::string header_value(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte > 0x20 && byte < 0x7f && c != '"' && c != '%')
            out += c;
        else
            out.append("%").append(1, kDigits[byte >> 4]).append(1, kDigits[byte & 15]);
    }
    return out;
}

Form write_cloudevents_binary(const Message& m, std::string_view) {
    Form out{std::string(kJson), data_of(m.event).dump(), {}};
    for (const auto& [name, value] : attributes(m))
        out.headers.emplace_back("ce-" + name, header_value(value));
    return out;
}

// --- messages for people ----------------------------------------------------------------------

std::string escaped_for_slack(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else
            out += c;
    }
    return out;
}

Form write_slack(const Message& m, std::string_view) {
    const char* mark = m.words.meaning == Meaning::alarms   ? ":rotating_light: "
                       : m.words.meaning == Meaning::clears ? ":white_check_mark: "
                                                            : "";
    return {std::string(kJson),
            Value(Value::Object{
                      {"text", mark + escaped_for_slack(m.event.subject + ": " + m.words.title) +
                                   " (" + escaped_for_slack(m.event.kind) + ")"}})
                .dump(),
            {}};
}

// Alarms about one subject are one incident, which what clears them ends.
Form write_pagerduty(const Message& m, std::string_view routing_key) {
    const bool clears = m.words.meaning == Meaning::clears;
    const bool informs = m.words.meaning == Meaning::informs;
    Value out =
        Value::Object{{"routing_key", routing_key},
                      {"event_action", clears ? "resolve" : "trigger"},
                      {"dedup_key", cut("rondo" + workspace_of(m.event) + "/" + m.event.subject +
                                            (informs ? "/" + std::to_string(m.event.id) : ""),
                                        255)}};
    out.set("payload",
            Value::Object{{"summary", cut(m.event.subject + ": " + m.words.title, kMaxSummary)},
                          {"source", "rondo"},
                          {"severity", informs || clears ? "info" : "critical"},
                          {"timestamp", format_time(m.event.recorded)},
                          {"component", m.event.subject},
                          {"class", m.event.kind},
                          {"custom_details", data_of(m.event)}});
    return {std::string(kJson), out.dump(), {}};
}

// What clears an alarm carries the alarm's labels and an end.
Form write_alertmanager(const Message& m, std::string_view) {
    const bool informs = m.words.meaning == Meaning::informs;
    Value::Object labels{{"alertname", informs ? "RondoEvent" : "RondoAlarm"},
                         {"severity", informs ? "info" : "critical"},
                         {"subject", m.event.subject},
                         {"workspace", std::to_string(m.event.workspace_id)}};
    if (informs) labels.emplace_back("kind", m.event.kind);
    Value alert =
        Value::Object{{"labels", std::move(labels)},
                      {"annotations", Value::Object{{"summary", m.words.title},
                                                    {"kind", m.event.kind},
                                                    {"event", std::to_string(m.event.id)}}},
                      {"startsAt", format_time(m.event.recorded)}};
    if (m.words.meaning == Meaning::clears) alert.set("endsAt", format_time(m.event.recorded));
    return {std::string(kJson), Value(Value::List{std::move(alert)}).dump(), {}};
}

constexpr std::string_view kTest = R"({"test":true})";

constexpr DialectRow kDialects[] = {
    {Dialect::rondo, SecretUse::signs, "", kTest, speaks_of_all, write_rondo},
    {Dialect::cloudevents, SecretUse::signs, "", kTest, speaks_of_all, write_cloudevents},
    {Dialect::cloudevents_binary, SecretUse::signs, "", kTest, speaks_of_all,
     write_cloudevents_binary},
    {Dialect::mlflow, SecretUse::mlflow, "", kMlflowExample, speaks_mlflow, write_mlflow},
    {Dialect::slack, SecretUse::path, "", kTest, speaks_of_all, write_slack},
    {Dialect::pagerduty, SecretUse::routing, "/v2/enqueue", kTest, speaks_of_all, write_pagerduty},
    {Dialect::alertmanager, SecretUse::may_sign, "/api/v2/alerts", kTest, speaks_of_all,
     write_alertmanager},
};

}  // namespace

std::span<const DialectRow> dialects() { return kDialects; }

const DialectRow& dialect_row(Dialect dialect) {
    for (const DialectRow& row : kDialects) {
        if (row.dialect == dialect) return row;
    }
    CHECK(false, "a dialect without a row");
}

}  // namespace rondo::notify
