// Coroutines of the server: Task<T> is Asio's awaitable, and hop() is the one way for a coroutine
// to wait for another thread.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>

namespace rondo {

template <class T>
using Task = boost::asio::awaitable<T>;

// Continues the waiting coroutine on its own I/O thread. Call exactly once, from any thread, and
// before the server that owns the thread is destroyed.
using Resume = std::move_only_function<void()>;

// Suspends the calling coroutine and hands `start` the means to continue it. start runs on the
// coroutine's thread and must not block.
Task<void> hop(std::move_only_function<void(Resume)> start);

// Suspends for a time. Costs a timer; for rare waits only.
Task<void> sleep_for(std::chrono::microseconds duration);

}  // namespace rondo
