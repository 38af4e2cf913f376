#include "domain/loop/follower.h"

#include "base/log.h"
#include "domain/loop/rollouts.h"
#include "domain/loop/ticks.h"

namespace rondo::loop {
namespace {

// Everything is looked at this often even if no version says so: arrival clocks come due, models
// that did not load are tried again.
constexpr Micros kLookWhole{1'000'000};
// Predictions that nobody waits for are handed over this long after the last time: a machine that
// is lost with its disk takes no more than these.
constexpr Micros kHandOverEvery{15'000'000};
// Ids of events may become visible out of order; this many behind the newest are counted.
constexpr int64_t kEventsInView = 1000;

}  // namespace

Follower::Follower(Parts parts, jobs::Servers& servers, const predictions::Shipper& shipper,
                   Engine& engine, Hooks hooks)
    : parts_(std::move(parts)),
      servers_(servers),
      shipper_(shipper),
      engine_(engine),
      hooks_(std::move(hooks)) {}

Follower::~Follower() { stop(); }

Status Follower::start() {
    TRY(look());
    thread_ = std::thread([this] { run(); });
    return ok();
}

void Follower::wake() {
    {
        const std::lock_guard lock(mutex_);
        woken_ = true;
    }
    wake_.notify_one();
}

void Follower::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (!thread_.joinable()) return;
    thread_.join();
    for (const auto& endpoint : parts_.endpoints.all()) {
        const Status done = shipper_.hand_over(endpoint->log(), endpoint->row().id, std::nullopt);
        if (!done)
            log::warning(
                "predictions stay on this server",
                {{"endpoint", endpoint->row().spec.name}, {"error", done.error().message}});
    }
}

void Follower::run() {
    std::string problem;  // said once, not with every look
    while (true) {
        {
            std::unique_lock lock(mutex_);
            wake_.wait_for(lock, kPollEvery, [&] { return stopping_ || woken_; });
            if (stopping_) return;
            woken_ = false;
        }
        auto looked = look();
        const std::string now = looked ? "" : looked.error().message;
        if (now != problem && !looked)
            log::warning("this server does not follow the others", {{"error", now}});
        problem = now;
        if (looked && *looked) {
            engine_.wake();
            hooks_.announce();
        }
        engine_.nudge();
    }
}

Result<Follower::Pulse> Follower::read_pulse() {
    TRY_ASSIGN(Pulse pulse, parts_.db.read_now([&](store::Tx& tx) -> Result<Pulse> {
        Pulse p;
        TRY_ASSIGN(p.session, jobs::session(tx));
        TRY_ASSIGN(
            const auto events,
            (tx.one<int64_t, int64_t>(
                "SELECT coalesce(max(id), 0), count(*) FROM events WHERE id > $1", events_from_)));
        std::tie(p.newest_event, p.recent_events) = *events;
        TRY_ASSIGN(const auto versions,
                   (tx.one<int64_t, int64_t>(
                       "SELECT coalesce(sum(version), 0), count(*) FROM endpoint_clocks")));
        std::tie(p.versions, p.endpoints) = *versions;
        return p;
    }));
    pulse.incarnation = servers_.self().incarnation;
    return pulse;
}

Result<bool> Follower::look() {
    TRY_ASSIGN(const Pulse pulse, read_pulse());
    const Micros now = parts_.env.steady();
    const bool changed = pulse != pulse_;
    if (!changed && now - looked_whole_ < kLookWhole) return false;
    TRY_ASSIGN(const auto clocks,
               parts_.db.read_now([](store::Tx& tx) { return serving::sql::clocks(tx); }));
    bool written = false;
    std::optional<Error> problem;  // one endpoint's does not hold up the others
    for (const auto& clock : clocks) {
        auto followed = follow(clock, pulse.session);
        if (followed)
            written = written || *followed;
        else
            problem = followed.error();
    }
    if (problem) return fail(*problem);
    if (pulse.session != pulse_.session || pulse.incarnation != pulse_.incarnation) {
        TRY(servers_.saw_session(pulse.session));
        written = true;
    }
    if (pulse.newest_event != pulse_.newest_event || pulse.recent_events != pulse_.recent_events) {
        hooks_.new_events();
        hooks_.wake_executor();
        engine_.wake();
    }
    if (changed) engine_.wake();
    pulse_ = pulse;
    looked_whole_ = now;
    // The count starts anew from a place that all open transactions have left behind.
    if (pulse.recent_events > 2 * kEventsInView) {
        events_from_ = pulse.newest_event - kEventsInView;
        TRY_ASSIGN(pulse_, read_pulse());
    }
    return written;
}

