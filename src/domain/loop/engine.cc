#include "domain/loop/engine.h"

#include "base/log.h"
#include "base/text.h"
#include "domain/loop/cases.h"
#include "domain/loop/models.h"
#include "domain/loop/rollouts.h"
#include "domain/loop/store.h"
#include "domain/loop/tick.h"
#include "domain/loop/ticks.h"
#include "domain/monitor/store.h"
#include "domain/rollout/store.h"
#include "domain/serving/store.h"
#include "platform/json/value.h"

namespace rondo::loop {
namespace {

// Endpoints on the arrival clock come due by themselves, aliases are moved by others, and a full
// disk empties: look again at least this often.
constexpr auto kLookEvery = std::chrono::seconds{1};
// A clock that is set back by less goes unnoticed.
constexpr Micros kClockBehind = std::chrono::minutes{1};
// While another server is waited for.
constexpr auto kLookOften = std::chrono::milliseconds{100};

}  // namespace

Error session_ended(const std::string& endpoint) {
    return {Code::conflict,
            "the server has started anew: predictions that it answered just before may not be "
            "logged; ask GET /api/rondo/v1/endpoints/" +
                endpoint + "/settled and send again what follows that time",
            "session"};
}

Engine::Engine(Parts parts) : parts_(std::move(parts)) {}
Engine::~Engine() { stop(); }

void Engine::start() {
    thread_ = std::thread([this] { run(); });
}

void Engine::release_waiting() { moved_.close(); }

void Engine::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void Engine::wake() {
    {
        const std::lock_guard lock(mutex_);
        woken_ = true;
    }
    wake_.notify_one();
}

void Engine::trip(int64_t endpoint_id) {
    {
        const std::lock_guard lock(mutex_);
        tripped_.insert(endpoint_id);
        woken_ = true;
    }
    wake_.notify_one();
}

void Engine::run() {
    while (true) {
        {
            std::unique_lock lock(mutex_);
            const Micros longest = looks_often_ ? Micros{kLookOften} : Micros{kLookEvery};
            wake_.wait_for(lock, longest, [&] { return stopping_ || woken_; });
            if (stopping_) return;
            woken_ = false;
            looks_often_ = false;
        }
        parts_.fence = parts_.leases.held(kLoopLease);
        for (const auto& endpoint : parts_.endpoints.all()) {
            if (!parts_.fence) {  // another server decides
                const Status tripped = handle_trip(*endpoint);
                const std::lock_guard lock(mutex_);
                waiting_for_.erase(endpoint->row().id);
                if (!tripped) waiting_for_[endpoint->row().id] = tripped.error().message;
                continue;
            }
            auto worked = work(*endpoint);
            if (!worked) {
                const std::lock_guard lock(mutex_);
                std::string& reason = waiting_for_[endpoint->row().id];
                if (reason != worked.error().message)  // said once, not with every look
                    log::warning("the loop waits", {{"endpoint", endpoint->row().spec.name},
                                                    {"error", worked.error().message}});
                reason = worked.error().message;
            }
        }
        moved_.notify();
    }
}

Result<Engine::Work> Engine::work(serving::Endpoint& endpoint) {
    const int64_t id = endpoint.row().id;
    while (true) {
        TRY_ASSIGN(const Work done, one_step(endpoint));
        if (done != Work::again) {
            const std::lock_guard lock(mutex_);
            if (done == Work::idle) waiting_for_.erase(id);
            return done;
        }
        moved_.notify();
        parts_.tell();
        const std::lock_guard lock(mutex_);
        if (stopping_) return Work::idle;
    }
}

Result<Engine::Work> Engine::one_step(serving::Endpoint& endpoint) {
    const int64_t id = endpoint.row().id;
    TRY(handle_trip(endpoint));
    // Before anything that holds the ticks back is looked for: a case that was opened before its
    // caller promised a watermark is seen by who has seen the promise.
    TRY_ASSIGN(Target target, target_of(endpoint));
    TRY_ASSIGN(const Progress progress, drive_case(parts_, endpoint));
    if (progress == Progress::moved) {
        TRY(arm_trips(parts_, endpoint));
        return Work::again;
    }
    if (progress == Progress::waiting) {
        const std::lock_guard lock(mutex_);
        waiting_for_[id] = "the training pipeline runs";
        return Work::waiting;
    }
    TRY_ASSIGN(const bool followed, follow_alias(endpoint));
    if (followed) return Work::again;
    // A champion that did not load as the server started.
    if (!endpoint.routes()) TRY(parts_.endpoints.refresh(id));

    if (!target.at) return Work::idle;
    TRY_ASSIGN(const auto from, start_of(endpoint, target));
    if (from && endpoint.row().spec.clock == serving::Clock::arrival &&
        *from > *target.at + kClockBehind) {
        const std::lock_guard lock(mutex_);
        waiting_for_[id] = "the wall clock is behind: everything up to " + format_time(*from) +
                           " is decided already; set it right, or wait until then";
        return Work::waiting;
    }
    if (!from || *from >= *target.at) return Work::idle;
    const Time tick = next_tick(endpoint.row().spec, *from);
    target.handover.until = std::min(tick, *target.at);
    TRY_ASSIGN(const bool handed_over, is_handed_over(endpoint, target.handover));
    if (!handed_over) return Work::waiting;
    if (tick <= *target.at) {
        // Before its days are sealed: what comes while the wall clock is set back has to lie
        // behind.
        endpoint.set_watermark(tick);
        TRY_ASSIGN(const TickResult result, process_tick(parts_, endpoint, tick, target.handover));
        if (result.routes_changed) TRY(parts_.endpoints.refresh(id));
        TRY(arm_trips(parts_, endpoint));
        return Work::again;
    }
    // Between ticks only the event clock's promise is worth a row.
    if (endpoint.row().spec.clock == serving::Clock::event) {
        TRY(endpoint.log().flush());
        TRY(decide(parts_, [&](store::Tx& tx) -> Status {
            if (parts_.among_several()) {
                TRY_ASSIGN(const auto behind, predictions::sql::behind(tx, id, target.handover));
                TRY_ASSIGN(const std::string session, jobs::session(tx));
                TRY_ASSIGN(const auto clock, serving::sql::clock(tx, id));
                if (!behind.empty() || clock.target(session) < target.at) return ok();
            }
            return serving::sql::set_settled(tx, id, *target.at);
        }));
        parts_.tell();
    }
    return Work::idle;
}

Result<Engine::Target> Engine::target_of(const serving::Endpoint& endpoint) {
    const serving::EndpointSpec& spec = endpoint.row().spec;
    if (spec.clock == serving::Clock::arrival)
        return Target{parts_.env.now() - spec.allowed_lateness, {}};
    return parts_.db.read_now([&](store::Tx& tx) -> Result<Target> {
        TRY_ASSIGN(const std::string session, jobs::session(tx));
        TRY_ASSIGN(const auto clock, serving::sql::clock(tx, endpoint.row().id));
        Target target{clock.target(session), {clock.promised_session, {}}};
        const std::lock_guard lock(mutex_);
        if (const auto found = promised_.find(endpoint.row().id); found != promised_.end())
            target.at = std::max(target.at.value_or(found->second), found->second);
        return target;
    });
}

Result<bool> Engine::is_handed_over(const serving::Endpoint& endpoint,
                                    const predictions::Handover& wanted) {
    if (!parts_.among_several()) return true;
    TRY_ASSIGN(const auto behind, parts_.db.read_now([&](store::Tx& tx) {
        return predictions::sql::behind(tx, endpoint.row().id, wanted);
    }));
    if (behind.empty()) return true;
    std::string names;
    for (const std::string& address : behind) names += (names.empty() ? "" : ", ") + address;
    looks_often_ = true;
    const std::lock_guard lock(mutex_);
    waiting_for_[endpoint.row().id] = "predictions of " + names;
    return false;
}

// Where the ticks go on: the last settled moment, or before the first row.
Result<std::optional<Time>> Engine::start_of(serving::Endpoint& endpoint, const Target& target) {
    const int64_t id = endpoint.row().id;
    TRY_ASSIGN(const auto settled,
               parts_.db.read_now([&](store::Tx& tx) { return serving::sql::settled(tx, id); }));
    if (settled) return settled;
    std::optional<Day> first;
    if (parts_.among_several()) {
        // On the arrival clock any hand-over will do: it holds everything that came before it.
        predictions::Handover wanted = target.handover;
        const bool arrival = endpoint.row().spec.clock == serving::Clock::arrival;
        wanted.until = arrival ? from_micros(INT64_MIN + 1) : *target.at;
        TRY_ASSIGN(const bool handed_over, is_handed_over(endpoint, wanted));
        if (!handed_over) return std::nullopt;
        TRY_ASSIGN(first, parts_.db.read_now([&](store::Tx& tx) {
            return predictions::sql::first_open_day(tx, id);
        }));
    } else {
        TRY(endpoint.log().flush());
        if (const auto days = endpoint.log().open_days(); !days.empty()) first = days.front();
    }
    if (first) return Time{*first};
    // No row yet: an arrival clock has nothing to decide before now, an event clock starts here.
    return *target.at - Micros{1};
}

Status Engine::handle_trip(serving::Endpoint& endpoint) {
    const int64_t id = endpoint.row().id;
    {
        const std::lock_guard lock(mutex_);
        if (tripped_.erase(id) == 0) return ok();
    }
    const auto counts = endpoint.trip_counts();
    if (!counts) return ok();
    const std::string reason = "hard limit: of " + std::to_string(counts->asked.load()) +
                               " requests the candidate failed " +
                               std::to_string(counts->failed.load()) + " and was too slow in " +
                               std::to_string(counts->slow.load());
    const Status ended = parts_.db.write_now(store::Durability::full, [&](store::Tx& tx) -> Status {
        TRY_ASSIGN(const auto settled, serving::sql::settled(tx, id));
        TRY(end_rollout(parts_, tx, endpoint.row(), rollout::Ending::rolled_back,
                        effective_now(parts_, endpoint.row(), settled), reason));
        return ok();
    });
    if (!ended && ended.error().code != Code::not_found) return ended;
    endpoint.count_trips(nullptr);
    parts_.tell();
    return parts_.endpoints.refresh(id);
}

// An endpoint serves what its alias names. The loop moves the alias itself; when somebody else
// moves it (or sets it for the first time) and nothing is under way, the endpoint goes along.
Result<bool> Engine::follow_alias(serving::Endpoint& endpoint) {
    const serving::EndpointRow& row = endpoint.row();
    TRY_ASSIGN(const auto model, serving::parse_model(row.spec.model));
    struct State {
        std::optional<registry::ModelVersion> named;
        std::optional<serving::Route> route;
        std::optional<rollout::Rollout> rollout;
        std::optional<Case> open_case;
        std::optional<Policy> policy;
        std::optional<Time> settled;
    };
    TRY_ASSIGN(const State state, parts_.db.read_now([&](store::Tx& tx) -> Result<State> {
        State s;
        auto named = parts_.registry.version_by_alias(tx, model.name, model.alias);
        if (!named && named.error().code != Code::not_found) return fail(named.error());
        if (named) s.named = std::move(*named);
        TRY_ASSIGN(s.route, serving::sql::latest_route(tx, row.id));
        TRY_ASSIGN(s.rollout, rollout::sql::find_open(tx, row.id));
        TRY_ASSIGN(s.open_case, sql::find_open_case(tx, row.id));
        TRY_ASSIGN(s.policy, sql::find_policy(tx, row.id));
        TRY_ASSIGN(s.settled, serving::sql::settled(tx, row.id));
        return s;
    }));
    if (!state.named || state.rollout || state.open_case) return false;
    const auto version = static_cast<int32_t>(state.named->version);
    if (state.route && state.route->champion == version) return false;
    TRY(parts_.endpoints.engine(row.workspace_id, model.name, version));
    std::optional<monitor::Reference> reference;
    if (state.policy) {
        auto made = make_reference(parts_, row, state.policy->spec, version, std::nullopt);
        if (made)
            reference = std::move(*made);
        else
            log::warning("champion without a reference",
                         {{"endpoint", row.spec.name}, {"because", made.error().message}});
    }
    TRY(decide(parts_, [&](store::Tx& tx) -> Status {
        serving::Route route;
        route.effective = effective_now(parts_, row, state.settled);
        route.champion = version;
        TRY(serving::sql::add_route(tx, row.id, route));
        if (reference)
            TRY(monitor::sql::put_reference(tx, row.id, version, *reference, parts_.env.now()));
        TRY(announce(parts_, tx, row, "champion.set", route.effective, std::nullopt,
                     json::Value(json::Value::Object{{"version", int64_t{version}},
                                                     {"alias", model.alias},
                                                     {"reason", "the alias was moved"}})
                         .dump()));
        return ok();
    }));
    TRY(parts_.endpoints.refresh(row.id));
    return true;
}

Status Engine::promise(serving::Endpoint& endpoint, Time watermark,
                       std::optional<std::string> session) {
    const serving::EndpointRow& row = endpoint.row();
    if (row.spec.clock != serving::Clock::event)
        return fail(Code::conflict, "endpoint " + quoted(row.spec.name) +
                                        " runs on arrival times; it needs no watermark");
    const auto apply = [&](store::Tx& tx) -> Result<bool> {
        TRY_ASSIGN(const std::string current, jobs::session(tx));
        if (session && *session != current) return fail(session_ended(row.spec.name));
        TRY_ASSIGN(const auto clock, serving::sql::clock(tx, row.id));
        auto last = clock.target(current);
        if (!parts_.among_several()) {
            const std::lock_guard lock(mutex_);
            const auto found = promised_.find(row.id);
            if (found != promised_.end())
                last = std::max(last.value_or(found->second), found->second);
        }
        if (last && watermark > *last + kMaxWatermarkJump)
            return fail(Code::invalid,
                        "the watermark may move by at most 400 days at once; it is "
                        "at " +
                            format_time(*last),
                        "event_time");
        if (last && watermark <= *last) return false;
        if (parts_.among_several())
            TRY(serving::sql::set_promised(tx, row.id, watermark, session.value_or("")));
        return true;
    };
    // Alone it is kept in memory: it ends with the session, which ends with the process, and a full
    // disk does not stand in its way.
    TRY_ASSIGN(const bool is_new, parts_.among_several()
                                      ? parts_.db.write_now(store::Durability::normal, apply)
                                      : parts_.db.read_now(apply));
    if (is_new && !parts_.among_several()) {
        const std::lock_guard lock(mutex_);
        Time& promised = promised_.try_emplace(row.id, watermark).first->second;
        promised = std::max(promised, watermark);
    }
    if (!is_new) return ok();
    endpoint.set_watermark(watermark);
    wake();
    parts_.tell();
    return ok();
}

Task<Result<Settled>> Engine::settled(int64_t endpoint_id, std::optional<Time> until,
                                      Micros patience, std::optional<std::string> session) {
    const Micros deadline = parts_.env.steady() + patience;
    const bool several = parts_.among_several();
    while (true) {
        const uint64_t seen = moved_.count();
        struct Look {
            std::optional<Time> at;
            std::string session;
            std::vector<std::string> behind;  // addresses
        };
        auto look = co_await parts_.db.read([endpoint_id, several](store::Tx& tx) -> Result<Look> {
            Look l;
            TRY_ASSIGN(l.at, serving::sql::settled(tx, endpoint_id));
            TRY_ASSIGN(l.session, jobs::session(tx));
            if (several) {
                TRY_ASSIGN(l.behind, predictions::sql::not_following(tx, endpoint_id, l.session));
            }
            return l;
        });
        if (!look) co_return fail(look.error());
        Settled out;
        out.at = look->at;
        out.session = look->session;
        out.broken = session && *session != look->session;
        out.reached = (!until || (out.at && *out.at >= *until)) && look->behind.empty();
        if (!until || !out.reached) {  // else it is an old reason, about to be erased
            const std::lock_guard lock(mutex_);
            if (const auto found = waiting_for_.find(endpoint_id); found != waiting_for_.end())
                out.waiting_for = found->second;
        }
        // Said to whoever waits; others would see it flicker.
        if (!out.reached && patience > Micros{0} && out.waiting_for.empty()) {
            if (!look->behind.empty())
                out.waiting_for = "server " + look->behind.front() + " to follow";
            else if (!parts_.leases.held(kLoopLease))
                out.waiting_for = "the server that decides";
        }
        if (out.reached || out.broken || parts_.env.steady() >= deadline || moved_.is_closed())
            co_return out;
        co_await moved_.wait(seen);
    }
}

}  // namespace rondo::loop
