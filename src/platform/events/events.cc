#include "platform/events/events.h"

namespace rondo::events {

uint64_t Hub::count() const {
    const std::lock_guard lock(mutex_);
    return count_;
}

Task<void> Hub::wait(uint64_t seen) {
    co_await hop([this, seen](Resume resume) {
        std::unique_lock lock(mutex_);
        if (count_ == seen && !closed_) {
            waiting_.push_back(std::move(resume));
            return;
        }
        lock.unlock();
        resume();
    });
}

void Hub::notify() {
    wake();
    if (echo_) echo_();
}

void Hub::wake() {
    std::vector<Resume> woken;
    {
        const std::lock_guard lock(mutex_);
        ++count_;
        woken.swap(waiting_);
        if (listener_) listener_();
    }
    for (Resume& resume : woken) resume();
}

void Hub::set_listener(std::function<void()> listener) {
    const std::lock_guard lock(mutex_);
    listener_ = std::move(listener);
}

void Hub::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    wake();
}

bool Hub::is_closed() const {
    const std::lock_guard lock(mutex_);
    return closed_;
}

Result<int64_t> Events::publish(store::Tx& tx, const NewEvent& event) const {
    const Time now = env_.now();
    TRY_ASSIGN(const auto id,
               tx.one<int64_t>(
                   "INSERT INTO events (workspace_id, recorded_at, happened_at, kind, subject, "
                   "cause, data) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
                   event.workspace_id, to_micros(now), to_micros(event.happened.value_or(now)),
                   event.kind, event.subject, event.cause, event.data));
    tx.after_commit([&hub = hub_] { hub.notify(); });
    return *id;
}

Result<std::vector<Event>> Events::after(store::Tx& tx, int64_t workspace_id,
                                         const std::string& subject, int64_t id, int limit) {
    std::vector<Event> found;
    const store::RowVisitor visit = [&](const store::Row& row) {
        found.push_back({row.integer(0), from_micros(row.integer(1)), from_micros(row.integer(2)),
                         row.get<std::string>(3), row.get<std::string>(4), row.get<std::string>(5),
                         row.get<std::optional<int64_t>>(6)});
        return true;
    };
    constexpr std::string_view columns =
        "SELECT id, recorded_at, happened_at, kind, subject, data, cause FROM events ";
    if (subject.empty()) {
        TRY(tx.each(
            std::string(columns) + "WHERE workspace_id = $1 AND id > $2 ORDER BY id LIMIT $3",
            visit, workspace_id, id, limit));
    } else {
        TRY(tx.each(std::string(columns) +
                        "WHERE workspace_id = $1 AND subject = $2 AND id > $3 ORDER BY id LIMIT $4",
                    visit, workspace_id, subject, id, limit));
    }
    return found;
}

}  // namespace rondo::events
