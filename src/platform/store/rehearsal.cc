#include "platform/store/rehearsal.h"

namespace rondo::store {

void Rehearsal::submit(Access access, Job job) {
    if (access == Access::write && on_.load()) {
        job.run = [this, run = std::move(job.run)](Tx& tx) mutable -> Status {
            TRY(run(tx));
            taken_back_.fetch_add(1);
            return fail(Code::cancelled, "rehearsed only: nothing was changed");
        };
    }
    submit_to(database_, access, std::move(job));
}

}  // namespace rondo::store
