// Where requests may lead: the policy, names that move, redirects.
#include <doctest/doctest.h>

#include "platform/client/testing.h"

using namespace rondo;
using namespace rondo::client;
using namespace rondo::client::testing;

TEST_CASE("client: redirects are followed when asked, and secrets stay") {
    std::vector<std::string> seen;
    ScriptServer target([&](Peer& peer) {
        seen.push_back(peer.request());
        peer.answer("arrived");
    });
    ScriptServer server([&](Peer& peer) {
        while (true) {
            const std::string asked = peer.request();
            if (asked.empty()) return;
            if (asked.find(" /loop") != std::string::npos)
                peer.answer("", 302, "location: /loop\r\n");
            else if (asked.find(" /here") != std::string::npos)
                peer.answer("", 307, "location: " + target.url("/there?x=1") + "\r\n");
            else if (asked.find(" /file") != std::string::npos)
                peer.answer("", 302, "location: file:///etc/passwd\r\n");
            else
                peer.answer("", 303, "location: here\r\n");
        }
    });
    const auto client = open();
    Request request = to(server.url("/start"));
    request.headers = {{"Authorization", "Bearer secret"},
                       {"X-Api-Key", "secret"},
                       {"Cookie", "secret"},
                       {"accept", "text/plain"}};
    CHECK(client->send(request)->status == 303);  // by default they are answers like any other
    request.redirects = 3;
    request.method = "POST";
    request.body = "form";
    CHECK(client->send(request)->body == "arrived");
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].starts_with("GET /there?x=1 HTTP/1.1\r\n"));
    CHECK(seen[0].find("secret") == std::string::npos);
    CHECK(seen[0].find("accept: text/plain") != std::string::npos);
    request.url = server.url("/loop");
    const auto endless = client->send(request);
    CHECK(code_of(endless) == Code::unavailable);
    CHECK(endless.error().message.find("redirects too often") != std::string::npos);
    request.url = server.url("/file");
    CHECK(code_of(client->send(request)) == Code::invalid);
}

TEST_CASE("T38 client: no connection is made to what is closed") {
    ScriptServer server(always("secret"));
    const std::string port = ":" + std::to_string(server.port());
    ClientOptions options;
    options.resolve = [](const std::string& host) -> Result<std::vector<IpAddress>> {
        if (host == "mixed.example")
            return std::vector{IpAddress::parse("203.0.114.1").value(),
                               IpAddress::parse("127.0.0.1").value()};
        return std::vector{IpAddress::parse("127.0.0.1").value()};
    };
    const auto client = open(options);
    for (const std::string& host :
         {std::string("127.0.0.1"), std::string("127.8.8.8"), std::string("[::ffff:127.0.0.1]"),
          std::string("[::ffff:7f00:1]"), std::string("[::127.0.0.1]"), std::string("0.0.0.0"),
          std::string("localhost"), std::string("LOCALHOST."), std::string("rebound.example"),
          std::string("mixed.example"), std::string("127.0.0.1.")}) {
        CAPTURE(host);
        Request request = to("http://" + host + port);
        request.egress = EgressPolicy::public_only();
        CHECK(code_of(client->send(request)) == Code::permission_denied);
    }
    for (const char* host : {"2130706433", "0x7f000001", "0177.0.0.1", "127.1", "a@127.0.0.1"}) {
        CAPTURE(host);
        CHECK(code_of(client->send(to("http://" + std::string(host) + port))) == Code::invalid);
    }
    CHECK(server.accepted() == 0);
    // The default of a request is the closed one.
    Request plain;
    plain.url = server.url();
    CHECK(code_of(client->send(plain)) == Code::permission_denied);
    CHECK(server.accepted() == 0);
}

TEST_CASE("T38 client: a name that changes between check and connect wins nothing") {
    ScriptServer server([](Peer& peer) {
        peer.request();
        peer.answer("x");  // and leaves, so that every request connects
    });
    std::atomic<uint32_t> lookups{0};
    ClientOptions options;
    // 127.0.0.1 is listed, 127.0.0.2 is closed; both lead to the server.
    options.resolve = [&](const std::string&) -> Result<std::vector<IpAddress>> {
        return std::vector{IpAddress::v4(0x7f000001 + lookups++ % 2)};
    };
    const auto client = open(options);
    Request request = to(server.url("/", "moving.example"));
    request.egress = EgressPolicy::with_exceptions({"127.0.0.1"}).value();
    int good = 0, refused = 0;
    for (int i = 0; i < 20; ++i) {
        const auto answer = client->send(request);
        good += answer ? 1 : 0;
        refused += code_of(answer) == Code::permission_denied ? 1 : 0;
    }
    CHECK(good == 10);
    CHECK(refused == 10);
    CHECK(lookups == 20);  // what was checked was not looked up again
    for (const uint32_t local : server.local_addresses()) CHECK(local == 0x7f000001);
}

TEST_CASE("T38 client: redirects and kept connections do not go around the policy") {
    ScriptServer inner(always("secret"));
    ScriptServer outer([&](Peer& peer) {
        while (!peer.request().empty()) peer.answer("", 302, "location: " + inner.url() + "\r\n");
    });
    const auto client = open();
    Request request = to(outer);
    request.redirects = 5;
    request.egress =
        EgressPolicy::with_exceptions({"127.0.0.1:" + std::to_string(outer.port())}).value();
    CHECK(code_of(client->send(request)) == Code::permission_denied);
    CHECK(inner.accepted() == 0);
    CHECK(client->send(to(inner)).has_value());  // kept open by somebody who may
    Request strict = to(inner);
    strict.egress = EgressPolicy::public_only();
    CHECK(code_of(client->send(strict)) == Code::permission_denied);
    CHECK(client->send(to(inner)).has_value());
    CHECK(inner.accepted() == 1);
}
