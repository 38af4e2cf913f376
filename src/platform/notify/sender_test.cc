#include "platform/notify/sender.h"

#include <algorithm>

#include "domain/schema/test_database.h"
#include "domain/schema/test_env.h"
#include "platform/events/consumer.h"
#include "platform/notify/retention.h"
#include "platform/notify/retry.h"
#include "platform/notify/signature.h"

#include <doctest/doctest.h>

namespace rondo::notify {
namespace {

// A client without a network: answers by a script, keeps what it was sent.
class FakeClient final : public client::Client {
  public:
    using Answer = std::function<Result<client::Response>(const client::Request&)>;
    Result<client::Response> send(const client::Request& request,
                                  const client::Streams& streams) override {
        Answer answer;
        {
            const std::lock_guard lock(mutex_);
            sent_.push_back(request);
            answer = answer_;
        }
        auto response = answer(request);
        if (response && response->status >= 200 && response->status < 300) {
            if (Status head = streams.head(*response); !head) return fail(head.error());
            if (Status taken = streams.sink(response->body); !taken) return fail(taken.error());
        }
        return response;
    }
    Task<Result<client::Response>> send_async(client::Request, client::AsyncSource*,
                                              client::AsyncSink*) override {
        co_return fail(Code::unsupported, "not in this test");
    }
    Numbers numbers() override { return {}; }

    void answer(Answer answer) {
        const std::lock_guard lock(mutex_);
        answer_ = std::move(answer);
    }
    void answer(int status) {
        answer([status](const client::Request&) -> Result<client::Response> {
            return client::Response{status, {}, "body"};
        });
    }
    std::vector<client::Request> sent() {
        const std::lock_guard lock(mutex_);
        return sent_;
    }