Result<bool> Follower::follow(const serving::sql::EndpointClock& clock,
                              const std::string& session) {
    auto endpoint = parts_.endpoints.find(clock.endpoint_id);
    if (!endpoint || endpoint->row().spec_version < clock.spec_version) {
        TRY_ASSIGN(const auto row, parts_.db.read_now([&](store::Tx& tx) {
            return serving::sql::get_endpoint(tx, clock.endpoint_id);
        }));
        TRY(parts_.endpoints.open(row));
        endpoint = parts_.endpoints.find(clock.endpoint_id);
        if (!endpoint) return fail(Code::unavailable, "endpoint " + row.spec.name + " is not open");
    }
    Applied& applied = applied_[clock.endpoint_id];
    if (applied.session != session || applied.version != clock.version) {
        // Before the routes: no row that is late by now gets in while they load.
        const auto target = clock.target(session);
        if (endpoint->row().spec.clock == serving::Clock::event && target)
            endpoint->put_watermark(*target);
        applied.session = session;
    }
    TRY_ASSIGN(const bool routed, follow_routes(*endpoint, applied, clock));
    TRY_ASSIGN(const bool shipped, hand_over(*endpoint, applied, clock, session));
    applied.version = clock.version;
    return routed || shipped;
}

Result<bool> Follower::follow_routes(serving::Endpoint& endpoint, Applied& applied,
                                     const serving::sql::EndpointClock& clock) {
    const auto number = [&] {
        const auto table = endpoint.routes();
        return table ? table->routes.back().route.number : int64_t{0};
    };
    if (number() < clock.route_number) {
        if (Status refreshed = parts_.endpoints.refresh(clock.endpoint_id); !refreshed) {
            // By the old route it must not answer any more, and the others must not wait for ever.
            endpoint.clear_routes();
            log::warning("endpoint without a model", {{"endpoint", endpoint.row().spec.name},
                                                      {"because", refreshed.error().message}});
        }
        TRY(arm_trips(parts_, endpoint));
    }
    if (applied.route == clock.route_number) return false;
    TRY(parts_.db.write_now(store::Durability::normal, [&](store::Tx& tx) {
        return predictions::sql::put_route_seen(tx, clock.endpoint_id, shipper_.server(),
                                                clock.route_number);
    }));
    applied.route = clock.route_number;
    return true;
}

std::optional<predictions::Handover> Follower::wanted(const serving::Endpoint& endpoint,
                                                      const Applied& applied,
                                                      const serving::sql::EndpointClock& clock,
                                                      const std::string& session) const {
    const serving::EndpointSpec& spec = endpoint.row().spec;
    if (spec.clock == serving::Clock::event) {
        const auto target = clock.target(session);
        if (!target || target == clock.settled) return std::nullopt;
        const predictions::Handover want{clock.promised_session, *target};
        const auto& have = applied.handed_over;
        if (have && have->session == want.session && have->until >= want.until) return std::nullopt;
        return want;
    }
    // All rows before now are in the log once it is flushed; later ones have later times.
    const predictions::Handover want{"", parts_.env.now()};
    if (!applied.handed_over) return want;
    const Time last = std::max(applied.handed_over->until, clock.settled.value_or(Time::min()));
    if (next_tick(spec, last) > want.until - spec.allowed_lateness) return std::nullopt;
    return want;
}

Result<bool> Follower::hand_over(serving::Endpoint& endpoint, Applied& applied,
                                 const serving::sql::EndpointClock& clock,
                                 const std::string& session) {
    predictions::EndpointLog& log = endpoint.log();
    const Micros now = parts_.env.steady();
    const auto want = wanted(endpoint, applied, clock, session);
    const predictions::Counts counts = log.counts();
    const bool more = counts.answered[0] != applied.counts.answered[0] ||
                      counts.answered[1] != applied.counts.answered[1];
    if (want || (more && now - applied.handed_over_at >= kHandOverEvery)) {
        TRY(shipper_.hand_over(log, clock.endpoint_id, want));
        if (want) applied.handed_over = want;
        applied.counts = counts;
        applied.handed_over_at = now;
    }
    if (applied.version != clock.version) {
        TRY_ASSIGN(const auto sealed, parts_.db.read_now([&](store::Tx& tx) {
            return predictions::sql::sealed_day(tx, clock.endpoint_id);
        }));
        if (sealed && applied.closed != sealed) {
            TRY(shipper_.close_days(log, clock.endpoint_id, *sealed));
            applied.closed = sealed;
        }
    }
    return want.has_value();
}

}  // namespace rondo::loop
