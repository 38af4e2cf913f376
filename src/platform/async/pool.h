// A few threads for work that blocks: files, child processes, long computation. I/O threads hand
// work over and go on with other connections.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "platform/async/task.h"

namespace rondo {

class WorkerPool {
  public:
    explicit WorkerPool(int threads);
    ~WorkerPool();
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    // Runs fn on a pool thread and returns its value to the coroutine. fn owns what it needs.
    template <class F>
    Task<std::invoke_result_t<F&>> run(F fn) {
        using Out = std::invoke_result_t<F&>;
        auto out = std::make_shared<std::optional<Out>>();
        auto shared_fn = std::make_shared<F>(std::move(fn));
        co_await hop([this, out, shared_fn](Resume resume) {
            post([out, shared_fn, resume = std::move(resume)]() mutable {
                out->emplace((*shared_fn)());
                resume();
            });
        });
        co_return std::move(**out);
    }
    void post(std::move_only_function<void()> work);
    // Finishes what is queued; nothing may be posted afterwards.
    void stop();

  private:
    void work();

    std::mutex mutex_;
    std::condition_variable ready_;
    std::deque<std::move_only_function<void()>> queue_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace rondo
