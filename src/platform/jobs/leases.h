// Jobs with one owner at a time. A lease belongs to an incarnation of a server and lives as long as
// its heart beats (servers.h): nothing is renewed by the lease itself, so a hundred leases cost as
// much as one. Its fence is a number that grows with each new owner.
//
// Whoever works under a lease takes its Fence once, before it reads what it decides from, and calls
// fence.check(tx) first in every transaction that writes: the check locks the lease's row, so an
// owner that was frozen and wakes up late, or whose commit is overtaken, writes nothing
// (Code::conflict). A check costs one update of a row that stays in its place.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "platform/jobs/servers.h"

namespace rondo::jobs {

// The right to do a job, as it was when it was taken.
struct Fence {
    std::string name, owner;
    int64_t number = 0;
    // Code::conflict when somebody else owns the job by now.
    Status check(store::Tx& tx) const;
};

struct LeaseRow {
    std::string name, owner;  // owner: "server/incarnation", or '' for nobody
    int64_t fence = 0;
    bool owner_runs = false;
};
Result<std::vector<LeaseRow>> all_leases(store::Tx& tx);

// Thread-safe. The database has the truth; what is held is kept in mind so that asking costs
// nothing.
class Leases {
  public:
    Leases(store::Database& db, const Servers& servers) : db_(db), servers_(servers) {}

    // From the next tick on this server wants to own the job.
    void want(const std::string& name);
    // Takes what is wanted and free: released, or of a server that is dead, stopped or has started
    // again. Call it after each tick of Servers; on the same thread.
    Status tick();
    // Gives a lease back, for tests and for a job that stands aside.
    Status release(const std::string& name);

    // The fence of a job that this server owns and may go on with; nothing while another has it, or
    // while this server may have been taken for dead.
    std::optional<Fence> held(const std::string& name) const;
    void write_metrics(std::string& out) const;

  private:
    Result<std::optional<Fence>> take(store::Tx& tx, const std::string& name, const Self& me) const;

    store::Database& db_;
    const Servers& servers_;
    mutable std::mutex mutex_;
    std::map<std::string, std::optional<Fence>> wanted_;
};

}  // namespace rondo::jobs
