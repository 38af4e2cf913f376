#include "platform/auth/readable.h"

#include "platform/auth/model.h"

namespace rondo::auth {

Readable readable_by(const Caller* caller) {
    if (caller == nullptr) return {Readable::Kind::granted, 0};
    const bool by_role = level_of(caller->role) >= Level::read;
    if (caller->is_admin || (by_role && !caller->restricted)) return {};
    return {by_role ? Readable::Kind::all_but : Readable::Kind::granted, caller->user_id};
}

Result<ReadableSet> ReadableSet::load(store::Tx& tx, const Readable& readable,
                                      std::string_view kind) {
    ReadableSet out;
    out.kind_ = readable.kind;
    if (readable.kind == Readable::Kind::all) return out;
    const bool open = readable.kind == Readable::Kind::granted;
    TRY(tx.each(
        "SELECT object_id, level FROM grants WHERE user_id = $1 AND object = $2",
        [&](const store::Row& row) {
            if ((row.integer(1) >= static_cast<int64_t>(Level::read)) == open)
                out.ids_.insert(row.integer(0));
            return true;
        },
        readable.user_id, kind));
    return out;
}

bool ReadableSet::contains(int64_t object_id) const {
    if (kind_ == Readable::Kind::all) return true;
    return ids_.contains(object_id) == (kind_ == Readable::Kind::granted);
}

}  // namespace rondo::auth
