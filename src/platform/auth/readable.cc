#include "platform/auth/readable.h"

#include <map>

#include "platform/auth/model.h"

namespace rondo::auth {

Readable readable_by(const Caller* caller) {
    if (caller == nullptr) return {.kind = Readable::Kind::granted};
    const bool by_role = level_of(caller->role) >= Level::read;
    if (caller->is_admin || (by_role && !caller->restricted)) return {};
    return {by_role ? Readable::Kind::all_but : Readable::Kind::granted, caller->user_id,
            caller->by_roles != nullptr};
}

Result<ReadableSet> ReadableSet::load(store::Tx& tx, const Readable& readable,
                                      std::string_view kind) {
    ReadableSet out;
    out.rest_ = readable.kind != Readable::Kind::granted;
    if (readable.kind == Readable::Kind::all) return out;
    std::map<int64_t, bool> found;
    const auto visit = [&](const store::Row& row) {
        found.try_emplace(row.integer(0), row.integer(1) >= static_cast<int64_t>(Level::read));
        return true;
    };
    // Own grants first: they count instead of the roles.
    TRY(tx.each("SELECT object_id, level FROM grants WHERE user_id = $1 AND object = $2", visit,
                readable.user_id, kind));
    if (readable.by_roles) {
        // The least tells: what any role says of an object opens it, unless one closes it. What
        // they say of every object comes first.
        bool closed = false;
        TRY(tx.each(
            "SELECT g.object_id, min(g.level) FROM role_members m JOIN role_grants g ON g.role_id "
            "= m.role_id WHERE m.user_id = $1 AND g.object = $2 GROUP BY g.object_id ORDER BY "
            "g.object_id",
            [&](const store::Row& row) {
                if (row.integer(0) != kEveryObject) return closed || visit(row);
                out.rest_ = row.integer(1) >= static_cast<int64_t>(Level::read);
                closed = !out.rest_;
                return true;
            },
            readable.user_id, kind));
    }
    for (const auto& [id, open] : found) {
        if (open != out.rest_) out.others_.insert(id);
    }
    return out;
}

bool ReadableSet::contains(int64_t object_id) const { return others_.contains(object_id) != rest_; }

}  // namespace rondo::auth
