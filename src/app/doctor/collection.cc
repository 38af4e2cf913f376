#include "app/doctor/checks.h"
#include "base/text.h"
#include "domain/collection/store.h"

namespace rondo::app {

// How many periods may pass without a round that ended.
constexpr int kPatience = 3;

Status check_collection(Env& env, store::Snapshot& db, Findings& out) {
    const std::string what = "collection of garbage";
    TRY_ASSIGN(const auto kept, collection::sql::get(db.tx()));
    const collection::State& state = kept.state;
    collection::Amount garbage = state.last.hidden;
    for (const auto& [kind, sum] : state.last.garbage) {
        garbage.objects += sum.objects;
        garbage.bytes += sum.bytes;
    }
    const std::string size = counted(garbage.objects, "object") + " of garbage with " +
                             grouped(garbage.bytes) + " bytes were stored then";
    if (!state.problem.empty()) {
        out.problem("collection", what, "the last step failed: " + state.problem,
                    "it is tried again by itself, and nothing is removed until it succeeds; bytes "
                    "that are missing or damaged come from a backup (`rondo restore`)");
        return ok();
    }
    if (state.current.number == 0) {
        out.note("collection", what, "no round has begun yet");
        return ok();
    }
    const Micros period = state.current.period.value_or(collection::Settings{}.period);
    const Time since = state.totals.last_ended.value_or(state.current.began);
    if (env.now() - since > kPatience * period) {
        out.problem("collection", what,
                    "no round has ended since " + format_time(since) + ", and one is due every " +
                        format_duration(period),
                    "start a server; the log of a running one says at \"job failed\" why");
        return ok();
    }
    if (!state.totals.last_ended)
        out.good("collection", what, "the first round is under way");
    else
        out.good("collection", what, "the last round ended at " + format_time(since) + "; " + size);
    return ok();
}

}  // namespace rondo::app
