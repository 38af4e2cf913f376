#include "domain/collection/retention.h"

#include "base/text.h"
#include "platform/auth/store.h"

namespace rondo::collection {
namespace {

// Ids of events that one transaction looks at, and tokens that it deletes.
constexpr int64_t kWindow = 500;
constexpr int64_t kTokenSlice = 500;
constexpr std::string_view kTokensPlace = "tokens";

struct Step {
    int64_t last = 0;  // looked at; 0: there is nothing older than the limit any more
    int64_t deleted = 0;
};

Result<Step> delete_events(store::Tx& tx, int64_t after, int64_t before_us) {
    TRY_ASSIGN(const auto next,
               (tx.one<int64_t, int64_t>("SELECT id, recorded_at FROM events WHERE id > $1 "
                                         "ORDER BY id LIMIT 1",
                                         after)));
    if (!next || std::get<1>(*next) >= before_us) return Step{};
    const int64_t last = std::get<0>(*next) + kWindow;
    TRY_ASSIGN(const int64_t deleted,
               tx.exec("DELETE FROM events WHERE id > $1 AND id <= $2 AND recorded_at < $3 "
                       "AND subject NOT LIKE 'endpoint/%' "
                       "AND NOT EXISTS (SELECT 1 FROM event_consumers c "
                       "WHERE events.position IS NULL OR c.position < events.position) "
                       "AND NOT EXISTS (SELECT 1 FROM events f WHERE f.cause = events.id) "
                       "AND NOT EXISTS (SELECT 1 FROM decisions d WHERE d.event_id = events.id) "
                       // What was not delivered is sent, or sent again, from the event.
                       "AND id NOT IN (SELECT event_id FROM webhook_deliveries "
                       "WHERE state <> 'delivered') "
                       "AND id NOT IN (SELECT cause FROM pipeline_runs WHERE cause IS NOT NULL) "
                       "AND id NOT IN (SELECT cause FROM rollouts WHERE cause IS NOT NULL) "
                       "AND id NOT IN (SELECT cause FROM loop_cases WHERE cause IS NOT NULL)",
                       after, last, before_us));
    return Step{last, deleted};
}

Result<jobs::Next> work(Env& env, const Settings& settings, const jobs::Slice& slice) {
    if (slice.place != kTokensPlace && settings.events > Micros{0}) {
        const int64_t after = parse_int(slice.place).value_or(0);
        const int64_t before = to_micros(env.now() - settings.events);
        TRY_ASSIGN(const Step step,
                   slice.write([&](store::Tx& tx) { return delete_events(tx, after, before); }));
        return jobs::Next::from(
            step.last > 0 ? std::to_string(step.last) : std::string(kTokensPlace), step.deleted);
    }
    TRY_ASSIGN(const int64_t deleted, slice.write([&](store::Tx& tx) {
        return auth::sql::delete_expired_tokens(tx, env.now(), kTokenSlice);
    }));
    if (deleted < kTokenSlice) return jobs::Next::round_done(deleted);
    return jobs::Next::from(std::string(kTokensPlace), deleted);
}

}  // namespace

jobs::SlicedJob retention(Env& env, const Settings& settings) {
    return {std::string(kRetentionJob), std::chrono::hours{24},
            [&env, settings](const jobs::Slice& slice) { return work(env, settings, slice); }};
}

}  // namespace rondo::collection