  private:
    std::mutex mutex_;
    std::vector<client::Request> sent_;
    Answer answer_;
};

std::string header(const client::Request& request, const std::string& name) {
    for (const auto& [key, value] : request.headers) {
        if (key == name) return value;
    }
    return "";
}

const std::vector<EventKind> kKinds{{"gate.failed", Meaning::alarms, "no"},
                                    {"rollout.promoted", Meaning::informs, "yes"},
                                    {"registry.model_created", Meaning::informs, "new"},
                                    {"webhook.disabled", Meaning::alarms, "gone"}};

struct House {
    explicit House(TestDatabase& db, const std::string& id = "a")
        : db(db),
          events(env, hub),
          servers(env, *db, events, {id, "http://" + id, "here", jobs::Company::several}),
          leases(*db, servers),
          service({env, events, std::string(32, 'k'), client::EgressPolicy::public_only(), kKinds,
                   [](const events::Event& event) {
                       Words words{event.kind};
                       for (const EventKind& kind : kKinds) {
                           if (kind.kind == event.kind) words.meaning = kind.meaning;
                       }
                       return words;
                   }}),
          sender(env, *db, leases, http, service),
          sequencer(*db, leases),
          consumer(*db, leases, "webhooks", events::From::now,
                   [this](store::Tx& tx, const std::vector<events::Event>& found) {
                       return service.fan_out(tx, found);
                   }) {
        REQUIRE(servers.join());
        REQUIRE(leases.tick());
        http.answer(200);
        spread();
    }
    Service::Made create(const std::string& name, const std::vector<std::string>& patterns = {"*"},
                         const std::string& host = "receiver.example", int64_t attempts = 0) {
        auto made = (*db).write_now(store::Durability::normal, [&](store::Tx& tx) {
            return service.create(tx, {.name = name,
                                       .url = "https://" + host + "/hook",
                                       .events = patterns,
                                       .attempts = attempts});
        });
        REQUIRE_MESSAGE(made, made.error().message);
        return *made;
    }
    int64_t publish(const std::string& kind, const std::string& subject = "endpoint/flights") {
        auto id = (*db).write_now(store::Durability::normal, [&](store::Tx& tx) {
            return events.publish(tx, {.kind = kind, .subject = subject});
        });
        REQUIRE(id);
        return *id;
    }
    // Time passes in leaps here: the heart has to beat after each.
    void beat() { REQUIRE(servers.tick()); }
    void spread() {
        beat();
        for (int i = 0; i < 10; ++i) {
            const auto placed = sequencer.step();
            const auto seen = consumer.step();
            REQUIRE(placed);
            REQUIRE(seen);
        }
    }
    // Everything that is due now; how many messages.
    int send() {
        beat();
        const size_t before = http.sent().size();
        while (true) {
            const auto handed = sender.step();
            REQUIRE(handed);
            sender.wait_idle();
            if (*handed == 0) return static_cast<int>(http.sent().size() - before);
        }
    }
    std::vector<Delivery> deliveries(const std::string& name) {
        auto found = (*db).read_now(
            [&](store::Tx& tx) { return service.deliveries(tx, name, {std::nullopt, 0, 1000}); });
        REQUIRE(found);
        return *found;
    }
    Webhook webhook(const std::string& name) {
        auto found = (*db).read_now([&](store::Tx& tx) { return service.get(tx, name); });
        REQUIRE(found);
        return *found;
    }
    TestDatabase& db;
    TestEnv env;
    events::Hub hub;
    events::Events events;
    jobs::Servers servers;
    jobs::Leases leases;
    FakeClient http;
    Service service;
    Sender sender;
    events::Sequencer sequencer;
    events::Consumer consumer;
};

}  // namespace

TEST_CASE("both engines: each event gives one delivery to each webhook that asks for it") {
    TestDatabase db;
    House house(db);
    const int64_t early = house.publish("gate.failed");
    house.spread();
    house.create("all");
    house.create("some", {"rollout.*"});
    const int64_t a = house.publish("gate.failed"), b = house.publish("rollout.promoted");
    house.spread();
    CHECK(house.deliveries("all").size() == 2);
    REQUIRE(house.deliveries("some").size() == 1);
    CHECK(house.deliveries("some")[0].event_id == b);
    // Seen again, as after a kill before the commit was known: nothing is added.
    REQUIRE((*db).write_now(store::Durability::normal, [&](store::Tx& tx) -> Status {
        TRY_ASSIGN(const auto event, sql::find_event(tx, a));
        return house.service.fan_out(tx, {*event, *event});
    }));
    CHECK(house.deliveries("all").size() == 2);
    CHECK(house.deliveries("all")[1].event_id == a);
    CHECK(early < a);
    CHECK(house.send() == 3);
    for (const Delivery& d : house.deliveries("all")) {
        CHECK(d.state == DeliveryState::delivered);
        CHECK(d.status == 200);
        CHECK(d.answer == "body");
        CHECK(d.attempts == 1);
    }
    CHECK(house.send() == 0);
}

TEST_CASE("both engines: deliveries go in the order of events, signed, with ids that stay") {
    TestDatabase db;
    House house(db);
    const auto made = house.create("hook");
    REQUIRE(!made.secret.empty());
    std::vector<int64_t> events;
    for (int i = 0; i < 5; ++i) events.push_back(house.publish("gate.failed"));
    house.spread();
    CHECK(house.send() == 5);
    const auto sent = house.http.sent();
    REQUIRE(sent.size() == 5);
    for (size_t i = 0; i < sent.size(); ++i) {
        CHECK(sent[i].body.contains("\"event\":" + std::to_string(events[i]) + ","));
        const std::string id = header(sent[i], "webhook-id");
        CHECK(sent[i].body.contains("\"id\":\"" + id + "\""));
        CHECK(header(sent[i], "webhook-signature") ==
              signature(made.secret, id, std::stoll(header(sent[i], "webhook-timestamp")),
                        sent[i].body));
        CHECK(sent[i].redirects == 0);
    }
}

TEST_CASE("both engines: a failure is tried again with back-off and the same id, then is dead") {
    TestDatabase db;
    House house(db);
    house.create("hook", {"*"}, "receiver.example", 4);
    house.publish("gate.failed");
    house.spread();
    house.http.answer(500);
    int attempts = 0;
    for (int i = 0; i < 100 && attempts < 4; ++i) {
        attempts += house.send();
        house.env.pass(Micros{10'000'000});
    }
    CHECK(attempts == 4);
    auto rows = house.deliveries("hook");
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].state == DeliveryState::dead);
    CHECK(rows[0].problem == "answered 500");
    CHECK(house.webhook("hook").dead == 1);
    for (const auto& request : house.http.sent())
        CHECK(header(request, "webhook-id") == rows[0].message_id);
    house.env.pass(std::chrono::hours{48});
    CHECK(house.send() == 0);
    // By hand it goes once more.
    house.http.answer(204);
    REQUIRE((*db).write_now(store::Durability::normal, [&](store::Tx& tx) {
        return house.service.redeliver_dead(tx, "hook");
    }));
    CHECK(house.send() == 1);
    CHECK(house.deliveries("hook")[0].state == DeliveryState::delivered);
    CHECK(header(house.http.sent().back(), "webhook-id") == rows[0].message_id);
}

