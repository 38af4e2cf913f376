#include "platform/async/task.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace rondo {

namespace asio = boost::asio;

Task<void> hop(std::move_only_function<void(Resume)> start) {
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(
        [start = std::move(start)](auto handler) mutable {
            auto executor = asio::get_associated_executor(handler);
            start([executor, handler = std::move(handler)]() mutable {
                asio::post(executor, std::move(handler));
            });
        },
        asio::use_awaitable);
}

Task<void> sleep_for(std::chrono::microseconds duration) {
    asio::steady_timer timer(co_await asio::this_coro::executor, duration);
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

}  // namespace rondo
