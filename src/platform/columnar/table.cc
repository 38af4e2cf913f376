#include "platform/columnar/table.h"

#include <algorithm>
#include <unordered_set>

#include "base/text.h"
#include "platform/columnar/csv.h"
#include "platform/columnar/parquet.h"

namespace rondo::columnar {

std::string_view name_of(Type type) {
    switch (type) {
        case Type::boolean:
            return "boolean";
        case Type::integer:
            return "integer";
        case Type::number:
            return "number";
        case Type::timestamp:
            return "timestamp";
        case Type::text:
            return "text";
        case Type::unread:
            return "unread";
    }
    return "";
}

size_t Table::find(std::string_view name) const {
    const auto found = std::ranges::find(fields_, name, &Field::name);
    return static_cast<size_t>(found - fields_.begin());
}

Result<std::unique_ptr<Table>> open_table(std::shared_ptr<File> file, const std::string& name,
                                          const ReadOptions& options) {
    TRY_ASSIGN(const std::string head, file->read_at(0, 4));
    const bool parquet = head == "PAR1";
    if (!parquet && to_lower(name).ends_with(".parquet"))
        return fail(Code::invalid,
                    quoted(name) + " is no Parquet file: it does not begin with PAR1");
    auto table = parquet ? open_parquet(file, name, options) : open_csv(file, options);
    if (!table) return fail(table.error().code, quoted(name) + ": " + table.error().message);
    std::unordered_set<std::string_view> seen;
    for (const Field& field : (*table)->fields()) {
        if (!seen.insert(field.name).second)
            return fail(Code::invalid,
                        quoted(name) + ": its column " + quoted(field.name) + " stands twice");
    }
    return table;
}

Result<std::unique_ptr<Table>> open_table(Env& env, const std::string& path,
                                          const ReadOptions& options) {
    TRY_ASSIGN(std::shared_ptr<File> file, env.files().open(path, FileSystem::Mode::read));
    return open_table(std::move(file), path, options);
}

}  // namespace rondo::columnar
