// Starting shims and knowing when they end.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include <sys/types.h>

#include "base/result.h"
#include "platform/process/spec.h"

namespace rondo::process {

// Which process: the pid, and when it started, because pids are used again.
struct Identity {
    int64_t pid = 0;
    int64_t start_ticks = 0;  // field 22 of /proc/PID/stat
};

// The identity of a live process; nothing for a dead one.
std::optional<Identity> identify(int64_t pid);

// Starts the shim with this spec. PDEATHSIG follows the calling thread, so workers are started
// from a thread that lives as long as the server.
Result<Identity> start(const Spec& spec);

// True while that very process exists (as a zombie of ours it does not).
bool is_alive(const Identity& identity);
// Sends a signal to that very process, or does nothing when it is gone.
void send_signal(const Identity& identity, int signal);

// Ends a child of this process with SIGKILL and waits until nothing is left of it.
void end_child(const Identity& identity);

// Calls back when processes end, children or not. One thread.
class Watcher {
  public:
    Watcher();
    ~Watcher();
    Watcher(const Watcher&) = delete;
    Watcher& operator=(const Watcher&) = delete;

    // `ended` is called once, on the watcher's thread, also when the process is gone already.
    void watch(const Identity& identity, std::function<void()> ended);
    // No callback after this has returned. Call it before what the callbacks speak to is gone.
    void stop();

  private:
    void run();
    std::mutex mutex_;
    std::map<int, std::pair<int64_t, std::function<void()>>> watched_;  // pidfd -> pid, callback
    int wake_;                                                          // eventfd
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace rondo::process