TEST_CASE("both engines: one event that a receiver cannot take lets the others pass") {
    TestDatabase db;
    House house(db);
    house.create("hook");
    house.publish("gate.failed");
    house.publish("rollout.promoted");
    house.spread();
    house.http.answer([](const client::Request& request) -> Result<client::Response> {
        return client::Response{request.body.contains("gate.failed") ? 400 : 200, {}, ""};
    });
    house.send();
    const auto rows = house.deliveries("hook");
    CHECK(rows[0].state == DeliveryState::delivered);
    CHECK(rows[1].state == DeliveryState::pending);
    CHECK(rows[1].next > house.env.now() - Micros{1});
}

TEST_CASE("both engines: Retry-After is honoured, 410 ends a subscription and says so") {
    TestDatabase db;
    House house(db);
    house.create("hook");
    house.create("watcher", {"webhook.*"}, "other.example");
    house.publish("gate.failed");
    house.spread();
    house.http.answer([](const client::Request&) -> Result<client::Response> {
        return client::Response{503, {{"retry-after", "900"}}, ""};
    });
    CHECK(house.send() == 1);
    CHECK(house.deliveries("hook")[0].next == house.env.now() + Micros{900'000'000});
    house.http.answer([](const client::Request& request) -> Result<client::Response> {
        return client::Response{request.url.contains("receiver.example") ? 410 : 200, {}, ""};
    });
    house.env.pass(Micros{900'000'000});
    CHECK(house.send() == 1);
    CHECK(house.webhook("hook").state == WebhookState::disabled);
    CHECK(house.deliveries("hook")[0].state == DeliveryState::dead);
    house.publish("gate.failed");
    house.spread();
    CHECK(house.deliveries("hook").size() == 1);
    CHECK(house.send() == 1);  // to the watcher
    REQUIRE(house.deliveries("watcher").size() == 1);
    CHECK(house.deliveries("watcher")[0].kind == "webhook.disabled");
}

TEST_CASE("both engines: after five failures a webhook is only probed, and recovers at once") {
    TestDatabase db;
    House house(db);
    house.create("hook");
    for (int i = 0; i < 20; ++i) house.publish("gate.failed");
    house.spread();
    house.http.answer([](const client::Request&) -> Result<client::Response> {
        return fail(Code::unavailable, "nobody is there");
    });
    CHECK(house.send() == kFailuresToRest);
    CHECK(house.send() == 0);
    int probes = 0;
    for (int i = 0; i < 60; ++i) {  // an hour
        house.env.pass(Micros{60'000'000});
        const int sent = house.send();
        CHECK(sent <= 1);
        probes += sent;
    }
    CHECK(probes >= 6);
    CHECK(probes <= 25);
    CHECK(house.webhook("hook").failures == kFailuresToRest + probes);
    // The first success makes everything due that had failed before.
    house.http.answer(200);
    house.env.pass(kLongestRest);
    house.env.pass(std::chrono::minutes{1});
    CHECK(house.send() == 20);
    CHECK(house.webhook("hook").failures == 0);
    for (const Delivery& d : house.deliveries("hook")) CHECK(d.state == DeliveryState::delivered);
}

