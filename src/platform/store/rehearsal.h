// A database before another one, whose writes can be rehearsed: they run, and are taken back
// instead of committed. For requests that were refused elsewhere and must not have an effect here
// either. Thread-safe; the other database outlives it.
#pragma once

#include <atomic>

#include "platform/store/database.h"

namespace rondo::store {

class Rehearsal final : public Database {
  public:
    explicit Rehearsal(Database& database) : database_(database) {}

    // From now on writes are taken back (true) or kept (false).
    void rehearse(bool on) { on_.store(on); }
    // How many writes have succeeded and were taken back.
    uint64_t taken_back() const { return taken_back_.load(); }

    void stop() override { database_.stop(); }
    Health health() const override { return database_.health(); }

  protected:
    void submit(Access access, Job job) override;

  private:
    Database& database_;
    std::atomic<bool> on_{false};
    std::atomic<uint64_t> taken_back_{0};
};

}  // namespace rondo::store
