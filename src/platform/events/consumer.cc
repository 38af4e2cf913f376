#include "platform/events/consumer.h"

#include "base/log.h"

namespace rondo::events {
namespace {

constexpr auto kLookEvery = std::chrono::seconds{1};
constexpr int kCounted = 10'000;
// Positions of what was there before the first consumer: below all others, in the order of ids.
constexpr int64_t kPast = int64_t{1} << 62;
constexpr int kPastPerStep = 2000;

Result<int64_t> newest_position(store::Tx& tx) {
    TRY_ASSIGN(const auto newest,
               tx.one<int64_t>("SELECT coalesce(max(position), 0) FROM events WHERE position > 0"));
    return newest.value_or(0);
}

}  // namespace

Result<bool> Sequencer::step() {
    const auto fence = leases_.held(kSequencerLease);
    if (!fence) return false;
    // A look first: most of the time there is nothing, or nobody to do it for.
    TRY_ASSIGN(const bool due, db_.read_now([](store::Tx& tx) -> Result<bool> {
        TRY_ASSIGN(const auto wanted, tx.one<int64_t>("SELECT 1 FROM event_consumers LIMIT 1"));
        if (!wanted) return false;
        TRY_ASSIGN(const auto unplaced,
                   tx.one<int64_t>("SELECT 1 FROM events WHERE position IS NULL LIMIT 1"));
        return unplaced.has_value();
    }));
    if (!due) return false;
    return db_.write_now(store::Durability::full, [&](store::Tx& tx) -> Result<bool> {
        TRY(fence->check(tx));
        TRY_ASSIGN(
            const auto ids,
            tx.all<int64_t>("SELECT id FROM events WHERE position IS NULL ORDER BY id LIMIT $1",
                            kEventsPerStep));
        TRY_ASSIGN(int64_t position, newest_position(tx));
        for (const int64_t id : ids)
            TRY(tx.exec("UPDATE events SET position = $1 WHERE id = $2", ++position, id));
        return std::ssize(ids) == kEventsPerStep;
    });
}

Consumer::Consumer(store::Database& db, jobs::Leases& leases, std::string name, From from,
                   Effect effect)
    : db_(db),
      leases_(leases),
      name_(std::move(name)),
      lease_("events/" + name_),
      from_(from),
      effect_(std::move(effect)) {
    leases_.want(lease_);
}

// The cursor; a consumer's first look makes it. Nothing when that needs another step.
Result<std::optional<int64_t>> Consumer::begin(store::Tx& tx) const {
    TRY_ASSIGN(const auto known,
               tx.one<int64_t>("SELECT position FROM event_consumers WHERE name = $1", name_));
    if (known) return *known;
    int64_t position = INT64_MIN;
    if (from_ == From::now) {
        TRY_ASSIGN(const auto others, tx.one<int64_t>("SELECT 1 FROM event_consumers LIMIT 1"));
        if (!others) {  // the first of all: nobody has given the past its places
            TRY_ASSIGN(const int64_t placed,
                       tx.exec("UPDATE events SET position = id - $1 WHERE id IN (SELECT id FROM "
                               "events WHERE position IS NULL ORDER BY id LIMIT $2)",
                               kPast, kPastPerStep));
            if (placed == kPastPerStep) return std::nullopt;
        }
        TRY_ASSIGN(position, newest_position(tx));
    }
    TRY(tx.exec("INSERT INTO event_consumers (name, position) VALUES ($1, $2)", name_, position));
    return position;
}

Result<bool> Consumer::step() {
    const auto fence = leases_.held(lease_);
    if (!fence) return false;
    TRY_ASSIGN(const bool due, db_.read_now([&](store::Tx& tx) -> Result<bool> {
        TRY_ASSIGN(const auto known,
                   tx.one<int64_t>("SELECT position FROM event_consumers WHERE name = $1", name_));
        if (!known) return true;
        TRY_ASSIGN(const auto next,
                   tx.one<int64_t>("SELECT 1 FROM events WHERE position > $1 LIMIT 1", *known));
        return next.has_value();
    }));
    if (!due) return false;
    return db_.write_now(store::Durability::full, [&](store::Tx& tx) -> Result<bool> {
        TRY(fence->check(tx));
        TRY_ASSIGN(const auto known,
                   tx.one<int64_t>("SELECT 1 FROM event_consumers WHERE name = $1", name_));
        const bool is_new = !known;
        TRY_ASSIGN(const auto from, begin(tx));
        if (!from) return true;
        std::vector<Event> found;
        int64_t last = *from;
        TRY(tx.each(
            "SELECT id, recorded_at, happened_at, kind, subject, data, cause, workspace_id, "
            "position "
            "FROM events WHERE position > $1 ORDER BY position LIMIT $2",
            [&](const store::Row& row) {
                found.push_back({row.integer(0), from_micros(row.integer(1)),
                                 from_micros(row.integer(2)), row.get<std::string>(3),
                                 row.get<std::string>(4), row.get<std::string>(5),
                                 row.get<std::optional<int64_t>>(6), row.integer(7)});
                last = row.integer(8);
                return true;
            },
            *from, kEventsPerStep));
        if (found.empty()) return is_new;  // there is somebody to give positions for now
        TRY(effect_(tx, found));
        TRY(tx.exec("UPDATE event_consumers SET position = $1 WHERE name = $2", last, name_));
        return std::ssize(found) == kEventsPerStep;
    });
}

Result<std::vector<ConsumerProgress>> consumer_progress(store::Tx& tx) {
    TRY_ASSIGN(
        const auto rows,
        (tx.all<std::string, int64_t>("SELECT name, position FROM event_consumers ORDER BY name")));
    std::vector<ConsumerProgress> out;
    for (const auto& [name, position] : rows) {
        TRY_ASSIGN(const auto waiting,
                   tx.one<int64_t>("SELECT count(*) FROM (SELECT 1 FROM events WHERE position > $1 "
                                   "LIMIT $2) AS waiting",
                                   position, kCounted));
        out.push_back({name, position, waiting.value_or(0)});
    }
    return out;
}

ConsumerThread::~ConsumerThread() { stop(); }

void ConsumerThread::start() {
    thread_ = std::thread([this] { run(); });
}

void ConsumerThread::wake() {
    {
        const std::lock_guard lock(mutex_);
        woken_ = true;
    }
    wake_.notify_one();
}

void ConsumerThread::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void ConsumerThread::run() {
    bool more = false;
    while (true) {
        {
            std::unique_lock lock(mutex_);
            if (!more) wake_.wait_for(lock, kLookEvery, [&] { return stopping_ || woken_; });
            if (stopping_) return;
            woken_ = false;
        }
        const auto step = [&](const std::string& what, Result<bool> stepped) {
            if (stepped) return *stepped;
            log::warning("events wait", {{"for", what}, {"error", stepped.error().message}});
            return false;
        };
        more = step("their order", sequencer_.step());
        for (Consumer* consumer : consumers_)
            more = step(consumer->name(), consumer->step()) || more;
    }
}

}  // namespace rondo::events
