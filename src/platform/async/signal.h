// A wait that another coroutine of the same thread ends. Not thread-safe; from other threads use
// hop(). The signal outlives whoever waits for it.
#pragma once

#include <memory>

#include "base/time.h"
#include "platform/async/task.h"

namespace rondo {

class Signal {
  public:
    Signal();
    ~Signal();
    Signal(const Signal&) = delete;
    Signal& operator=(const Signal&) = delete;

    // Continues after raise(); at once when it was raised since the last wait. One waiter at most.
    Task<void> wait();
    // The same, but at most that long.
    Task<void> wait_for(Micros longest);
    void raise();

  private:
    struct Timer;
    std::unique_ptr<Timer> timer_;  // made by the first wait
    bool raised_ = false;
};

}  // namespace rondo
