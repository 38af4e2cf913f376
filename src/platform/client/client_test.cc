#include "platform/client/client.h"

#include <doctest/doctest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "platform/client/exchange.h"
#include "platform/client/testing.h"

using namespace rondo;
using namespace rondo::client;
using namespace rondo::client::testing;

TEST_CASE("client: connections are kept, and counted") {
    ScriptServer server(always("hello"));
    const auto client = open();
    for (int i = 0; i < 5; ++i) {
        const auto answer = client->send(to(server));
        REQUIRE(answer);
        CHECK(answer->status == 200);
        CHECK(answer->body == "hello");
        CHECK(answer->header("content-length") == "5");
    }
    CHECK(server.accepted() == 1);
    CHECK(client->numbers().opened == 1);
    CHECK(client->numbers().idle == 1);
}

TEST_CASE("client: what goes out") {
    std::string seen;
    ScriptServer server([&](Peer& peer) {
        seen = peer.request();
        peer.answer("");
    });
    const auto client = open();
    const auto answer = client->post(server.url("/a?b"), {{"X-Key", "v"}}, "body", kSecond, 100,
                                     EgressPolicy::anywhere());
    REQUIRE(answer);
    CHECK(seen == "POST /a?b HTTP/1.1\r\nhost: 127.0.0.1:" + std::to_string(server.port()) +
                      "\r\nX-Key: v\r\nuser-agent: rondo\r\ncontent-length: 4\r\n\r\nbody");
    for (const Fields& bad :
         {Fields{{"a", "b\r\nc: d"}}, Fields{{"a b", "c"}}, Fields{{"", "c"}},
          Fields{{"Host", "other"}}, Fields{{"Transfer-Encoding", "chunked"}}}) {
        Request request = to(server);
        request.headers = bad;
        CHECK(code_of(client->send(request)) == Code::invalid);
    }
}

TEST_CASE("client: a kept connection that the server closed is replaced") {
    ScriptServer server([](Peer& peer) {
        peer.request();
        peer.answer("once");  // and leaves
    });
    const auto client = open();
    for (int i = 0; i < 4; ++i) CHECK(client->send(to(server)).has_value());
    CHECK(server.accepted() == 4);
}

TEST_CASE("client: a swallowed request goes again only when that is safe") {
    std::atomic<int> requests{0};
    ScriptServer server([&](Peer& peer) {
        peer.request();
        ++requests;
        peer.answer("first");
        if (!peer.request().empty()) ++requests;  // and leaves without an answer
    });
    const auto client = open();
    CHECK(client->send(to(server)).has_value());
    CHECK(client->send(to(server)).has_value());  // swallowed, then fresh
    CHECK(requests == 3);
    Request post = to(server);
    post.method = "POST";
    CHECK(code_of(client->send(post)) == Code::unavailable);
    CHECK(requests == 4);
    CHECK(client->send(post).has_value());
    post.repeatable = true;
    CHECK(client->send(post).has_value());
    CHECK(requests == 7);
}

