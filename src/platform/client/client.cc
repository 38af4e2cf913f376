#include "platform/client/client.h"

#include <netdb.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <condition_variable>
#include <thread>

#include "base/check.h"
#include "base/text.h"
#include "platform/async/pool.h"
#include "platform/client/exchange.h"

namespace rondo::client {

namespace asio = boost::asio;

// Who is told when somebody cancels.
struct Cancel::State {
    std::mutex mutex;
    bool cancelled = false;
    std::map<const void*, std::function<void()>> flights;
};

Cancel::Cancel() : state_(std::make_shared<State>()) {}

void Cancel::cancel() {
    const std::lock_guard lock(state_->mutex);
    state_->cancelled = true;
    for (const auto& [key, tell] : state_->flights) tell();
}

std::string_view Response::header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
        if (key == name) return value;
    }
    return {};
}

namespace {

// Threads that resolve names: getaddrinfo blocks for as long as a name server likes.
constexpr int kResolvers = 2;
constexpr size_t kMaxAddresses = 16;
constexpr Micros kLeastConnect{250'000};

Result<std::vector<IpAddress>> system_resolve(const std::string& host) {
    addrinfo hints{}, *found = nullptr;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
    if (error != 0) {  // a machine with loopback alone has no configured address at all
        hints.ai_flags = 0;
        error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
    }
    if (error != 0)
        return fail(Code::unavailable,
                    "the name " + quoted(host) + " is not known here: " + ::gai_strerror(error));
    std::vector<IpAddress> out;
    for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
        IpAddress address;
        address.is_v6 = at->ai_family == AF_INET6;
        if (address.is_v6)
            std::memcpy(address.bytes.data(),
                        &reinterpret_cast<const sockaddr_in6*>(at->ai_addr)->sin6_addr, 16);
        else
            std::memcpy(address.bytes.data(),
                        &reinterpret_cast<const sockaddr_in*>(at->ai_addr)->sin_addr, 4);
        out.push_back(address);
    }
    ::freeaddrinfo(found);
    return out;
}

bool is_idempotent(std::string_view method) {
    for (const std::string_view known : {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"}) {
        if (method == known) return true;
    }
    return false;
}

bool asks_for_another(int status) {
    return status == 408 || status == 429 || status == 500 || (status >= 502 && status <= 504);
}

// What the thread that called send() does while it waits: the work of sources and sinks.
class Caller {
  public:
    void post(std::move_only_function<void()> work) {
        const std::lock_guard lock(mutex_);
        work_.push_back(std::move(work));
        changed_.notify_one();
    }
    void finish(Result<Response> result) {
        const std::lock_guard lock(mutex_);
        result_ = std::move(result);
        changed_.notify_one();
    }
    Result<Response> wait() {
        std::unique_lock lock(mutex_);
        while (true) {
            changed_.wait(lock, [&] { return result_ || !work_.empty(); });
            if (work_.empty()) return std::move(*result_);
            auto work = std::move(work_.front());
            work_.pop_front();
            lock.unlock();
            work();
            lock.lock();
        }
    }
    // Runs fn on the calling thread and gives its value to the coroutine.
    template <class F>
    Task<std::invoke_result_t<F&>> run(F fn) {
        std::optional<std::invoke_result_t<F&>> value;
        co_await hop([&](Resume resume) {
            post([&, resume = std::move(resume)]() mutable {
                value.emplace(fn());
                resume();
            });
        });
        co_return std::move(*value);
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::move_only_function<void()>> work_;
    std::optional<Result<Response>> result_;
};

class CallerSource final : public AsyncSource {
  public:
    CallerSource(Caller& caller, const Streams& streams) : caller_(caller), streams_(streams) {
        length = streams.source_length;
    }
    Task<Result<std::string>> next() override {
        co_return co_await caller_.run([this] { return streams_.source(); });
    }

  private:
    Caller& caller_;
    const Streams& streams_;
};

class CallerSink final : public AsyncSink {
  public:
    CallerSink(Caller& caller, const Streams& streams) : caller_(caller), streams_(streams) {}
    Task<Status> begin(const Response& head) override {
        if (!streams_.head) co_return ok();
        co_return co_await caller_.run([&] { return streams_.head(head); });
    }
    Task<Status> take(std::string_view piece) override {
        co_return co_await caller_.run([this, piece] { return streams_.sink(piece); });
    }

  private:
    Caller& caller_;
    const Streams& streams_;
};

class PooledClient final : public Client {
  public:
    PooledClient(Env& env, ClientOptions options, std::unique_ptr<asio::ssl::context> trust)
        : env_(env),
          options_(std::move(options)),
          trust_(std::move(trust)),
          has_roots_(!options_.authorities.empty()),
          pool_(context_, options_),
          work_(context_.get_executor()),
          resolvers_(kResolvers),
          thread_([this] { context_.run(); }) {}

    ~PooledClient() override {
        asio::post(context_, [this] {
            stopping_ = true;
            for (const auto& [id, flight] : flights_) flight->cancel();
            pool_.close_idle();
            work_.reset();
        });
        thread_.join();
        resolvers_.stop();
    }
    PooledClient(const PooledClient&) = delete;
    PooledClient& operator=(const PooledClient&) = delete;

    Result<Response> send(const Request& request, const Streams& streams) override {
        CHECK(std::this_thread::get_id() != thread_.get_id(), "send() on the client's own thread");
        Caller caller;
        CallerSource source(caller, streams);
        CallerSink sink(caller, streams);
        start(request, streams.source ? &source : nullptr, streams.sink ? &sink : nullptr,
              [&caller](Result<Response> result) { caller.finish(std::move(result)); });
        return caller.wait();
    }

    Task<Result<Response>> send_async(Request request, AsyncSource* source,
                                      AsyncSink* sink) override {
        std::optional<Result<Response>> result;
        co_await hop([&](Resume resume) {
            start(request, source, sink,
                  [&result, resume = std::move(resume)](Result<Response> made) mutable {
                      result = std::move(made);
                      resume();
                  });
        });
        co_return std::move(*result);
    }

    Numbers numbers() override { return {pool_.open, pool_.idle, opened_}; }

  private:
    void start(const Request& request, AsyncSource* source, AsyncSink* sink,
               std::move_only_function<void(Result<Response>)> done) {
        asio::co_spawn(context_, run(&request, source, sink),
                       [done = std::move(done)](const std::exception_ptr& thrown,
                                                Result<Response> result) mutable {
                           if (thrown) result = fail(Code::internal, "a request broke off");
                           done(std::move(result));
                       });
    }

    // Makes the request endable from outside while it lasts.
    Task<Result<Response>> run(const Request* request, AsyncSource* source, AsyncSink* sink) {
        Flight flight(context_);
        if (stopping_) co_return fail(Code::cancelled, "the client is being closed");
        const uint64_t id = ++last_id_;
        flight.id = id;
        flights_[id] = &flight;
        const auto cancel = request->cancel ? request->cancel->state() : nullptr;
        if (cancel) {
            const std::lock_guard lock(cancel->mutex);
            if (cancel->cancelled) flight.cancel();
            cancel->flights[&flight] = [this, id] {
                asio::post(context_, [this, id] {
                    if (Flight* one = find_flight(id)) one->cancel();
                });
            };
        }
        auto result = co_await follow(*request, source, sink, flight);
        if (cancel) {
            const std::lock_guard lock(cancel->mutex);
            cancel->flights.erase(&flight);
        }
        flights_.erase(id);
        co_return result;
    }

    // A flight that may be over by now.
    Flight* find_flight(uint64_t id) {
        const auto found = flights_.find(id);
        return found == flights_.end() ? nullptr : found->second;
    }

    Task<Result<Response>> follow(const Request& asked, AsyncSource* source, AsyncSink* sink,
                                  Flight& flight) {
        CO_TRY(check_request(asked));
        CO_TRY_ASSIGN(Url url, Url::parse(asked.url));
        if (!asked.target.empty()) url.target = asked.target;
        if (asked.redirects == 0) co_return co_await repeat(asked, url, source, sink, flight);
        Request request = asked;
        for (int left = asked.redirects;; --left) {
            auto answer = co_await repeat(request, url, source, sink, flight);
            if (!answer) co_return answer;
            const std::string_view location = answer->header("location");
            const int status = answer->status;
            const bool leads = (status >= 301 && status <= 303) || status == 307 || status == 308;
            if (!leads || location.empty()) co_return answer;
            if (left == 0)
                co_return fail(Code::unavailable, quoted(asked.url) + " redirects too often");
            const bool drops_body = status == 303 || (status <= 302 && request.method == "POST");
            if (source != nullptr && !drops_body) co_return answer;  // its body is gone
            const Url from = url;
            CO_TRY_ASSIGN(url, resolve_reference(from, location));
            if (from.secure && !url.secure)
                co_return fail(Code::permission_denied,
                               from.origin() + " redirects to an address without TLS");
            if (drops_body) {
                if (request.method != "HEAD") request.method = "GET";
                request.body.clear();
                source = nullptr;
            }
            if (url.origin() != from.origin()) keep_content_headers(request.headers);
        }
    }

    static void keep_content_headers(Fields& headers) {
        std::erase_if(headers, [](const auto& field) {
            for (const std::string_view harmless :
                 {"accept", "accept-language", "content-type", "range", "user-agent"}) {
                if (equals_ignoring_case(field.first, harmless)) return false;
            }
            return true;
        });
    }

    Task<Result<Response>> repeat(const Request& request, const Url& url, AsyncSource* source,
                                  AsyncSink* sink, Flight& flight) {
        const Micros begun = env_.steady();
        for (int attempt = 1;; ++attempt) {
            Progress progress;
            auto answer = co_await attempt_once(request, url, source, sink, flight, progress);
            const bool asks = answer ? asks_for_another(answer->status)
                                     : answer.error().code == Code::unavailable ||
                                           answer.error().code == Code::deadline_exceeded;
            const bool may = is_idempotent(request.method) || request.repeatable;
            // What a sink was given cannot be taken back.
            const bool given = !answer && progress.delivered;
            if (!asks || !may || given || progress.body_used || attempt >= request.retry.attempts)
                co_return answer;
            Micros pause = back_off(request.retry, attempt);
            if (answer) {
                const auto wanted = parse_retry_after(answer->header("retry-after"), env_.now());
                pause = std::max(pause, wanted.value_or(Micros{0}));
            }
            if (env_.steady() + pause - begun > request.retry.total) co_return answer;
            flight.forgive();
            co_await flight.pause(pause);
        }
    }

    Micros back_off(const Retry& retry, int attempt) {
        const auto grown = retry.base * (int64_t{1} << std::min(attempt - 1, 20));
        const Micros most = std::min<Micros>(grown, retry.longest_pause);
        return Micros{
            static_cast<int64_t>(random_u64(env_) % static_cast<uint64_t>(most.count() + 1))};
    }

    Task<Result<Response>> attempt_once(const Request& request, const Url& url, AsyncSource* source,
                                        AsyncSink* sink, Flight& flight, Progress& progress) {
        flight.begin_attempt(request.timeouts.whole);
        auto answer =
            co_await on_connection(Pool::Want::any, request, url, source, sink, flight, progress);
        if (!answer && progress.swallowed)
            answer = co_await on_connection(Pool::Want::fresh, request, url, source, sink, flight,
                                            progress);
        flight.disarm();
        if (!answer) {
            if (const auto ended = flight.ended()) co_return fail(*ended);
        }
        co_return answer;
    }

    Task<Result<Response>> on_connection(Pool::Want want, const Request& request, const Url& url,
                                         AsyncSource* source, AsyncSink* sink, Flight& flight,
                                         Progress& progress) {
        progress = {};
        flight.arm(request.timeouts.connect, "connecting to " + url.origin());
        CO_TRY_ASSIGN(auto wire, co_await pool_.take(url, request.egress, want, &flight));
        if (!wire) {
            auto opened = co_await connect(request, url, flight);
            if (!opened) {
                pool_.drop(url);
                co_return fail(opened.error());
            }
            wire = std::move(*opened);
        }
        flight.wire = wire.get();
        const uint64_t before = wire->written();
        Fields headers = request.headers;
        const bool named = std::ranges::any_of(headers, [](const auto& field) {
            return equals_ignoring_case(field.first, "user-agent");
        });
        if (!named) headers.emplace_back("user-agent", options_.user_agent);
        auto answer = co_await exchange(wire.get(), &request, &headers, url, source, sink, &flight,
                                        &progress);
        flight.wire = nullptr;
        const bool nothing_sent = wire->written() == before;
        const bool safe = is_idempotent(request.method) || request.repeatable || nothing_sent;
        progress.swallowed = !answer && !flight.ended() && wire->used_before && safe &&
                             !progress.answered && !progress.body_used &&
                             answer.error().code == Code::unavailable;
        if (answer && progress.keep && !flight.ended())
            pool_.keep(url, std::move(wire));
        else
            pool_.drop(url);
        co_return answer;
    }

    // Checks the addresses that the name has now, and connects to one of these very addresses.
    Task<Result<std::unique_ptr<Wire>>> connect(const Request& request, const Url& url,
                                                Flight& flight) {
        const auto addresses = co_await resolve(url.host, flight);
        if (const auto ended = flight.ended()) co_return fail(*ended);
        CO_TRY(addresses);
        std::optional<Error> last;
        const Micros begun = env_.steady();
        size_t left = std::min(addresses->size(), kMaxAddresses);
        // One closed address closes the name: which of them answers is not for it to choose.
        for (const IpAddress& address : *addresses)
            CO_TRY(request.egress->check(url.host, url.port, address));
        if (url.secure) load_system_roots();
        for (const IpAddress& address : std::span(*addresses).first(left)) {
            auto wire = std::make_unique<Wire>(context_, *trust_, url);
            const Micros time = request.timeouts.connect - (env_.steady() - begun);
            flight.arm(std::max(kLeastConnect, time / static_cast<int64_t>(left--)),
                       "connecting to " + url.origin());
            flight.wire = wire.get();
            Status connected = co_await wire->connect(address);
            if (connected && url.secure) connected = co_await wire->secure();
            flight.wire = nullptr;
            if (connected && !flight.ended()) {
                ++opened_;
                co_return wire;
            }
            last = flight.ended().value_or(connected ? Error{} : connected.error());
            if (last->code == Code::cancelled) break;
            if (left > 0) flight.forgive();
        }
        if (!last)
            co_return fail(Code::unavailable, "the name " + quoted(url.host) + " has no address");
        co_return fail(*last);
    }

    Task<Result<std::vector<IpAddress>>> resolve(const std::string& host, Flight& flight) {
        if (const auto literal = IpAddress::parse(host)) co_return std::vector{*literal};
        // Shared: the flight may have ended before the name server answers.
        struct Answer {
            std::optional<Result<std::vector<IpAddress>>> found;
        };
        const auto answer = std::make_shared<Answer>();
        resolvers_.post([this, host, answer, id = flight.id] {
            auto found = options_.resolve ? options_.resolve(host) : system_resolve(host);
            asio::post(context_, [this, answer, id, found = std::move(found)]() mutable {
                answer->found = std::move(found);
                if (Flight* one = find_flight(id)) one->wake();
            });
        });
        while (!answer->found && !flight.ended()) co_await flight.pause();
        if (!answer->found) co_return fail(*flight.ended());
        co_return std::move(*answer->found);
    }

    // Reading the system's authorities costs some 20 ms: only who speaks TLS pays it, once.
    void load_system_roots() {
        if (has_roots_) return;
        boost::system::error_code error;
        trust_->set_default_verify_paths(error);
        has_roots_ = !error;
    }

    Env& env_;
    const ClientOptions options_;
    const std::unique_ptr<asio::ssl::context> trust_;
    bool has_roots_;  // on the I/O thread
    asio::io_context context_{1};
    Pool pool_;
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    std::map<uint64_t, Flight*> flights_;  // those under way; on the I/O thread, like all below
    uint64_t last_id_ = 0;
    bool stopping_ = false;
    std::atomic<uint64_t> opened_{0};
    WorkerPool resolvers_;
    std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<Client>> Client::open(Env& env, ClientOptions options) {
    TRY_ASSIGN(auto trust, make_trust(options.authorities));
    return std::make_unique<PooledClient>(env, std::move(options), std::move(trust));
}

Result<Response> Client::post(std::string url, Fields headers, std::string body, Micros deadline,
                              uint64_t limit, std::shared_ptr<const EgressPolicy> egress) {
    Request request;
    request.method = "POST";
    request.url = std::move(url);
    request.headers = std::move(headers);
    request.body = std::move(body);
    request.limit = limit;
    request.timeouts = {deadline, deadline, deadline, deadline};
    request.egress = std::move(egress);
    return send(request);
}

}  // namespace rondo::client
