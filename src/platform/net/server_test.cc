// The server as a whole, in this process, with handlers that wait for other threads: what must
// hold when clients leave and when the server ends in the middle of it. Worth most under ASan and
// TSan.
#include "platform/net/server.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <random>

#include "platform/async/pool.h"
#include "platform/async/signal.h"

namespace rondo::net {
namespace {

// Events that never come.
class Silence final : public BodyProducer {
  public:
    Task<Result<std::string>> next() override {
        if (std::exchange(first_, false)) co_return "start";
        co_await cancelled_.wait();
        co_return std::string();
    }
    void cancel() override { cancelled_.raise(); }

  private:
    bool first_ = true;
    Signal cancelled_;
};

// GET /work hops to another thread, POST /upload hops between pieces, GET /events waits for ever,
// GET /stuck hops to nowhere until release().
class Slow final : public Application {
  public:
    std::atomic<int> begun{0}, ended{0};

    Slow() : pool_(2) {
        add(Verb::get, "/work", [this](Request&) { return work(); });
        add(Verb::post, "/upload", [this](Request& request) { return upload(request); });
        add(Verb::get, "/events", [](Request&) -> Task<Response> {
            Response response;
            response.stream = std::make_unique<Silence>();
            co_return response;
        });
        add(Verb::get, "/stuck", [this](Request&) -> Task<Response> {
            co_await hop([this](Resume resume) {
                const std::lock_guard lock(mutex_);
                stuck_.push_back(std::move(resume));
            });
            co_return Response{};
        });
    }
    std::expected<const Route*, Response> admit(Request& request) override {
        auto match = router_.find(request);
        if (!match || match->route == nullptr)
            return std::unexpected(refuse(request, {Code::not_found, "nothing here"}));
        return match->route;
    }
    Response refuse(const Request&, const Error& error) override {
        Response response;
        response.status = 400;
        response.body = error.message;
        return response;
    }
    void finished(const Request&, const Route*, int, uint64_t, Micros) override {}

    size_t stuck() {
        const std::lock_guard lock(mutex_);
        return stuck_.size();
    }
    void release() {
        const std::lock_guard lock(mutex_);
        for (Resume& resume : stuck_) resume();
        stuck_.clear();
    }

  private:
    Task<int> nap() {
        return pool_.run([] {
            std::this_thread::sleep_for(std::chrono::microseconds(200));
            return 1;
        });
    }
    Task<Response> work() {
        ++begun;
        const int naps = co_await nap();
        ++ended;
        Response response;
        response.body = std::to_string(naps);
        co_return response;
    }
    Task<Response> upload(Request& request) {
        ++begun;
        Response response;
        while (true) {
            const auto piece = co_await request.stream->next();
            if (!piece || piece->empty()) break;
            response.body += std::to_string(co_await nap());
        }
        ++ended;
        co_return response;
    }
    void add(Verb verb, std::string pattern, std::function<Task<Response>(Request&)> handle) {
        const BodyMode mode = verb == Verb::post ? BodyMode::streamed : BodyMode::buffered;
        router_.add({verb, std::move(pattern), mode, 1 << 20, std::move(handle)});
    }

    WorkerPool pool_;
    Router router_;
    std::mutex mutex_;
    std::vector<Resume> stuck_;
};

class Client {
  public:
    explicit Client(uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
        timeval patience{5, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    }
    ~Client() { ::close(socket_); }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    bool send(std::string_view text) const {
        return connected_ && ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL) > 0;
    }
    std::string receive() const {
        char buffer[4096];
        const ssize_t got = ::recv(socket_, buffer, sizeof buffer, 0);
        return {buffer, static_cast<size_t>(std::max<ssize_t>(got, 0))};
    }

  private:
    int socket_;
    bool connected_ = false;
};

// A server that runs while this lives.
class Running {
  public:
    explicit Running(Application& application, int threads = 2) {
        ServerOptions options;
        options.port = 0;
        options.threads = threads;
        auto bound = Server::bind(system_env(), options, application);
        REQUIRE(bound);
        server_ = *std::move(bound);
        thread_ = std::thread([this] { server_->run(); });
    }
    ~Running() { stop(Micros{5'000'000}); }
    uint16_t port() const { return server_->port(); }
    Server& server() { return *server_; }
    void stop(Micros grace) {
        server_->stop(grace);
        if (thread_.joinable()) thread_.join();
    }

  private:
    std::unique_ptr<Server> server_;
    std::thread thread_;
};

template <class Condition>
bool soon(Condition condition) {
    for (int i = 0; i < 1000 && !condition(); ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return condition();
}

constexpr std::string_view kWork = "GET /work HTTP/1.1\r\nhost: a\r\n\r\n";
constexpr std::string_view kUpload =
    "POST /upload HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n";
constexpr std::string_view kEvents = "GET /events HTTP/1.1\r\nhost: a\r\n\r\n";

TEST_CASE("a client that leaves only detaches: what its handler began, it finishes") {
    Slow application;
    {
        Running running(application);
        std::vector<std::thread> threads;
        for (uint32_t seed = 0; seed < 4; ++seed) {
            threads.emplace_back([&, seed] {
                std::mt19937 random(seed);
                for (int i = 0; i < 500; ++i) {
                    const Client client(running.port());
                    const std::array texts{kEvents, kUpload, kWork};
                    const std::string_view text = texts[random() % texts.size()];
                    const bool whole = random() % 4 != 0;
                    client.send(text.substr(0, whole ? text.size() : random() % text.size() + 1));
                    if (whole && text != kUpload && random() % 4 == 0) client.receive();
                }
            });
        }
        for (std::thread& thread : threads) thread.join();
        CHECK(soon([&] { return running.server().connections() == 0; }));
    }
    CHECK(application.begun > 100);
    CHECK(application.begun == application.ended);
}

TEST_CASE("stopping ends bodies that wait for events, and lets the others finish") {
    Slow application;
    Running running(application);
    const Client events(running.port()), work(running.port()), idle(running.port());
    REQUIRE(events.send(kEvents));
    CHECK(events.receive().starts_with("HTTP/1.1 200"));
    REQUIRE(work.send(kWork));
    REQUIRE(soon([&] { return application.begun > 0; }));
    const Micros began = system_env().steady();
    running.stop(Micros{5'000'000});
    CHECK(system_env().steady() - began < Micros{3'000'000});
    CHECK(work.receive().starts_with("HTTP/1.1 200"));
    CHECK(idle.receive().empty());
}

TEST_CASE("a handler that never comes back is left behind when the grace is over") {
    Slow application;
    auto running = std::make_unique<Running>(application);
    const Client first(running->port()), second(running->port());
    REQUIRE(first.send("GET /stuck HTTP/1.1\r\nhost: a\r\n\r\n"));
    REQUIRE(second.send(kEvents));
    REQUIRE(soon([&] { return application.stuck() == 1; }));
    running->stop(Micros{100'000});
    // Continued into a loop that has stopped; its memory goes with the server.
    application.release();
    running.reset();
    CHECK(first.receive().empty());
}

TEST_CASE("a port in use is reported, and the address has to be one") {
    Slow application;
    Running running(application);
    ServerOptions options;
    options.port = running.port();
    const auto again = Server::bind(system_env(), options, application);
    REQUIRE(!again);
    CHECK(again.error().code == Code::conflict);
    CHECK(again.error().message.find("choose another with --port") != std::string::npos);
    options.address = "localhost";
    CHECK(!Server::bind(system_env(), options, application));
}

}  // namespace
}  // namespace rondo::net
