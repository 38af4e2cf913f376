#include "platform/notify/dialects.h"

#include "platform/json/value.h"

#include <doctest/doctest.h>

namespace rondo::notify {
namespace {

using json::Value;

Message example(Meaning meaning = Meaning::alarms) {
    Message m;
    m.id = "msg_1";
    m.event.id = 42;
    m.event.kind = "gate.failed";
    m.event.subject = "endpoint/fl\xC3\xBCge";
    m.event.data = R"({"case":7,"reason":"too slow"})";
    m.event.cause = 41;
    m.event.recorded = from_micros(1'700'000'000'123'000);
    m.event.happened = from_micros(1'600'000'000'000'000);
    m.words = {"gate failed for version 3 <b>", meaning};
    return m;
}

Form write(Dialect dialect, const Message& message, std::string_view secret = "") {
    return dialect_row(dialect).write(message, secret);
}
Value body(const Form& form) {
    auto parsed = Value::parse(form.body);
    REQUIRE(parsed);
    return *parsed;
}

}  // namespace

TEST_CASE("each dialect has a row, and each row its name") {
    CHECK(dialects().size() == json::enum_names<Dialect>.size());
    for (const auto& [dialect, name] : json::enum_names<Dialect>)
        CHECK(dialect_row(dialect).dialect == dialect);
}

TEST_CASE("rondo's own form holds the event") {
    const Form form = write(Dialect::rondo, example());
    CHECK(form.content_type == "application/json");
    CHECK(form.body ==
          "{\"id\":\"msg_1\",\"event\":42,\"kind\":\"gate.failed\",\"subject\":\"endpoint/"
          "fl\xC3\xBCge\","
          "\"meaning\":\"alarms\",\"title\":\"gate failed for version 3 <b>\","
          "\"recorded\":\"2023-11-14T22:13:20.123Z\",\"happened\":\"2020-09-13T12:26:40Z\","
          "\"cause\":41,\"data\":{\"case\":7,\"reason\":\"too slow\"}}");
}

TEST_CASE("CloudEvents in both modes say the same") {
    const Form structured = write(Dialect::cloudevents, example());
    CHECK(structured.content_type == "application/cloudevents+json");
    const Value event = body(structured);
    const Form binary = write(Dialect::cloudevents_binary, example());
    CHECK(binary.content_type == "application/json");
    CHECK(body(binary)["reason"].text() == "too slow");
    CHECK(event["data"]["case"].integer() == 7);
    CHECK(event["specversion"].text() == "1.0");
    CHECK(event["type"].text() == "rondo.gate.failed");
    CHECK(event["time"].text() == "2020-09-13T12:26:40Z");
    for (const auto& [name, value] : binary.headers) {
        REQUIRE(name.starts_with("ce-"));
        if (name == "ce-subject")
            CHECK(value == "endpoint/fl%C3%BCge");  // no header injection, T9
        else
            CHECK(event[name.substr(3)].text() == value);
    }
    CHECK(binary.headers.size() == 7);
    Message hostile = example();
    hostile.event.subject = "a\r\nx-evil: 1 \"%";
    for (const auto& [name, value] : write(Dialect::cloudevents_binary, hostile).headers)
        if (name == "ce-subject") CHECK(value == "a%0D%0Ax-evil:%201%20%22%25");
}

TEST_CASE("MLflow's form has its entities, and texts for versions") {
    Message m = example();
    m.event.kind = "registry.alias_set";
    m.event.data = R"({"name":"flights","version":3,"alias":"champion"})";
    const Value v = body(write(Dialect::mlflow, m));
    CHECK(v["entity"].text() == "model_version_alias");
    CHECK(v["action"].text() == "created");
    CHECK(v["timestamp"].text() == "2023-11-14T22:13:20.123+00:00");
    CHECK(v["data"].dump() == R"({"name":"flights","alias":"champion","version":"3"})");
    CHECK(dialect_row(Dialect::mlflow).speaks("registry.model_created"));
    CHECK(!dialect_row(Dialect::mlflow).speaks("rollout.promoted"));
}

TEST_CASE("Slack's message cannot hold markup of somebody else") {
    const Value v = body(write(Dialect::slack, example()));
    CHECK(v["text"].text() ==
          ":rotating_light: endpoint/fl\xC3\xBCge: gate failed for version 3 &lt;b&gt; "
          "(gate.failed)");
    CHECK(body(write(Dialect::slack, example(Meaning::informs)))["text"].text().starts_with(
        "endpoint/"));
}

TEST_CASE("PagerDuty's incident is one for each subject, and ends") {
    const Value alarm = body(write(Dialect::pagerduty, example(), "key"));
    const Value end = body(write(Dialect::pagerduty, example(Meaning::clears), "key"));
    CHECK(alarm["routing_key"].text() == "key");
    CHECK(alarm["event_action"].text() == "trigger");
    CHECK(end["event_action"].text() == "resolve");
    CHECK(alarm["dedup_key"].text() == end["dedup_key"].text());
    CHECK(alarm["payload"]["severity"].text() == "critical");
    CHECK(alarm["payload"]["custom_details"]["case"].integer() == 7);
    Message endless = example();
    endless.words.title = std::string(998, 'x');
    endless.words.title += "\xC3\xBC\xC3\xBC";
    const Value cut = body(write(Dialect::pagerduty, endless, "key"));
    CHECK(cut["payload"]["summary"].text().size() <= 1000);
}

TEST_CASE("Alertmanager's alert and what ends it have the same labels") {
    const Value alarm = body(write(Dialect::alertmanager, example()));
    const Value end = body(write(Dialect::alertmanager, example(Meaning::clears)));
    REQUIRE(alarm.list().size() == 1);
    CHECK(alarm.list()[0]["labels"].dump() == end.list()[0]["labels"].dump());
    CHECK(alarm.list()[0]["labels"]["alertname"].text() == "RondoAlarm");
    CHECK(alarm.list()[0]["endsAt"].is_null());
    CHECK(end.list()[0]["endsAt"].text() == "2023-11-14T22:13:20.123Z");
    const Value note = body(write(Dialect::alertmanager, example(Meaning::informs)));
    CHECK(note.list()[0]["labels"]["kind"].text() == "gate.failed");
}

}  // namespace rondo::notify
