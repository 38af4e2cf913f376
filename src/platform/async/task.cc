#include "platform/async/task.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "platform/async/mailbox.h"

namespace rondo {

namespace asio = boost::asio;

Task<void> hop(std::move_only_function<void(Resume)> start) {
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(
        [start = std::move(start)](auto handler) mutable {
            const asio::any_io_executor executor = asio::get_associated_executor(handler);
            auto& mailbox =
                asio::use_service<Mailbox>(asio::query(executor, asio::execution::context));
            start([executor, &mailbox, handler = std::move(handler)]() mutable {
                mailbox.put(std::move(handler),
                            [&](auto call) { asio::post(executor, std::move(call)); });
            });
        },
        asio::use_awaitable);
}

Task<void> sleep_for(std::chrono::microseconds duration) {
    asio::steady_timer timer(co_await asio::this_coro::executor, duration);
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

}  // namespace rondo