TEST_CASE("client: connections are bounded, and those who wait get their turn") {
    std::atomic<int> now{0}, most{0};
    ScriptServer server([&](Peer& peer) {
        while (!peer.request().empty()) {
            most = std::max<int>(most, ++now);
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
            --now;
            peer.answer("x");
        }
    });
    ScriptServer other(always("y"));
    ClientOptions options;
    options.connections = 4;
    options.connections_per_host = 3;
    const auto client = open(options);
    std::atomic<int> good{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 12; ++i) {
        threads.emplace_back([&, i] {
            for (int k = 0; k < 10; ++k) {
                const auto answer = client->send(to(i % 3 == 0 ? other : server));
                good += answer && answer->status == 200 ? 1 : 0;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(good == 120);
    CHECK(most <= 3);
    CHECK(most >= 2);
    CHECK(client->numbers().open <= 4);
}

TEST_CASE("client: too many who wait, and waits that end") {
    ScriptServer server([](Peer& peer) {
        while (!peer.request().empty()) std::this_thread::sleep_for(std::chrono::milliseconds(400));
    });
    ClientOptions options;
    options.connections_per_host = 1;
    options.waiting = 1;
    const auto client = open(options);
    std::atomic<int> exhausted{0}, late{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            Request request = to(server);
            request.timeouts.connect = request.timeouts.first_byte = kSecond / 5;
            const Code code = code_of(client->send(request));
            exhausted += code == Code::exhausted ? 1 : 0;
            late += code == Code::deadline_exceeded ? 1 : 0;
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(exhausted >= 1);
    CHECK(late >= 2);
    CHECK(exhausted + late == 4);
}

TEST_CASE("client: unused connections are closed") {
    ScriptServer server(always("x"));
    ClientOptions options;
    options.idle = kSecond / 20;
    const auto client = open(options);
    CHECK(client->send(to(server)).has_value());
    for (int i = 0; i < 200 && client->numbers().open > 0; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    CHECK(client->numbers().open == 0);
}

TEST_CASE("client: unreachable and unknown hosts") {
    const auto client = open();
    uint16_t closed_port = 0;
    {
        closed_port = ScriptServer(always("")).port();
    }
    const auto refused = client->send(to("http://127.0.0.1:" + std::to_string(closed_port)));
    CHECK(code_of(refused) == Code::unavailable);
    CHECK(refused.error().message.find("cannot reach http://127.0.0.1:") == 0);
    const auto unknown = client->send(to("http://no-such-host.invalid/"));
    CHECK(code_of(unknown) == Code::unavailable);
    CHECK(unknown.error().message.find("'no-such-host.invalid' is not known") != std::string::npos);
}

TEST_CASE("client: bodies stream out, by length and in chunks") {
    std::string seen;
    ScriptServer server([&](Peer& peer) {
        while (!(seen = peer.request()).empty()) peer.answer("ok");
    });
    const auto client = open();
    Request request = to(server);
    request.method = "PUT";
    for (const bool known : {true, false}) {
        int left = 3;
        Streams streams;
        streams.source = [&]() -> Result<std::string> {
            return left-- > 0 ? std::string(4, static_cast<char>('a' + left)) : std::string();
        };
        if (known) streams.source_length = 12;
        CHECK(client->send(request, streams).has_value());
        const std::string body = seen.substr(seen.find("\r\n\r\n") + 4);
        CHECK(body ==
              (known ? "ccccbbbbaaaa" : "4\r\ncccc\r\n4\r\nbbbb\r\n4\r\naaaa\r\n0\r\n\r\n"));
    }
    Streams broken;
    broken.source = []() -> Result<std::string> { return fail(Code::storage_full, "mine"); };
    CHECK(code_of(client->send(request, broken)) == Code::storage_full);
    Streams shorter;
    shorter.source = []() -> Result<std::string> { return std::string(); };
    shorter.source_length = 5;
    CHECK_FALSE(client->send(request, shorter).has_value());
}

TEST_CASE("client: an answer streams in no faster than it is taken") {
    std::atomic<uint64_t> said{0};
    const uint64_t whole = 64 << 20;
    ScriptServer server([&](Peer& peer) {
        peer.request();
        peer.say("HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(whole) + "\r\n\r\n");
        const std::string piece(256 << 10, 'x');
        while (said < whole && peer.say(piece)) said += piece.size();
    });
    const auto client = open();
    Request request = to(server);
    request.limit = whole;
    uint64_t taken = 0, ahead = 0;
    Streams streams;
    streams.sink = [&](std::string_view piece) -> Status {
        if (taken == 0) std::this_thread::sleep_for(std::chrono::milliseconds(200));
        taken += piece.size();
        ahead = std::max<uint64_t>(ahead, std::max<uint64_t>(said, taken) - taken);
        return ok();
    };
    const auto answer = client->send(request, streams);
    REQUIRE(answer);
    CHECK(answer->body.empty());
    CHECK(taken == whole);
    CHECK(ahead < (32 << 20));  // the kernel's buffers
    said = 0;
    streams.sink = [](std::string_view) -> Status { return fail(Code::conflict, "enough"); };
    CHECK(code_of(client->send(request, streams)) == Code::conflict);
}

TEST_CASE("client: a sink gets no bodies of refusals") {
    ScriptServer server([](Peer& peer) {
        while (!peer.request().empty()) peer.answer("why", 404);
    });
    const auto client = open();
    Streams streams;
    streams.sink = [](std::string_view) -> Status { return fail(Code::internal, "never"); };
    const auto answer = client->send(to(server), streams);
    REQUIRE(answer);
    CHECK(answer->status == 404);
    CHECK(answer->body == "why");
}

TEST_CASE("T39 client: answers that come slowly or never end") {
    const auto client = open();
    const auto serve = [&](std::function<void(Peer&)> script, auto change) {
        ScriptServer server([&](Peer& peer) {
            peer.request();
            script(peer);
        });
        Request request = to(server);
        request.timeouts = {kSecond, kSecond / 4, kSecond / 4, kSecond};
        change(request);
        const auto begun = std::chrono::steady_clock::now();
        const Code code = code_of(client->send(request));
        CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(20));
        return code;
    };
    const auto same = [](Request&) {};
    const auto drip = [](std::string head, int ms) {
        return [=](Peer& peer) {
            if (!peer.say(head)) return;
            while (peer.say("a")) std::this_thread::sleep_for(std::chrono::milliseconds(ms));
        };
    };
    // No answer, half a head, a head that grows by a letter, a body that stalls or drips.
    CHECK(serve([](Peer& peer) { peer.request(); }, same) == Code::deadline_exceeded);
    CHECK(serve(drip("HTTP/1.1 200", 500), same) == Code::deadline_exceeded);
    CHECK(serve(drip("HTTP/1.1 200 OK\r\nx: ", 20), same) == Code::deadline_exceeded);
    CHECK(serve(drip("HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n", 500), same) ==
          Code::deadline_exceeded);
    CHECK(serve(drip("HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n", 20), same) ==
          Code::deadline_exceeded);
    // Without end: bodies of each framing, headers, fields, interim answers, chunk extensions.
    const auto flood = [](std::string head, std::string piece) {
        return [=](Peer& peer) {
            if (!peer.say(head)) return;
            while (peer.say(piece)) {
            }
        };
    };
    const auto small = [](Request& request) {
        request.limit = 100'000;
        request.timeouts = {kSecond * 15, kSecond * 15, kSecond * 15, kSecond * 15};
    };
    const std::string k(1000, 'a');
    std::string chunks;
    for (int i = 0; i < 1000; ++i) chunks += "1\r\na\r\n";
    CHECK(serve(flood("HTTP/1.1 200 OK\r\n\r\n", k), small) == Code::too_large);
    CHECK(serve(flood("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", chunks), small) ==
          Code::too_large);
    CHECK(serve(flood("HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n", k), small) ==
          Code::too_large);
    CHECK(serve(flood("HTTP/1.1 200 OK\r\nx: ", k), small) == Code::unavailable);
    CHECK(serve(flood("HTTP/1.1 200 OK\r\n", "x: y\r\n"), small) == Code::unavailable);
    CHECK(serve(flood("", "HTTP/1.1 100 Continue\r\n\r\n"), small) == Code::unavailable);
    CHECK(serve(flood("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;", k), small) ==
          Code::unavailable);
}

TEST_CASE("T39 client: answers that are no HTTP, or two things at once") {
    for (const char* said :
         {"",
          "HTTP/1.1",
          "\r\n",
          "hello",
          "\x16\x03\x01",
          "HTTP/2.0 200 OK\r\n\r\n",
          "HTTP/1.1 20 OK\r\n\r\n",
          "HTTP/1.1 2000 OK\r\n\r\n",
          "HTTP/1.1 0200 OK\r\n\r\n",
          "HTTP/1.1 -20 OK\r\n\r\n",
          "HTTP/1.1 200 OK\n\n",
          "HTTP/1.1  200 OK\r\n\r\n",
          "HTTP/1.1 101 Switching\r\n\r\n",
          "HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
          "HTTP/1.1 200 OK\r\nx : y\r\n\r\n",
          "HTTP/1.1 200 OK\r\nx: y\r\n folded\r\n\r\n",
          "HTTP/1.1 200 OK\r\nx: a\x01b\r\n\r\n",
          "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
          "HTTP/1.1 200 OK\r\ncontent-length: 1x\r\n\r\n",
          "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\na",
          "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n",
          "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
          "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
          "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n+1\r\na\r\n0\r\n\r\n",
          "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff1\r\na\r\n",
          "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
          "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"}) {
        CAPTURE(said);
        ScriptServer server([said](Peer& peer) {
            peer.request();
            peer.say(said);
        });
        const auto client = open();
        CHECK(code_of(client->send(to(server))) == Code::unavailable);
        CHECK(client->numbers().open == 0);
    }
}

TEST_CASE("client: what follows an answer unasked ends the connection, not the next request") {
    ScriptServer server([](Peer& peer) {
        while (!peer.request().empty())
            peer.say(
                "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\naHTTP/1.1 200 OK\r\n"
                "content-length: 4\r\n\r\nevil");
    });
    const auto client = open();
    for (int i = 0; i < 3; ++i) CHECK(client->send(to(server))->body == "a");
    CHECK(server.accepted() == 3);
}

TEST_CASE("client: interim answers, bodies that end with the connection, and HEAD") {
    ScriptServer server([](Peer& peer) {
        const std::string asked = peer.request();
        if (asked.starts_with("HEAD"))
            peer.say("HTTP/1.1 200 OK\r\ncontent-length: 12345678\r\n\r\n");
        else
            peer.say(
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nlink: x\r\n\r\n"
                "HTTP/1.0 200\r\n\r\nwhole");
    });
    const auto client = open();
    CHECK(client->send(to(server))->body == "whole");
    Request head = to(server);
    head.method = "HEAD";
    CHECK(client->send(head)->header("content-length") == "12345678");
}

TEST_CASE("client: an early refusal is heard though the body was not taken") {
    ScriptServer server([](Peer& peer) {
        peer.say("HTTP/1.1 403 No\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno");
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
    });
    const auto client = open();
    Request request = to(server);
    request.method = "PUT";
    request.body.assign(1000, 'x');
    const auto answer = client->send(request);
    REQUIRE(answer);
    CHECK(answer->status == 403);
    CHECK(answer->body == "no");
}

TEST_CASE("client: retries") {
    std::atomic<int> requests{0};
    std::string more;
    ScriptServer server([&](Peer& peer) {
        while (!peer.request().empty()) {
            const int n = requests++;
            if (n % 3 == 0)
                peer.answer("busy", 503, more);
            else if (n % 3 == 1)
                return (void)peer.say("HTTP/1.1 200 O");  // cut
            else
                peer.answer("done");
        }
    });
    const auto client = open();
    Request request = to(server);
    request.retry = {.attempts = 3, .base = Micros{1000}};
    CHECK(client->send(request)->body == "done");
    CHECK(requests == 3);
    request.retry.attempts = 2;
    CHECK(code_of(client->send(request)) == Code::unavailable);
    CHECK(client->send(request)->body == "done");
    CHECK(requests == 6);
    request.method = "POST";  // not repeatable: the first answer stands
    CHECK(client->send(request)->status == 503);
    CHECK(requests == 7);
    requests = 0;
    request.repeatable = true;
    request.retry.attempts = 3;
    CHECK(client->send(request)->body == "done");
    // A Retry-After is kept to, and one beyond the time given ends the attempts.
    requests = 0;
    more = "retry-after: 1\r\n";
    const auto begun = std::chrono::steady_clock::now();
    CHECK(client->send(request)->body == "done");
    CHECK(std::chrono::steady_clock::now() - begun >= std::chrono::seconds(1));
    requests = 0;
    more = "retry-after: 3600\r\n";
    CHECK(client->send(request)->status == 503);
    CHECK(requests == 1);
}

TEST_CASE("client: the forms of Retry-After") {
    const Time now = parse_time("2026-03-01T12:00:00Z").value();
    CHECK(parse_retry_after("7", now) == Micros{7'000'000});
    CHECK(parse_retry_after(" 0 ", now) == Micros{0});
    CHECK(parse_retry_after("99999999999", now) == Micros{86'400'000'000});
    CHECK(parse_retry_after("Sun, 01 Mar 2026 12:00:30 GMT", now) == Micros{30'000'000});
    CHECK(parse_retry_after("Sun, 01 Mar 2026 11:00:30 GMT", now) == Micros{0});
    for (const char* bad : {"", "-1", "soon", "1.5", "Sun, 01 Mar 2026 12:00:30 GMT x"})
        CHECK_FALSE(parse_retry_after(bad, now).has_value());
}

TEST_CASE("client: requests are cancelled from outside, and by the client's end") {
    std::atomic<int> asked{0};
    ScriptServer server([&](Peer& peer) {
        peer.request();
        ++asked;
        peer.request();  // until the client leaves
    });
    auto client = open();
    Request request = to(server);
    request.cancel = std::make_shared<Cancel>();
    std::thread canceller([&] {
        while (asked < 1) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        request.cancel->cancel();
    });
    CHECK(code_of(client->send(request)) == Code::cancelled);
    canceller.join();
    CHECK(code_of(client->send(request)) == Code::cancelled);  // and stays so
    request.cancel = nullptr;
    Code code{};
    std::thread sender([&] { code = code_of(client->send(request)); });
    while (asked < 2) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    client.reset();
    sender.join();
    CHECK(code == Code::cancelled);
}

TEST_CASE("client: coroutines of another loop") {
    boost::asio::io_context loop;  // outlives the client, whose thread posts to it
    ScriptServer server(always(std::string(300'000, 'z')));
    const auto client = open();
    struct Count final : AsyncSink {
        size_t bytes = 0;
        Task<Status> take(std::string_view piece) override {
            bytes += piece.size();
            co_return ok();
        }
    };
    std::array<Count, 20> counts;
    int good = 0;
    for (Count& count : counts) {
        boost::asio::co_spawn(
            loop,
            [&]() -> Task<void> {
                const auto answer = co_await client->send_async(to(server), nullptr, &count);
                good += answer && answer->status == 200 ? 1 : 0;
            },
            boost::asio::detached);
    }
    loop.run();
    CHECK(good == 20);
    for (const Count& count : counts) CHECK(count.bytes == 300'000);
}
