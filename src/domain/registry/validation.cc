#include "domain/registry/validation.h"

#include <algorithm>

#include "base/text.h"
#include "domain/tracking/validation.h"

namespace rondo::registry {
namespace {

using tracking::check_key;
using tracking::check_length;

constexpr size_t kMaxAliasLength = 255;

}  // namespace

Status check_model_name(const std::string& name, std::string_view path) {
    if (trim(name).empty()) return fail(tracking::missing_value(path));
    if (name.find_first_of("/:") != std::string::npos)
        return fail(Code::invalid,
                    "Invalid model name " + quoted(name) + ". Names cannot contain '/' or ':'.",
                    std::string(path));
    if (name == "." || name.starts_with(".."))
        return fail(tracking::invalid_value(path, name,
                                            "a name may be used as a folder, so it must not be "
                                            "'.' nor start with '..'"));
    constexpr size_t kMaxModelName = 256;
    return check_length(path, name, kMaxModelName);
}

Status check_tag(const Tag& tag) {
    TRY(check_key(tag.key, "key"));
    return check_length("value", tag.value, tracking::kMaxRegistryTagLength);
}

Status check_alias(const std::string& alias) {
    if (alias.empty())
        return fail(Code::invalid, "Registered model alias name cannot be empty.", "alias");
    if (!tracking::has_only_words_and(alias, "_-"))
        return fail(Code::invalid,
                    "Invalid alias name: " + quoted(alias) +
                        ". Names may only contain alphanumerics, underscores (_), "
                        "and dashes (-).",
                    "alias");
    return check_length("Registered model alias name", alias, kMaxAliasLength);
}

Status check_alias_is_free(const std::string& alias) {
    if (equals_ignoring_case(alias, "latest"))
        return fail(Code::invalid, "'latest' alias name (case insensitive) is reserved.", "alias");
    const std::string_view digits = std::string_view(alias).substr(1);
    const bool version = (alias[0] == 'v' || alias[0] == 'V') && !digits.empty() &&
                         std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
    if (version)
        return fail(Code::invalid, "Version alias name " + quoted(alias) + " is reserved.",
                    "alias");
    return ok();
}

}  // namespace rondo::registry
