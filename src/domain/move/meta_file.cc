#include "domain/move/meta_file.h"

#include "base/text.h"

namespace rondo::move {
namespace {

constexpr size_t kMaxBytes = size_t{32} << 20;

}  // namespace

Result<MetaFile> MetaFile::read(Env& env, const std::string& path) {
    TRY_ASSIGN(const std::string text, read_file(env.files(), path, kMaxBytes));
    auto value = json::parse_yaml(text, json::Scalars::text);
    if (!value) return fail(Code::invalid, quoted(path) + ": " + value.error().message);
    MetaFile meta(path, std::move(*value));
    if (!meta.value_.is_object()) return meta.broken("it is no map of fields");
    return meta;
}

std::unexpected<Error> MetaFile::broken(const std::string& why) const {
    return fail(Code::invalid,
                quoted(path_) + ": " + why + "; mend the file, or move its folder away");
}

std::optional<std::string> MetaFile::optional(const char* field) const {
    const json::Value& value = value_[field];
    if (!value.is_text()) return std::nullopt;
    return std::string(value.text());
}

Result<std::optional<int64_t>> MetaFile::integer(const char* field) const {
    const json::Value& value = value_[field];
    if (value.is_null()) return std::nullopt;
    const auto number = parse_int(value.text());
    if (!number) return broken(std::string(field) + " is no whole number");
    return number;
}

Result<int64_t> MetaFile::integer_or(const char* field, int64_t otherwise) const {
    TRY_ASSIGN(const auto number, integer(field));
    return number.value_or(otherwise);
}

Result<int64_t> MetaFile::id(const char* field) const {
    TRY_ASSIGN(const auto number, integer(field));
    if (!number || *number < 0) return broken(std::string(field) + " is missing or negative");
    return *number;
}

std::vector<std::pair<std::string, std::string>> MetaFile::pairs(const char* field) const {
    std::vector<std::pair<std::string, std::string>> out;
    for (const auto& [key, value] : value_[field].object())
        out.emplace_back(key, value.is_text() ? std::string(value.text()) : "");
    return out;
}

}  // namespace rondo::move