TEST_CASE("both engines: a full queue makes dead letters, and none of them is silent") {
    TestDatabase db;
    House house(db);
    const auto made = house.create("hook");
    const int64_t event = house.publish("gate.failed");
    house.spread();
    REQUIRE((*db).write_now(store::Durability::normal, [&](store::Tx& tx) -> Status {
        std::vector<sql::NewDelivery> rows;
        for (int64_t i = 1; i < kMostPending; ++i)
            rows.push_back(
                {made.webhook.id, event + i, "m" + std::to_string(i), "gate.failed", ""});
        TRY(sql::insert_deliveries(tx, rows, house.env.now()));
        TRY_ASSIGN(auto found, sql::find_event(tx, event));
        found->id = event + 1'000'000;
        return house.service.fan_out(tx, {*found});
    }));
    const auto dead = *(*db).read_now([&](store::Tx& tx) {
        return house.service.deliveries(tx, "hook", {DeliveryState::dead, 0, 10});
    });
    REQUIRE(dead.size() == 1);
    CHECK(dead[0].problem.contains("waited for this receiver already"));
    CHECK(house.webhook("hook").pending == kMostPending);
}

TEST_CASE("both engines: a server that lost its lease writes nothing; the next one sends again") {
    TestDatabase db;
    House a(db, "a");
    a.create("hook");
    a.publish("gate.failed");
    a.spread();
    House b(db, "b");
    // While a waits for the receiver, b becomes the owner.
    a.http.answer([&](const client::Request&) -> Result<client::Response> {
        REQUIRE(a.servers.leave());
        REQUIRE(b.leases.tick());
        return client::Response{200, {}, ""};
    });
    CHECK(*a.sender.step() == 1);
    a.sender.wait_idle();
    CHECK(b.deliveries("hook")[0].state == DeliveryState::pending);
    REQUIRE(b.send() == 1);
    CHECK(b.deliveries("hook")[0].state == DeliveryState::delivered);
    CHECK(header(a.http.sent()[0], "webhook-id") == header(b.http.sent()[0], "webhook-id"));
}

TEST_CASE("a secret is sealed for its host, told once and rotated with an overlap") {
    TestDatabase db;
    House house(db);
    const auto made = house.create("hook");
    const auto write = [&](auto fn) { return (*db).write_now(store::Durability::normal, fn); };
    CHECK(!made.webhook.secret.contains(made.secret));
    const auto elsewhere = write([&](store::Tx& tx) {
        return house.service.change(tx, "hook", {.url = "https://evil.example/hook"});
    });
    REQUIRE(!elsewhere);
    CHECK(elsewhere.error().field == "secret");
    CHECK(write([&](store::Tx& tx) {
        return house.service.change(tx, "hook", {.url = "https://receiver.example/other"});
    }));
    const auto rotated = write(
        [&](store::Tx& tx) { return house.service.rotate(tx, "hook", "", std::chrono::hours{1}); });
    REQUIRE(rotated);
    house.publish("gate.failed");
    house.spread();
    house.send();
    const auto first = house.http.sent().back();
    const std::string id = header(first, "webhook-id");
    const int64_t seconds = std::stoll(header(first, "webhook-timestamp"));
    CHECK(header(first, "webhook-signature") ==
          signature(rotated->secret, id, seconds, first.body) + " " +
              signature(made.secret, id, seconds, first.body));
    house.env.pass(std::chrono::hours{1});
    house.publish("gate.failed");
    house.spread();
    house.send();
    CHECK(!header(house.http.sent().back(), "webhook-signature").contains(' '));
}

TEST_CASE(
    "both engines: finished deliveries go by age and by number, deleted webhooks with theirs") {
    TestDatabase db;
    House house(db);
    house.create("hook");
    house.create("other");
    jobs::Sliced sliced(house.env, *db, house.leases);
    sliced.add(retention_job(house.env));
    REQUIRE(house.leases.tick());
    const auto run = [&] {
        house.beat();
        while (true) {
            const auto more = sliced.step("webhook_log");
            REQUIRE(more);
            if (!*more) return;
        }
    };
    house.publish("gate.failed");
    house.spread();
    house.send();
    house.publish("rollout.promoted");
    house.spread();
    house.env.pass(kKeepFor + Micros{1});
    run();
    REQUIRE(house.deliveries("hook").size() == 1);  // the pending one stays
    CHECK(house.deliveries("hook")[0].kind == "rollout.promoted");
    house.send();
    REQUIRE((*db).write_now(store::Durability::normal, [&](store::Tx& tx) -> Status {
        TRY(house.service.remove(tx, "other"));
        TRY_ASSIGN(const auto webhook, house.service.get(tx, "hook"));
        std::vector<sql::NewDelivery> rows;
        for (int64_t i = 1; i <= kKeepRows + 700; ++i)
            rows.push_back({webhook.id, 1'000'000 + i, "m" + std::to_string(i), "gate.failed", "",
                            DeliveryState::dead});
        TRY(sql::insert_deliveries(tx, rows, house.env.now()));
        return ok();
    }));
    house.create("other");  // the name is free
    house.env.pass(std::chrono::hours{2});
    run();
    CHECK(house.webhook("hook").dead == kKeepRows);
    const auto left = *(*db).read_now([&](store::Tx& tx) {
        return tx.one<int64_t>("SELECT count(*) FROM webhooks WHERE state = 'deleted'");
    });
    CHECK(left == 0);
}

