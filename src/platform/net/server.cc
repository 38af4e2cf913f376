#include "platform/net/server.h"

#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <mutex>
#include <thread>
#include <unordered_set>

#include "base/log.h"
#include "platform/net/certificate.h"
#include "platform/net/connection.h"
#include "platform/net/transport.h"

namespace rondo::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
constexpr Micros kSweepEvery{500'000};
// How long, and how much, a peer may go on sending after our last answer.
constexpr Micros kLinger{2'000'000};
constexpr size_t kLingerBytes = 4 << 20;
// A client between two quick requests is not idle for sure.
constexpr Micros kIdleForSure{1'000'000};
// Between two tries to accept while there is no room.
constexpr Micros kAcceptAgain{100'000};
// Descriptors that connections leave to the database, blobs, logs and child processes.
constexpr size_t kSpareDescriptors = 256;

struct Shared {
    Env& env;
    Application& application;
    Limits limits;
    std::atomic<bool> draining{false};
    std::atomic<size_t> connections{0};
    std::atomic<size_t> buffered_bytes{0};
    std::mutex tls_mutex{};
    TlsContext tls{};  // guarded by tls_mutex; null without TLS

    TlsContext current_tls() {
        const std::lock_guard lock(tls_mutex);
        return tls;
    }
};

// A peer that vanished without a word is noticed by the kernel within two minutes.
void watch_peer(tcp::socket& socket) {
    const auto set = [&](int level, int option, int value) {
        ::setsockopt(socket.native_handle(), level, option, &value, sizeof value);
    };
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, 60);
    set(IPPROTO_TCP, TCP_KEEPINTVL, 15);
    set(IPPROTO_TCP, TCP_KEEPCNT, 4);
}

// One thread: its event loop and its connections.
class Worker {
  public:
    explicit Worker(Shared& shared) : shared_(shared), context_(1) {}

    asio::io_context& context() { return context_; }
    // Connections accepted for this worker and not ended yet. Any thread may look.
    size_t load() const { return load_.load(std::memory_order_relaxed); }

    void run() {
        asio::co_spawn(context_, sweep_loop(), asio::detached);
        context_.run();
    }
    // Serves a connection whose socket belongs to this worker's context. From any thread.
    void take(tcp::socket socket) {
        shared_.connections.fetch_add(1);
        load_.fetch_add(1, std::memory_order_relaxed);
        asio::co_spawn(context_, serve(std::move(socket)), [this](const std::exception_ptr& error) {
            if (error) log::error("exception in a connection");  // out of memory, most likely
            load_.fetch_sub(1, std::memory_order_relaxed);
            shared_.connections.fetch_sub(1);
        });
    }
    // Closes connections that nobody seems to need, since there is no room for more.
    void make_room() {
        asio::post(context_, [this] {
            const Micros now = shared_.env.steady();
            for (Connection* c : connections_) {
                if (c->idle && now - c->idle_since >= kIdleForSure) c->drain();
            }
        });
    }
    void drain() {
        asio::post(context_, [this] {
            for (Connection* c : connections_) c->drain();
        });
    }
    void cut() {
        asio::post(context_, [this] { context_.stop(); });
    }

  private:
    Task<void> serve(tcp::socket socket) {
        const TlsContext tls = shared_.current_tls();
        const auto stream =
            tls ? make_tls_stream(std::move(socket), tls) : make_plain_stream(std::move(socket));
        Connection connection{*stream,        shared_.application, shared_.env,
                              shared_.limits, shared_.draining,    shared_.buffered_bytes,
                              tls != nullptr};
        connection.rest();
        struct Listed {
            std::unordered_set<Connection*>& set;
            Connection* self;
            Listed(std::unordered_set<Connection*>& s, Connection* c) : set(s), self(c) {
                set.insert(self);
            }
            ~Listed() { set.erase(self); }
        } listed(connections_, &connection);

        connection.arm(shared_.limits.header);
        if (!co_await stream->open()) co_return;
        bool reachable = false;
        if (stream->protocol() == "h2") {
            reachable = co_await serve_http2(connection, {});
        } else {
            std::string first;
            // Without TLS, HTTP/2 announces itself by its first bytes.
            if (!tls) first = co_await read_first(connection);
            reachable = co_await (first.starts_with(kHttp2Preface)
                                      ? serve_http2(connection, std::move(first))
                                      : serve_http1(connection, std::move(first)));
        }
        if (!reachable) co_return;
        connection.arm(kLinger);
        co_await stream->finish(kLingerBytes);
    }

    // Enough bytes to tell the two protocols apart; fewer when the peer sends no more.
    static Task<std::string> read_first(Connection& connection) {
        std::string first;
        connection.arm(connection.limits.idle);
        while (first.size() < kHttp2Preface.size() && kHttp2Preface.starts_with(first)) {
            char buffer[1024];
            const size_t got = co_await connection.stream.read(buffer, sizeof buffer);
            if (got == 0) break;
            if (first.empty()) connection.arm(connection.limits.header);
            first.append(buffer, got);
        }
        connection.disarm();
        co_return first;
    }

    Task<void> sweep_loop() {
        asio::steady_timer timer(context_);
        while (!shared_.draining.load() || !connections_.empty()) {
            timer.expires_after(kSweepEvery);
            co_await timer.async_wait(kToken);
            const Micros now = shared_.env.steady();
            for (Connection* c : connections_) {
                if (c->deadline <= now) {
                    c->expired = true;
                    c->stream.interrupt();
                }
                if (c->protocol != nullptr) c->protocol->sweep(now);
                if (shared_.draining.load()) c->drain();
            }
        }
    }

    Shared& shared_;
    std::atomic<size_t> load_{0};
    // Touched on this thread only. Declared before the context, whose end destroys the coroutines
    // that are still listed here.
    std::unordered_set<Connection*> connections_;
    asio::io_context context_;
};

class AsioServer final : public Server {
  public:
    AsioServer(Env& env, ServerOptions options, Application& application)
        : options_(std::move(options)), shared_{env, application, options_.limits} {}

    Status bind() {
        if (!options_.certificate_file.empty()) TRY(reload_certificates());
        const int cores = static_cast<int>(std::thread::hardware_concurrency());
        const int threads = options_.threads > 0 ? options_.threads : std::max(1, cores);
        for (int i = 0; i < threads; ++i) workers_.push_back(std::make_unique<Worker>(shared_));
        TRY(leave_descriptors());
        acceptor_.emplace(workers_[0]->context());
        return listen();
    }

    uint16_t port() const override { return acceptor_->local_endpoint().port(); }

    void run() override {
        asio::co_spawn(workers_[0]->context(), accept_loop(), asio::detached);
        std::vector<std::thread> threads;
        for (auto& worker : workers_) threads.emplace_back([&worker] { worker->run(); });
        for (std::thread& thread : threads) thread.join();
    }

    void stop(Micros grace) override {
        if (shared_.draining.exchange(true)) return;
        asio::post(workers_[0]->context(), [this] {
            boost::system::error_code ignored;
            acceptor_->close(ignored);
        });
        for (auto& worker : workers_) worker->drain();
        const Micros until = shared_.env.steady() + grace;
        while (shared_.connections.load() > 0 && shared_.env.steady() < until)
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        for (auto& worker : workers_) worker->cut();
    }

    Status reload_certificates() override {
        TRY(check_certificate(options_.certificate_file, options_.key_file, shared_.env.now()));
        TRY_ASSIGN(auto context, make_tls_context(options_.certificate_file, options_.key_file));
        const std::lock_guard lock(shared_.tls_mutex);
        shared_.tls = std::move(context);
        return ok();
    }

    size_t connections() const override { return shared_.connections.load(); }

  private:
    // Asks the system for the descriptors that the connections need, and takes fewer connections
    // when it grants fewer.
    Status leave_descriptors() {
        rlimit limit{};
        if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return ok();
        const rlim_t wanted = shared_.limits.connections + kSpareDescriptors;
        limit.rlim_cur = std::max(limit.rlim_cur, std::min(limit.rlim_max, wanted));
        ::setrlimit(RLIMIT_NOFILE, &limit);
        const auto all = static_cast<size_t>(limit.rlim_cur);
        const size_t room = all > 2 * kSpareDescriptors ? all - kSpareDescriptors : all / 2;
        shared_.limits.connections = std::min(shared_.limits.connections, room);
        return check_descriptors();
    }

    Status listen() {
        boost::system::error_code error;
        const auto ip = asio::ip::make_address(options_.address, error);
        if (error)
            return fail(Code::invalid,
                        "'" + options_.address + "' is not an IP address to listen on");
        const tcp::endpoint endpoint(ip, options_.port);
        acceptor_->open(endpoint.protocol(), error);
        if (!error) acceptor_->set_option(tcp::acceptor::reuse_address(true), error);
        if (!error) acceptor_->bind(endpoint, error);
        if (!error) acceptor_->listen(SOMAXCONN, error);
        if (error)
            return fail(
                error == boost::system::errc::address_in_use ? Code::conflict : Code::unavailable,
                "cannot listen on " + options_.address + ":" + std::to_string(options_.port) +
                    ": " + error.message() + "; choose another with --port");
        return ok();
    }

    Worker& least_loaded() {
        return **std::ranges::min_element(workers_, {}, [](const auto& w) { return w->load(); });
    }

    // Waiting clients stay in the kernel's queue while there is no room for them.
    Task<void> accept_loop() {
        while (acceptor_->is_open()) {
            if (shared_.connections.load() >= shared_.limits.connections) {
                co_await make_room();
                continue;
            }
            Worker& worker = least_loaded();
            auto [error, accepted] = co_await acceptor_->async_accept(worker.context(), kToken);
            if (error && acceptor_->is_open()) co_await make_room();  // no descriptors left, say
            if (error) continue;
            tcp::socket socket = std::move(accepted);
            boost::system::error_code ignored;
            socket.set_option(tcp::no_delay(true), ignored);
            watch_peer(socket);
            worker.take(std::move(socket));
        }
    }

    Task<void> make_room() {
        for (auto& worker : workers_) worker->make_room();
        co_await sleep_for(kAcceptAgain);
    }

    ServerOptions options_;
    Shared shared_;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::optional<tcp::acceptor> acceptor_;  // belongs to the first worker's context
};

}  // namespace

Result<std::unique_ptr<Server>> Server::bind(Env& env, ServerOptions options,
                                             Application& application) {
    auto server = std::make_unique<AsioServer>(env, std::move(options), application);
    TRY(server->bind());
    return server;
}

}  // namespace rondo::net
