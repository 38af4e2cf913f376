// Work on a pool that a coroutine starts, and comes back to for its value: what lies between goes
// on at the same time. Used by one coroutine at a time. Dropped without wait(), the work is still
// done and its value is thrown away, so it owns what it needs.
#pragma once

#include <exception>
#include <memory>
#include <mutex>
#include <optional>

#include "base/check.h"
#include "platform/async/pool.h"

namespace rondo {

template <class T>
class Started {
  public:
    // Nothing is under way at that time.
    void start(WorkerPool& pool, std::move_only_function<T()> work) {
        CHECK(!state_, "work is started while other work is under way");
        state_ = std::make_shared<State>();
        pool.post([state = state_, work = std::move(work)]() mutable {
            std::optional<T> value;
            std::exception_ptr error;
            try {
                value.emplace(work());
            } catch (...) {
                error = std::current_exception();
            }
            work = nullptr;  // before the coroutine goes on
            Resume resume;
            {
                const std::lock_guard lock(state->mutex);
                state->value = std::move(value);
                state->error = error;
                state->done = true;
                resume = std::move(state->resume);
            }
            if (resume) resume();
        });
    }
    bool under_way() const { return state_ != nullptr; }
    // The value; what the work threw is thrown here.
    Task<T> wait() {
        const auto state = std::exchange(state_, nullptr);
        co_await hop([state](Resume resume) {
            {
                const std::lock_guard lock(state->mutex);
                if (!state->done) {
                    state->resume = std::move(resume);
                    return;
                }
            }
            resume();
        });
        if (state->error) std::rethrow_exception(state->error);
        co_return std::move(*state->value);
    }

  private:
    struct State {
        std::mutex mutex;
        bool done = false;
        std::optional<T> value;
        std::exception_ptr error;
        Resume resume;
    };
    std::shared_ptr<State> state_;
};

}  // namespace rondo
