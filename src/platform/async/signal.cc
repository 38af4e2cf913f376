#include "platform/async/signal.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace rondo {

namespace asio = boost::asio;

// A timer and not a stored handler: a coroutine that still waits when its loop ends is owned, and
// freed, by the loop.
struct Signal::Timer : asio::steady_timer {
    using asio::steady_timer::steady_timer;
};

Signal::Signal() = default;
Signal::~Signal() = default;

Task<void> Signal::wait() { return wait_for(Micros::max()); }

Task<void> Signal::wait_for(Micros longest) {
    if (!raised_) {
        if (!timer_) timer_ = std::make_unique<Timer>(co_await asio::this_coro::executor);
        if (longest == Micros::max())
            timer_->expires_at(asio::steady_timer::time_point::max());
        else
            timer_->expires_after(longest);
        co_await timer_->async_wait(asio::as_tuple(asio::use_awaitable));
    }
    raised_ = false;
}

void Signal::raise() {
    raised_ = true;
    if (timer_) timer_->cancel();
}

}  // namespace rondo
