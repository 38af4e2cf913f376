// A few threads for work that blocks: files, child processes, long computation. I/O threads hand
// work over and go on with other connections.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
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

    // Runs fn on a pool thread and returns its value to the coroutine. fn owns what it needs;
    // what it throws is thrown in the coroutine.
    template <class F>
    Task<std::invoke_result_t<F&>> run(F fn) {
        struct Work {
            F fn;
            std::optional<std::invoke_result_t<F&>> value;
            std::exception_ptr error;
        };
        // Shared: the coroutine may be gone before the work is done.
        const auto work = std::make_shared<Work>(std::move(fn));
        co_await hop([this, work](Resume resume) {
            post([work, resume = std::move(resume)]() mutable {
                try {
                    work->value.emplace(work->fn());
                } catch (...) {
                    work->error = std::current_exception();
                }
                resume();
            });
        });
        if (work->error) std::rethrow_exception(work->error);
        co_return std::move(*work->value);
    }
    // Queues work that throws nothing. The queue is as long as its callers let it be: run() adds
    // one entry for a request under way, and of those the network has a limited number.
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
