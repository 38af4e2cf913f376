#include "platform/net/server.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/socket.h>

#include <mutex>
#include <thread>
#include <unordered_set>

#include "base/log.h"
#include "platform/net/connection.h"
#include "platform/net/transport.h"

namespace rondo::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr Micros kSweepEvery{500'000};
// After an answer that ends a connection the peer may still be sending: read a little of it, or
// the kernel resets the connection and the answer is lost.
constexpr Micros kLinger{2'000'000};
constexpr size_t kLingerBytes = 4 << 20;

using TlsContext = std::shared_ptr<asio::ssl::context>;

struct Shared {
    Env& env;
    Application& application;
    Limits limits;
    std::atomic<bool> draining{false};
    std::atomic<size_t> connections{0};
    std::mutex tls_mutex;
    TlsContext tls;  // guarded by tls_mutex; null without TLS

    TlsContext current_tls() {
        const std::lock_guard lock(tls_mutex);
        return tls;
    }
};

// One thread: its event loop, its listening socket, its connections.
class Worker {
  public:
    explicit Worker(Shared& shared) : shared_(shared), context_(1), acceptor_(context_) {}

    Status listen(const std::string& address, uint16_t port) {
        boost::system::error_code error;
        const auto ip = asio::ip::make_address(address, error);
        if (error) return fail(Code::invalid, "'" + address + "' is not an IP address to listen on");
        const tcp::endpoint endpoint(ip, port);
        acceptor_.open(endpoint.protocol(), error);
        const int yes = 1;
        if (!error) ::setsockopt(acceptor_.native_handle(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        // The first worker binds alone, so that a port in use is an error and not a shared port.
        if (!error) acceptor_.bind(endpoint, error);
        if (!error) acceptor_.listen(1024, error);
        if (error)
            return fail(error == boost::system::errc::address_in_use ? Code::conflict
                                                                      : Code::unavailable,
                        "cannot listen on " + address + ":" + std::to_string(port) + ": " +
                            error.message() + "; choose another with --port");
        return ok();
    }
    // Another worker's listening socket, shared: the kernel wakes one of them per connection.
    Status share(const Worker& first) {
        boost::system::error_code error;
        const int copy = ::dup(first.handle());
        if (copy < 0) return fail(Code::unavailable, "no file descriptors left");
        acceptor_.assign(first.protocol(), copy, error);
        if (error) return fail(Code::unavailable, error.message());
        return ok();
    }
    tcp::acceptor::native_handle_type handle() const {
        return const_cast<tcp::acceptor&>(acceptor_).native_handle();
    }
    tcp protocol() const {
        return acceptor_.local_endpoint().protocol();
    }
    uint16_t port() const { return acceptor_.local_endpoint().port(); }

    void run() {
        asio::co_spawn(context_, accept_loop(), asio::detached);
        asio::co_spawn(context_, sweep_loop(), asio::detached);
        context_.run();
    }

    void drain() {
        asio::post(context_, [this] {
            boost::system::error_code ignored;
            acceptor_.close(ignored);
            for (Connection* c : connections_) {
                if (c->idle) c->stream.close();
            }
        });
    }
    void cut() {
        asio::post(context_, [this] {
            for (Connection* c : connections_) c->stream.close();
            context_.stop();
        });
    }

  private:
    Task<void> accept_loop() {
        while (acceptor_.is_open()) {
            auto [error, socket] = co_await acceptor_.async_accept(asio::as_tuple(asio::use_awaitable));
            if (!acceptor_.is_open()) co_return;
            if (error) {
                // No descriptors left, most often: waiting helps, spinning does not.
                co_await sleep_for(Micros{100'000});
                continue;
            }
            if (shared_.connections.load() >= shared_.limits.max_connections) continue;
            boost::system::error_code ignored;
            socket.set_option(tcp::no_delay(true), ignored);
            asio::co_spawn(context_, serve(std::move(socket)), asio::detached);
        }
    }

    Task<void> serve(tcp::socket socket) {
        shared_.connections.fetch_add(1);
        try {
            std::unique_ptr<ByteStream> stream;
            const TlsContext tls = shared_.current_tls();
            if (tls) {
                stream = co_await accept_tls(std::move(socket), tls, shared_.limits.header);
            } else {
                stream = make_plain_stream(std::move(socket));
            }
            if (stream) co_await serve_stream(*stream, tls != nullptr);
        } catch (const std::exception& e) {
            log::error("exception in a connection", {{"error", e.what()}});
        }
        shared_.connections.fetch_sub(1);
    }

    Task<void> serve_stream(ByteStream& stream, bool secure) {
        Connection connection{stream, shared_.application, shared_.env,
                              shared_.limits, shared_.draining, secure};
        struct Listed {
            std::unordered_set<Connection*>& set;
            Connection* self;
            Listed(std::unordered_set<Connection*>& s, Connection* c) : set(s), self(c) {
                set.insert(self);
            }
            ~Listed() { set.erase(self); }
        } listed(connections_, &connection);

        std::string first;
        bool http2 = stream.protocol() == "h2";
        if (!http2 && !secure) {
            // Without TLS, HTTP/2 announces itself by its first bytes.
            connection.arm(shared_.limits.idle);
            char buffer[4096];
            while (first.size() < kHttp2Preface.size() && kHttp2Preface.starts_with(first)) {
                const size_t got = co_await stream.read(buffer, sizeof buffer);
                if (got == 0) co_return;
                first.append(buffer, got);
            }
            http2 = first.starts_with(kHttp2Preface);
        }
        if (http2) co_await serve_http2(connection, std::move(first));
        else co_await serve_http1(connection, std::move(first));
        co_await linger(connection);
    }

    static Task<void> linger(Connection& connection) {
        connection.arm(kLinger);
        connection.stream.end_writing();
        char buffer[4096];
        for (size_t skipped = 0; skipped < kLingerBytes;) {
            const size_t got = co_await connection.stream.read(buffer, sizeof buffer);
            if (got == 0) break;
            skipped += got;
        }
        connection.stream.close();
    }

    Task<void> sweep_loop() {
        asio::steady_timer timer(context_);
        while (true) {
            timer.expires_after(kSweepEvery);
            co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
            const Micros now = shared_.env.steady();
            const bool draining = shared_.draining.load();
            for (Connection* c : connections_) {
                if (c->stream.deadline() <= now || (draining && c->idle)) c->stream.close();
            }
            if (draining && connections_.empty()) co_return;
        }
    }

    Shared& shared_;
    // Touched on this thread only. Declared before the context, whose end destroys the coroutines
    // that are still listed here.
    std::unordered_set<Connection*> connections_;
    asio::io_context context_;
    tcp::acceptor acceptor_;
};

class AsioServer final : public Server {
  public:
    AsioServer(Env& env, ServerOptions options, Application& application)
        : options_(std::move(options)), shared_{env, application, options_.limits, {}, {}, {}, {}} {}

    Status bind() {
        if (!options_.certificate_file.empty()) TRY(reload_certificates());
        const int threads = options_.threads > 0
                                ? options_.threads
                                : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
        for (int i = 0; i < threads; ++i) {
            workers_.push_back(std::make_unique<Worker>(shared_));
            if (i == 0) TRY(workers_[0]->listen(options_.address, options_.port));
            else TRY(workers_.back()->share(*workers_[0]));
        }
        port_ = workers_[0]->port();
        return ok();
    }

    uint16_t port() const override { return port_; }

    void run() override {
        std::vector<std::thread> threads;
        for (auto& worker : workers_) threads.emplace_back([&worker] { worker->run(); });
        for (std::thread& thread : threads) thread.join();
    }

    void stop(Micros grace) override {
        if (shared_.draining.exchange(true)) return;
        for (auto& worker : workers_) worker->drain();
        const Micros until = shared_.env.steady() + grace;
        while (shared_.connections.load() > 0 && shared_.env.steady() < until)
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        for (auto& worker : workers_) worker->cut();
    }

    Status reload_certificates() override {
        TRY_ASSIGN(auto context,
                   make_tls_context(options_.certificate_file, options_.key_file));
        const std::lock_guard lock(shared_.tls_mutex);
        shared_.tls = std::move(context);
        return ok();
    }

    size_t connections() const override { return shared_.connections.load(); }

  private:
    ServerOptions options_;
    Shared shared_;
    std::vector<std::unique_ptr<Worker>> workers_;
    uint16_t port_ = 0;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::bind(Env& env, ServerOptions options,
                                             Application& application) {
    auto server = std::make_unique<AsioServer>(env, std::move(options), application);
    TRY(server->bind());
    return server;
}

}  // namespace rondo::net
