#include "platform/jobs/servers.h"

#include "base/log.h"

namespace rondo::jobs {
namespace {

constexpr size_t kSessionBytes = 16;  // never the same twice
constexpr int kMaxServers = 1000;
constexpr std::string_view kColumns =
    "SELECT id, incarnation, state, heartbeats, address, machine, session_seen, started_at, "
    "heartbeat_at FROM servers ";

ServerRow row_from(const store::Row& row) {
    return {row.get<std::string>(0),    row.integer(1),
            row.get<std::string>(2),    row.integer(3),
            row.get<std::string>(4),    row.get<std::string>(5),
            row.get<std::string>(6),    from_micros(row.integer(7)),
            from_micros(row.integer(8))};
}

Status new_session(Env& env, store::Tx& tx) {
    TRY(
        tx.exec("INSERT INTO shared_values (name, value) VALUES ('session', $1) "
                "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                random_hex(env, kSessionBytes)));
    return ok();
}

}  // namespace

Result<std::vector<ServerRow>> all_servers(store::Tx& tx) {
    std::vector<ServerRow> rows;
    TRY(tx.each(
        std::string(kColumns) + "ORDER BY started_at DESC, id LIMIT $1",
        [&](const store::Row& row) {
            rows.push_back(row_from(row));
            return true;
        },
        kMaxServers));
    return rows;
}

Result<std::optional<ServerRow>> find_server(store::Tx& tx, const std::string& id) {
    std::optional<ServerRow> found;
    TRY(tx.each(
        std::string(kColumns) + "WHERE id = $1",
        [&](const store::Row& row) {
            found = row_from(row);
            return false;
        },
        id));
    return found;
}

Result<std::string> session(store::Tx& tx) {
    TRY_ASSIGN(auto value,
               tx.one<std::string>("SELECT value FROM shared_values WHERE name = 'session'"));
    return value.value_or("");
}

Result<bool> is_running(store::Tx& tx, const std::string& id, int64_t incarnation) {
    TRY_ASSIGN(const auto found,
               tx.one<int64_t>("SELECT 1 FROM servers WHERE id = $1 AND incarnation = $2 "
                               "AND state = 'running'",
                               id, incarnation));
    return found.has_value();
}

Servers::Servers(Env& env, store::Database& db, const events::Events& events, Options options)
    : env_(env), db_(db), events_(events), options_(std::move(options)) {}

Status Servers::join() {
    const Micros begun = env_.steady();
    TRY_ASSIGN(
        const int64_t incarnation,
        db_.write_now(store::Durability::full, [&](store::Tx& tx) -> Result<int64_t> {
            TRY_ASSIGN(const auto before, find_server(tx, options_.id));
            TRY_ASSIGN(const std::string known, session(tx));
            // One that is still "running" was killed; one that is "dead" has cost a session
            // already.
            const bool killed = before && before->state == "running";
            if (options_.company == Company::alone || known.empty() || killed)
                TRY(new_session(env_, tx));
            const int64_t now = to_micros(env_.now());
            TRY_ASSIGN(
                const auto made,
                tx.one<int64_t>(
                    "INSERT INTO servers (id, incarnation, state, heartbeats, address, "
                    "machine, session_seen, started_at, heartbeat_at) VALUES "
                    "($1, 1, 'running', 0, $2, $3, '', $4, $5) ON CONFLICT (id) DO UPDATE "
                    "SET incarnation = servers.incarnation + 1, state = 'running', "
                    "heartbeats = 0, address = excluded.address, machine = excluded.machine, "
                    "session_seen = '', started_at = excluded.started_at, "
                    "heartbeat_at = excluded.heartbeat_at RETURNING incarnation",
                    options_.id, options_.address, options_.machine, now, now));
            return *made;
        }));
    const std::lock_guard lock(mutex_);
    incarnation_ = incarnation;
    beat_at_ = begun;
    return ok();
}

Self Servers::self() const {
    const std::lock_guard lock(mutex_);
    return {options_.id, incarnation_};
}

bool Servers::is_alive() const {
    if (options_.company == Company::alone) return true;
    const std::lock_guard lock(mutex_);
    return env_.steady() - beat_at_ < options_.patience;
}

Status Servers::tick() {
    if (options_.company == Company::alone) return ok();
    const Micros begun = env_.steady();
    // Held up, whatever the cause: what was seen before says nothing about the others.
    const Micros longest = options_.patience / 2;
    if (last_tick_ < Micros{0} || begun - last_tick_ > longest) sights_.clear();
    TRY(beat(begun));
    const Micros done = env_.steady();
    if (done - begun > longest) sights_.clear();
    last_tick_ = done;
    return watch(done);
}

Status Servers::beat(Micros begun) {
    const Self me = self();
    TRY_ASSIGN(const int64_t changed, db_.write_now(store::Durability::normal, [&](store::Tx& tx) {
        return tx.exec(
            "UPDATE servers SET heartbeats = heartbeats + 1, heartbeat_at = $1 "
            "WHERE id = $2 AND incarnation = $3 AND state = 'running'",
            to_micros(env_.now()), me.id, me.incarnation);
    }));
    if (changed == 0) return come_back();
    const std::lock_guard lock(mutex_);
    beat_at_ = begun;
    return ok();
}

// Others took this server for dead. What it answered meanwhile they did not wait for, so this is
// another session.
Status Servers::come_back() {
    log::warning("taken for dead by another server; coming back", {{"server", options_.id}});
    const Micros begun = env_.steady();
    TRY_ASSIGN(
        const int64_t incarnation,
        db_.write_now(store::Durability::full, [&](store::Tx& tx) -> Result<int64_t> {
            TRY(new_session(env_, tx));
            TRY_ASSIGN(const auto made,
                       tx.one<int64_t>("UPDATE servers SET incarnation = incarnation + 1, "
                                       "state = 'running', heartbeats = 0, session_seen = '', "
                                       "heartbeat_at = $1 WHERE id = $2 RETURNING incarnation",
                                       to_micros(env_.now()), options_.id));
            if (!made)
                return fail(Code::conflict,
                            "the row of this server is gone from the database; restart it");
            TRY(events_.publish(
                tx, {.kind = "server.returned", .subject = "server/" + options_.id, .data = "{}"}));
            return *made;
        }));
    const std::lock_guard lock(mutex_);
    incarnation_ = incarnation;
    beat_at_ = begun;
    ++returns_;
    return ok();
}

Status Servers::watch(Micros now) {
    TRY_ASSIGN(const auto rows, db_.read_now([](store::Tx& tx) { return all_servers(tx); }));
    int64_t running = 0;
    std::map<std::string, Sight> sights;
    for (const ServerRow& row : rows) {
        if (row.state != "running") continue;
        ++running;
        if (row.id == options_.id) continue;
        Sight sight{row.incarnation, row.heartbeats, now};
        if (const auto seen = sights_.find(row.id); seen != sights_.end() &&
                                                    seen->second.incarnation == row.incarnation &&
                                                    seen->second.heartbeats == row.heartbeats)
            sight.since = seen->second.since;
        if (now - sight.since >= options_.patience) {
            TRY(take_for_dead(row));
            --running;
            continue;
        }
        sights.emplace(row.id, sight);
    }
    sights_ = std::move(sights);
    const std::lock_guard lock(mutex_);
    running_ = running;
    return ok();
}

Status Servers::take_for_dead(const ServerRow& row) {
    TRY_ASSIGN(const bool taken,
               db_.write_now(store::Durability::full, [&](store::Tx& tx) -> Result<bool> {
                   TRY_ASSIGN(const int64_t changed,
                              tx.exec("UPDATE servers SET state = 'dead' WHERE id = $1 AND "
                                      "incarnation = $2 AND heartbeats = $3 AND state = 'running'",
                                      row.id, row.incarnation, row.heartbeats));
                   if (changed == 0) return false;  // it moved, or another watcher was first
                   TRY(new_session(env_, tx));
                   TRY(events_.publish(
                       tx, {.kind = "server.died", .subject = "server/" + row.id, .data = "{}"}));
                   return true;
               }));
    if (!taken) return ok();
    log::warning("a server is taken for dead", {{"server", row.id}, {"address", row.address}});
    const std::lock_guard lock(mutex_);
    ++deaths_seen_;
    return ok();
}

Status Servers::saw_session(const std::string& session) {
    const Self me = self();
    return db_.write_now(store::Durability::normal, [&](store::Tx& tx) -> Status {
        TRY(tx.exec("UPDATE servers SET session_seen = $1 WHERE id = $2 AND incarnation = $3",
                    session, me.id, me.incarnation));
        return ok();
    });
}

Status Servers::leave() {
    const Self me = self();
    return db_.write_now(store::Durability::full, [&](store::Tx& tx) -> Status {
        TRY(tx.exec("UPDATE leases SET owner = '' WHERE owner = $1", me.owner()));
        TRY(tx.exec("UPDATE servers SET state = 'stopped' WHERE id = $1 AND incarnation = $2",
                    me.id, me.incarnation));
        return ok();
    });
}

void Servers::write_metrics(std::string& out) const {
    const std::lock_guard lock(mutex_);
    out +=
        "# HELP rondo_servers_running Servers whose heart beats, as this one sees it.\n"
        "# TYPE rondo_servers_running gauge\nrondo_servers_running " +
        std::to_string(options_.company == Company::alone ? 1 : running_) +
        "\n# HELP rondo_server_deaths_total Servers that this one took for dead.\n"
        "# TYPE rondo_server_deaths_total counter\nrondo_server_deaths_total " +
        std::to_string(deaths_seen_) +
        "\n# HELP rondo_server_returns_total Times that this one was taken for dead.\n"
        "# TYPE rondo_server_returns_total counter\nrondo_server_returns_total " +
        std::to_string(returns_) + "\n";
}

}  // namespace rondo::jobs
