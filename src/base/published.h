// A value that one thread replaces and many read: each reader keeps what it saw for as long as it
// holds it. A read locks a mutex for the copy of a pointer, some 20 ns. std::atomic<shared_ptr> of
// libstdc++ 12 costs the same and unlocks after a load with relaxed order, which is a data race.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace rondo {

template <class T>
class Published {
  public:
    std::shared_ptr<T> load() const {
        const std::lock_guard lock(mutex_);
        return value_;
    }
    void store(std::shared_ptr<T> value) {
        const std::lock_guard lock(mutex_);
        std::swap(value_, value);  // the old value ends outside of the lock, with the parameter
    }

  private:
    mutable std::mutex mutex_;
    std::shared_ptr<T> value_;
};

}  // namespace rondo
