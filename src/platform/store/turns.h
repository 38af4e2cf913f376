// Transactions that go side by side, and one that met others too often and goes alone.
#pragma once

#include <condition_variable>
#include <mutex>

namespace rondo::store {

// Many hold a turn beside others, or one holds it alone. Who waits to be alone lets nobody in
// before it, so that it waits for those under way and no longer.
class Turns {
  public:
    class Turn {
      public:
        Turn(Turns& turns, bool alone) : turns_(turns), alone_(alone) { turns_.enter(alone_); }
        ~Turn() { turns_.leave(alone_); }
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;

      private:
        Turns& turns_;
        const bool alone_;
    };

  private:
    void enter(bool alone) {
        std::unique_lock lock(mutex_);
        if (alone) {
            ++waiting_;
            changed_.wait(lock, [&] { return beside_ == 0 && !taken_; });
            --waiting_;
            taken_ = true;
        } else {
            changed_.wait(lock, [&] { return waiting_ == 0 && !taken_; });
            ++beside_;
        }
    }
    void leave(bool alone) {
        {
            const std::lock_guard lock(mutex_);
            if (alone)
                taken_ = false;
            else
                --beside_;
        }
        changed_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    int beside_ = 0, waiting_ = 0;
    bool taken_ = false;
};

}  // namespace rondo::store
