// A bounded stream of bytes from one coroutine to another that may live on another thread's loop:
// one writer, one reader. Whoever is faster waits. Thread-safe; shared by both ends.
#pragma once

#include <deque>
#include <mutex>
#include <optional>
#include <string>

#include "base/result.h"
#include "platform/async/task.h"

namespace rondo {

class Pipe {
  public:
    // Takes pieces as long as less than `room` bytes wait to be read.
    explicit Pipe(size_t room) : room_(room) {}
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    // The writer's end. Waits for room; false when the reader has gone.
    Task<bool> write(std::string piece);
    // The same without waiting: false also when there is no room.
    bool offer(std::string piece);
    // Nothing more comes: the end, or a failure that the reader gets after what waits.
    void close();
    void fail(Error error);

    // The reader's end. The next piece; empty at the end.
    Task<Result<std::string>> read();
    // The reader goes.
    void abandon();

  private:
    bool take(std::string& piece, std::unique_lock<std::mutex>& lock);
    void wake(Resume& sleeper, std::unique_lock<std::mutex>& lock);

    const size_t room_;
    std::mutex mutex_;  // guards what follows
    std::deque<std::string> pieces_;
    size_t bytes_ = 0;
    bool closed_ = false, abandoned_ = false;
    std::optional<Error> failure_;
    Resume reader_, writer_;  // who sleeps
};

// A value that one coroutine makes and another one, maybe on another thread's loop, waits for.
template <class T>
class Promised {
  public:
    // Once.
    void set(T value) {
        Resume sleeper;
        {
            const std::lock_guard lock(mutex_);
            if (value_) return;
            value_.emplace(std::move(value));
            sleeper = std::move(sleeper_);
        }
        if (sleeper) sleeper();
    }
    // Once.
    Task<T> get() {
        co_await hop([this](Resume resume) {
            {
                const std::lock_guard lock(mutex_);
                if (!value_) {
                    sleeper_ = std::move(resume);
                    return;
                }
            }
            resume();
        });
        co_return std::move(*value_);
    }

  private:
    std::mutex mutex_;
    std::optional<T> value_;
    Resume sleeper_;
};

}  // namespace rondo
