#include "domain/tracking/uri.h"

#include "base/text.h"
#include "domain/artifacts/path.h"

namespace rondo::tracking {
namespace {

// What follows "scheme:/"; nothing for another scheme.
Result<std::optional<std::string>> after_scheme(std::string_view uri, std::string_view scheme) {
    const size_t colon = uri.find(':');
    if (colon == std::string_view::npos || !equals_ignoring_case(uri.substr(0, colon), scheme))
        return std::nullopt;
    const std::string_view rest = uri.substr(colon + 1);
    const auto malformed = [&] {
        return fail(Code::invalid,
                    "not a proper " + std::string(scheme) + ":/ URI: " + quoted(uri));
    };
    if (!rest.starts_with('/') || rest.starts_with("//")) return malformed();
    const auto path = artifacts::clean_path(rest.substr(1));
    if (!path || path->empty()) return malformed();
    return std::move(*path);
}

}  // namespace

Result<std::optional<RunUri>> parse_run_uri(std::string_view uri) {
    TRY_ASSIGN(const auto rest, after_scheme(uri, "runs"));
    if (!rest) return std::nullopt;
    const size_t slash = rest->find('/');
    if (slash == std::string::npos) return RunUri{*rest, {}};
    return RunUri{rest->substr(0, slash), rest->substr(slash + 1)};
}

Result<std::optional<ModelUri>> parse_model_uri(std::string_view uri) {
    TRY_ASSIGN(const auto rest, after_scheme(uri, "models"));
    if (!rest) return std::nullopt;
    ModelUri out;
    const size_t slash = rest->find('/');
    if (slash != std::string::npos) {
        out.name = rest->substr(0, slash);
        const std::string suffix = rest->substr(slash + 1);
        out.version = parse_int(suffix);
        if (!out.version) out.stage = suffix;
    } else if (const size_t at = rest->rfind('@'); at != std::string::npos) {
        out.name = rest->substr(0, at);
        out.alias = rest->substr(at + 1);
    } else {
        out.model_id = *rest;
    }
    const bool whole =
        !out.model_id.empty() ||
        (!out.name.empty() && (out.version || !out.stage.empty() || !out.alias.empty()));
    if (!whole || out.stage.find('/') != std::string::npos)
        return fail(Code::invalid, "not a proper models:/ URI: " + quoted(uri));
    return out;
}

}  // namespace rondo::tracking
