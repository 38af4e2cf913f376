#include "platform/jobs/leases.h"

#include "base/log.h"
#include "base/text.h"

namespace rondo::jobs {
namespace {

constexpr int kMaxLeases = 1000;

// "server/incarnation"
struct Owner {
    std::string id;
    int64_t incarnation = 0;
};
Owner parse_owner(const std::string& owner) {
    const size_t slash = owner.rfind('/');
    if (slash == std::string::npos) return {owner, 0};
    return {owner.substr(0, slash), parse_int(owner.substr(slash + 1)).value_or(0)};
}

Result<bool> runs(store::Tx& tx, const std::string& owner) {
    if (owner.empty()) return false;
    const Owner parsed = parse_owner(owner);
    return is_running(tx, parsed.id, parsed.incarnation);
}

}  // namespace

Status Fence::check(store::Tx& tx) const {
    // An update, not a look: it waits for a new owner's transaction, and that one waits for ours.
    TRY_ASSIGN(const int64_t mine,
               tx.exec("UPDATE leases SET fence = fence WHERE name = $1 AND owner = $2 AND "
                       "fence = $3",
                       name, owner, number));
    if (mine == 1) return ok();
    return fail(Code::conflict, "the job '" + name + "' belongs to another server by now");
}

Result<std::vector<LeaseRow>> all_leases(store::Tx& tx) {
    TRY_ASSIGN(const auto rows,
               (tx.all<std::string, std::string, int64_t>(
                   "SELECT name, owner, fence FROM leases ORDER BY name LIMIT $1", kMaxLeases)));
    std::vector<LeaseRow> out;
    for (const auto& [name, owner, fence] : rows) {
        TRY_ASSIGN(const bool owner_runs, runs(tx, owner));
        out.push_back({name, owner, fence, owner_runs});
    }
    return out;
}

void Leases::want(const std::string& name) {
    const std::lock_guard lock(mutex_);
    wanted_.try_emplace(name);
}

Result<std::optional<Fence>> Leases::take(store::Tx& tx, const std::string& name,
                                          const Self& me) const {
    TRY_ASSIGN(const bool alive, is_running(tx, me.id, me.incarnation));
    if (!alive) return std::nullopt;
    TRY_ASSIGN(const auto row, (tx.one<std::string, int64_t>(
                                   "SELECT owner, fence FROM leases WHERE name = $1", name)));
    if (!row) {
        TRY_ASSIGN(const int64_t made,
                   tx.exec("INSERT INTO leases (name, owner, fence, expires_at) "
                           "VALUES ($1, $2, 1, 0) ON CONFLICT DO NOTHING",
                           name, me.owner()));
        if (made == 0) return std::nullopt;
        return Fence{name, me.owner(), 1};
    }
    const auto& [owner, fence] = *row;
    if (owner == me.owner()) return Fence{name, owner, fence};
    // Alone on the database whoever else is named there is gone.
    if (servers_.company() == Company::several) {
        TRY_ASSIGN(const bool owned, runs(tx, owner));
        if (owned) return std::nullopt;
    }
    TRY_ASSIGN(const int64_t changed,
               tx.exec("UPDATE leases SET owner = $1, fence = fence + 1 WHERE name = $2 AND "
                       "owner = $3 AND fence = $4",
                       me.owner(), name, owner, fence));
    if (changed == 0) return std::nullopt;
    return Fence{name, me.owner(), fence + 1};
}

Status Leases::tick() {
    const Self me = servers_.self();
    std::vector<std::string> missing;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [name, fence] : wanted_) {
            if (!fence || fence->owner != me.owner()) missing.push_back(name);
        }
    }
    for (const std::string& name : missing) {
        TRY_ASSIGN(const auto known, db_.read_now([&](store::Tx& tx) -> Result<bool> {
            TRY_ASSIGN(const auto owner,
                       tx.one<std::string>("SELECT owner FROM leases WHERE name = $1", name));
            if (!owner || *owner == me.owner() || servers_.company() == Company::alone)
                return false;
            return runs(tx, *owner);
        }));
        if (known) continue;  // another server's, and well: nothing to write
        TRY_ASSIGN(const auto taken, db_.write_now(store::Durability::full, [&](store::Tx& tx) {
            return take(tx, name, me);
        }));
        if (!taken) continue;
        log::info("this server owns a job", {{"job", name}, {"fence", taken->number}});
        const std::lock_guard lock(mutex_);
        wanted_[name] = taken;
    }
    return ok();
}

Status Leases::release(const std::string& name) {
    std::optional<Fence> fence;
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = wanted_.find(name); found != wanted_.end()) {
            fence = found->second;
            wanted_.erase(found);
        }
    }
    if (!fence) return ok();
    return db_.write_now(store::Durability::full, [&](store::Tx& tx) -> Status {
        TRY(tx.exec("UPDATE leases SET owner = '' WHERE name = $1 AND owner = $2 AND fence = $3",
                    fence->name, fence->owner, fence->number));
        return ok();
    });
}

std::optional<Fence> Leases::held(const std::string& name) const {
    if (!servers_.is_alive()) return std::nullopt;
    const std::string owner = servers_.self().owner();
    const std::lock_guard lock(mutex_);
    const auto found = wanted_.find(name);
    if (found == wanted_.end() || !found->second || found->second->owner != owner)
        return std::nullopt;
    return found->second;
}

void Leases::write_metrics(std::string& out) const {
    out +=
        "# HELP rondo_lease_held Whether this server owns a job.\n"
        "# TYPE rondo_lease_held gauge\n";
    std::vector<std::string> names;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [name, fence] : wanted_) names.push_back(name);
    }
    std::string fences;
    for (const std::string& name : names) {
        const auto fence = held(name);
        out += "rondo_lease_held{job=\"" + name + "\"} " + (fence ? "1" : "0") + "\n";
        if (fence)
            fences +=
                "rondo_lease_fence{job=\"" + name + "\"} " + std::to_string(fence->number) + "\n";
    }
    out +=
        "# HELP rondo_lease_fence The number of the lease, grown with each owner.\n"
        "# TYPE rondo_lease_fence gauge\n" +
        fences;
}

}  // namespace rondo::jobs
