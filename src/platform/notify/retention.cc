#include "platform/notify/retention.h"

#include "base/text.h"
#include "platform/notify/store.h"

namespace rondo::notify {
namespace {

constexpr int64_t kPerSlice = 500;

// The place is the id of the last webhook that is done with.
Result<jobs::Next> slice_of(Env& env, const jobs::Slice& slice) {
    const int64_t done = parse_int(slice.place).value_or(0);
    return slice.write([&](store::Tx& tx) -> Result<jobs::Next> {
        TRY_ASSIGN(const auto webhook, sql::next_webhook(tx, done));
        if (!webhook) return jobs::Next::round_done(0);
        int64_t rows = 0;
        if (webhook->is_deleted) {
            TRY_ASSIGN(rows, sql::delete_rest(tx, webhook->id, kPerSlice));
            // Gone only when nothing of it is left.
            return jobs::Next::from(std::to_string(rows > 0 ? done : webhook->id), rows);
        }
        TRY_ASSIGN(rows, sql::delete_finished(tx, webhook->id, env.now() - kKeepFor, kKeepRows,
                                              kPerSlice));
        return jobs::Next::from(std::to_string(rows == kPerSlice ? done : webhook->id), rows);
    });
}

}  // namespace

jobs::SlicedJob retention_job(Env& env) {
    return {"webhook_log", std::chrono::hours{1},
            [&env](const jobs::Slice& slice) { return slice_of(env, slice); }};
}

}  // namespace rondo::notify