TEST_CASE("T38: addresses that are closed are refused when a webhook is made") {
    TestDatabase db;
    House house(db);
    for (const char* url : {"http://127.0.0.1/",
                            "http://[::1]/",
                            "http://169.254.169.254/latest/meta-data",
                            "http://10.0.0.1/",
                            "http://192.168.1.1:8080/",
                            "http://[::ffff:127.0.0.1]/",
                            "http://2130706433/",
                            "http://0x7f000001/",
                            "http://127.1/",
                            "http://0177.0.0.1/",
                            "http://user@receiver.example/",
                            "http://user:pass@receiver.example/",
                            "file:///etc/passwd",
                            "gopher://receiver.example/",
                            "//receiver.example/",
                            "http://receiver.example/#x",
                            "http://receiver.example\\@127.0.0.1/",
                            "http:///x",
                            "http://recei ver.example/",
                            ""}) {
        const auto made = (*db).write_now(store::Durability::normal, [&](store::Tx& tx) {
            return house.service.create(tx, {.name = "x", .url = url, .events = {"*"}});
        });
        CHECK_MESSAGE(!made, url);
        if (!made) CHECK_MESSAGE(made.error().field == "url", url);
    }
}

TEST_CASE("what a subscription may be") {
    TestDatabase db;
    House house(db);
    const auto create = [&](Service::NewWebhook wanted) {
        return (*db).write_now(store::Durability::normal,
                               [&](store::Tx& tx) { return house.service.create(tx, wanted); });
    };
    const Service::NewWebhook good{
        .name = "x", .url = "https://receiver.example/", .events = {"gate.*"}};
    const auto refused = [&](const char* field, auto bend) {
        Service::NewWebhook wanted = good;
        bend(wanted);
        const auto made = create(wanted);
        CHECK_MESSAGE(!made, field);
        if (!made) CHECK(made.error().field == field);
    };
    using W = Service::NewWebhook;
    refused("name", [](W& w) { w.name = "a/b"; });
    refused("name", [](W& w) { w.name = ""; });
    refused("events", [](W& w) { w.events = {}; });
    refused("events", [](W& w) { w.events = {"nothing.like.that"}; });
    refused("events", [](W& w) { w.dialect = Dialect::mlflow; });  // gate.* is not MLflow's
    refused("subject", [](W& w) { w.subject = "a b"; });
    refused("secret", [](W& w) { w.secret = "short"; });
    refused("secret", [](W& w) { w.dialect = Dialect::slack; });
    refused("secret", [](W& w) { w.dialect = Dialect::pagerduty; });
    refused("attempts", [](W& w) { w.attempts = 21; });
    refused("url", [](W& w) { w.url = "https://receiver.example/" + std::string(3000, 'x'); });
    REQUIRE(create(good));
    refused("name", [](W&) {});  // taken
    // Slack's address is its secret: nobody is shown it.
    W slack = good;
    slack.name = "slack";
    slack.dialect = Dialect::slack;
    slack.url = "https://hooks.slack.example/services/T/B/XYZ";
    const auto made = create(slack);
    REQUIRE(made);
    CHECK(Service::shown_url(made->webhook) == "https://hooks.slack.example/...");
    CHECK(!made->webhook.url.contains("XYZ"));
    house.publish("gate.failed");
    house.spread();
    house.send();
    CHECK(std::ranges::any_of(house.http.sent(),
                              [&](const auto& request) { return request.url == slack.url; }));
}

}  // namespace rondo::notify
