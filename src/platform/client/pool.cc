#include "platform/client/pool.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace rondo::client {

namespace asio = boost::asio;
using std::chrono::steady_clock;

namespace {

// Longer waits have no end.
constexpr Micros kForEver{int64_t{1} << 45};  // a year

steady_clock::time_point after(Micros patience) {
    return patience > kForEver ? steady_clock::time_point::max() : steady_clock::now() + patience;
}

}  // namespace

Flight::Flight(asio::io_context& context) : watch_(context), pause_(context) {}

void Flight::interrupt() {
    if (wire != nullptr) wire->close();
    wake();
}

void Flight::cancel() {
    cancelled_ = true;
    interrupt();
}

void Flight::begin_attempt(Micros whole) {
    forgive();
    whole_ = after(whole);
}

void Flight::arm(Micros patience, std::string_view what) {
    what_ = what;
    watch_.expires_at(std::min(whole_, after(patience)));
    watch_.async_wait([this, alive = std::weak_ptr(alive_)](boost::system::error_code) {
        // Armed anew meanwhile, or over.
        if (alive.expired() || steady_clock::now() < watch_.expiry()) return;
        expired_ = Error{Code::deadline_exceeded, what_ + " took too long"};
        interrupt();
    });
}

void Flight::disarm() { watch_.expires_at(steady_clock::time_point::max()); }

Task<void> Flight::pause(Micros longest) {
    if (!awake_ && !cancelled_) {
        pause_.expires_at(after(longest));
        co_await pause_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    awake_ = false;
}

void Flight::wake() {
    awake_ = true;
    pause_.cancel();
}

std::optional<Error> Flight::ended() const {
    if (cancelled_) return Error{Code::cancelled, "the request was cancelled"};
    return expired_;
}

void Flight::forgive() {
    expired_.reset();
    awake_ = false;
}

Pool::Pool(asio::io_context& context, const ClientOptions& options)
    : options_(options), sweeper_(context) {}

bool Pool::has_room(const std::string& origin) {
    const auto found = hosts_.find(origin);
    if (found == hosts_.end()) return open < options_.connections || idle > 0;
    const Host& host = found->second;
    if (!host.idle.empty()) return true;
    return host.open < options_.connections_per_host && (open < options_.connections || idle > 0);
}

void Pool::close_oldest(Host& host) {
    host.idle.pop_front();
    --host.open;
    --open;
    --idle;
}

// Closes the longest unused connection of all.
bool Pool::evict() {
    auto oldest = hosts_.end();
    for (auto it = hosts_.begin(); it != hosts_.end(); ++it) {
        if (it->second.idle.empty()) continue;
        if (oldest == hosts_.end() ||
            it->second.idle.front().since < oldest->second.idle.front().since)
            oldest = it;
    }
    if (oldest == hosts_.end()) return false;
    close_oldest(oldest->second);
    forget(std::string(oldest->first));
    return true;
}

void Pool::forget(const std::string& origin) {
    const auto found = hosts_.find(origin);
    if (found != hosts_.end() && found->second.open == 0) hosts_.erase(found);
}

Task<Result<std::unique_ptr<Wire>>> Pool::take(Url url, std::shared_ptr<const EgressPolicy> egress,
                                               Want want, Flight* flight) {
    const std::string origin = url.origin();
    while (true) {
        if (const auto ended = flight->ended()) {
            wake_next();  // it may have been our turn
            co_return fail(*ended);
        }
        Host& host = hosts_[origin];
        // The one used last is the likeliest to be alive.
        while (!host.idle.empty()) {
            const bool stale = want == Want::fresh ||
                               steady_clock::now() - host.idle.back().since > options_.idle ||
                               !host.idle.back().wire->is_quiet();
            auto wire = std::move(host.idle.back().wire);
            host.idle.pop_back();
            --idle;
            if (!stale) {
                // Opened for somebody whose policy may be wider than ours.
                const Status allowed = egress->check(url.host, url.port, wire->address());
                if (!allowed) {
                    keep(url, std::move(wire));
                    co_return fail(allowed.error());
                }
                co_return wire;
            }
            --host.open;
            --open;
        }
        if (host.open < options_.connections_per_host && (open < options_.connections || evict())) {
            ++hosts_[origin].open;
            ++open;
            co_return nullptr;
        }
        forget(origin);
        if (waiting_.size() >= options_.waiting)
            co_return fail(Code::exhausted, "too many requests wait for a connection to " + origin);
        const auto place = waiting_.insert(waiting_.end(), Waiter{origin, flight});
        co_await flight->pause();
        waiting_.erase(place);
    }
}

void Pool::keep(const Url& url, std::unique_ptr<Wire> wire) {
    wire->used_before = true;
    hosts_[url.origin()].idle.push_back({std::move(wire), steady_clock::now()});
    ++idle;
    wake_next();
    if (!sweeping_) sweep();
}

void Pool::drop(const Url& url) {
    const std::string origin = url.origin();
    --hosts_[origin].open;
    --open;
    forget(origin);
    wake_next();
}

void Pool::wake_next() {
    for (Waiter& waiter : waiting_) {
        if (waiter.woken || !has_room(waiter.origin)) continue;
        waiter.woken = true;
        waiter.flight->wake();
        return;
    }
}

void Pool::close_idle() {
    while (evict()) {
    }
    sweeper_.cancel();
}

// Closes what was unused for too long, for as long as there is something unused.
void Pool::sweep() {
    sweeping_ = true;
    sweeper_.expires_after(options_.idle / 4 + Micros{1000});
    sweeper_.async_wait([this](boost::system::error_code error) {
        sweeping_ = false;
        if (error) return;
        const auto limit = steady_clock::now() - options_.idle;
        for (auto it = hosts_.begin(); it != hosts_.end();) {
            Host& host = it->second;
            while (!host.idle.empty() && host.idle.front().since < limit) close_oldest(host);
            it = host.open == 0 ? hosts_.erase(it) : std::next(it);
        }
        if (idle > 0) sweep();
    });
}

}  // namespace rondo::client
