#include "platform/async/pipe.h"

#include <utility>

namespace rondo {

// Resumed without the lock: it may run at once.
void Pipe::wake(Resume& sleeper, std::unique_lock<std::mutex>& lock) {
    Resume resume = std::exchange(sleeper, {});
    lock.unlock();
    if (resume) resume();
}

bool Pipe::take(std::string& piece, std::unique_lock<std::mutex>& lock) {
    bytes_ += piece.size();
    pieces_.push_back(std::move(piece));
    wake(reader_, lock);
    return true;
}

Task<bool> Pipe::write(std::string piece) {
    if (piece.empty()) co_return true;  // an empty one would be the end
    while (true) {
        {
            std::unique_lock lock(mutex_);
            if (abandoned_ || closed_) co_return false;
            if (bytes_ < room_) co_return take(piece, lock);
        }
        co_await hop([this](Resume resume) {
            {
                const std::lock_guard lock(mutex_);
                if (!abandoned_ && !closed_ && bytes_ >= room_) {
                    writer_ = std::move(resume);
                    return;
                }
            }
            resume();
        });
    }
}

bool Pipe::offer(std::string piece) {
    std::unique_lock lock(mutex_);
    if (abandoned_ || closed_ || bytes_ >= room_) return false;
    return piece.empty() || take(piece, lock);
}

void Pipe::close() {
    std::unique_lock lock(mutex_);
    closed_ = true;
    Resume writer = std::exchange(writer_, {});
    wake(reader_, lock);
    if (writer) writer();
}

void Pipe::fail(Error error) {
    {
        const std::lock_guard lock(mutex_);
        if (!closed_) failure_ = std::move(error);
    }
    close();
}

Task<Result<std::string>> Pipe::read() {
    while (true) {
        {
            std::unique_lock lock(mutex_);
            if (!pieces_.empty()) {
                std::string piece = std::move(pieces_.front());
                pieces_.pop_front();
                bytes_ -= piece.size();
                wake(writer_, lock);
                co_return piece;
            }
            if (closed_ && failure_) co_return std::unexpected(*failure_);
            if (closed_) co_return std::string{};
        }
        co_await hop([this](Resume resume) {
            {
                const std::lock_guard lock(mutex_);
                if (pieces_.empty() && !closed_) {
                    reader_ = std::move(resume);
                    return;
                }
            }
            resume();
        });
    }
}

void Pipe::abandon() {
    std::unique_lock lock(mutex_);
    abandoned_ = true;
    pieces_.clear();
    bytes_ = 0;
    wake(writer_, lock);
}

}  // namespace rondo
