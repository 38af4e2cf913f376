#include "domain/search/statement.h"

#include <bit>

#include "base/check.h"

namespace rondo::search {

Statement& Statement::add(std::string_view sql) {
    sql_ += sql;
    return *this;
}

Statement& Statement::bind(const store::Arg& value) {
    if (const auto* text = std::get_if<std::string_view>(&value)) {
        args_.emplace_back(std::string_view(texts_.emplace_back(*text)));
    } else {
        args_.push_back(value);
    }
    sql_ += '$';
    sql_ += std::to_string(args_.size());
    return *this;
}

Statement& Statement::add_readable(const auth::Readable& readable, std::string_view kind,
                                   std::string_view column) {
    using Kind = auth::Readable::Kind;
    if (readable.kind == Kind::all) return *this;
    if (readable.by_roles) {
        // The own grant, else what custom roles say (the least: one of them may close it), else the
        // fixed role.
        add(" AND COALESCE((SELECT g.level FROM grants g WHERE g.user_id = ")
            .bind(readable.user_id);
        add(" AND g.object = ").bind(kind).add(" AND g.object_id = ").add(column);
        add("), (SELECT min(rg.level) FROM role_members rm JOIN role_grants rg ON rg.role_id = ");
        add("rm.role_id WHERE rm.user_id = ").bind(readable.user_id);
        add(" AND rg.object = ").bind(kind).add(" AND rg.object_id IN (-1, ").add(column);
        return add(readable.kind == Kind::all_but ? ")), 1) >= 1" : ")), 0) >= 1");
    }
    add(readable.kind == Kind::all_but ? " AND NOT EXISTS (" : " AND EXISTS (");
    add("SELECT 1 FROM grants g WHERE g.user_id = ").bind(readable.user_id);
    add(" AND g.object = ").bind(kind).add(" AND g.object_id = ").add(column);
    return add(readable.kind == Kind::all_but ? " AND g.level < 1)" : " AND g.level >= 1)");
}

Statement& Statement::bind_list(std::span<const store::Arg> values) {
    CHECK(!values.empty(), "a list of SQL parameters is empty");
    const size_t padded = std::bit_ceil(values.size());
    for (size_t i = 0; i < padded; ++i) {
        add(i == 0 ? "(" : ", ");
        bind(values[std::min(i, values.size() - 1)]);
    }
    return add(")");
}

Status Statement::each(store::Tx& tx, const store::RowVisitor& visit) const {
    TRY(tx.run(sql_, args_, &visit));
    return ok();
}

}  // namespace rondo::search
