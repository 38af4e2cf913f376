#include "domain/artifacts/path.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/text.h"

namespace rondo::artifacts {
namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// Decodes all escapes, again and again: "%25252e" -> ".". One pass with a stack, so linear: a
// decoded character may complete an escape with what stands before it.
std::string fully_decoded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        out += c;
        while (out.size() >= 3 && out[out.size() - 3] == '%') {
            const int high = hex_digit(out[out.size() - 2]);
            const int low = hex_digit(out[out.size() - 1]);
            if (high < 0 || low < 0) break;
            out.resize(out.size() - 3);
            out += static_cast<char>(high * 16 + low);
        }
    }
    return out;
}

bool is_control(char c) { return static_cast<uint8_t>(c) < 0x20 || c == 0x7f; }

std::unexpected<Error> invalid(std::string_view path, std::string_view why) {
    return fail(Code::invalid, "Invalid path " + quoted(path) + ": " + std::string(why), "path");
}

}  // namespace

bool has_dot_parts(std::string_view text) {
    const std::string decoded = fully_decoded(text);
    for (const std::string_view part : split(decoded, '/')) {
        if (part == "." || part == "..") return true;
    }
    // Escapes of control characters are plain text here, and clients of MLflow 2 write them without
    // meaning to: "loss%step%10%timestamp%1795814907116%...", where "%17" is one.
    return std::ranges::any_of(text, is_control) || decoded.find('\\') != std::string::npos ||
           decoded.find('\0') != std::string::npos;
}

Result<std::string> clean_path(std::string_view path) {
    if (path.empty()) return std::string{};
    if (path.size() > kMaxPathBytes)
        return invalid(path, "a path has at most " + std::to_string(kMaxPathBytes) + " bytes");
    if (!is_storable_text(path)) return invalid(path, "it is not UTF-8");
    if (path.front() == '/') return invalid(path, "it has to be relative");
    const bool drive = path.size() > 1 && path[1] == ':' && (path.size() == 2 || path[2] == '/');
    if (drive) return invalid(path, "drive letters are refused");
    if (has_dot_parts(path))
        return invalid(path,
                       "parts '.' and '..', backslashes and NUL are refused, encoded ones too, and "
                       "control characters");
    if (path.back() == '/') path.remove_suffix(1);
    const auto parts = split(path, '/');
    if (parts.size() > kMaxParts)
        return invalid(path, "it has more than " + std::to_string(kMaxParts) + " parts");
    for (const std::string_view part : parts) {
        if (part.empty()) return invalid(path, "it has an empty part");
        if (part.size() > kMaxPartBytes)
            return invalid(path, "a name has at most " + std::to_string(kMaxPartBytes) + " bytes");
    }
    return std::string(path);
}

Result<std::string> clean_file_path(std::string_view path) {
    TRY_ASSIGN(std::string clean, clean_path(path));
    if (clean.empty()) return fail(Code::invalid, "an artifact needs a path", "path");
    return clean;
}

Result<std::string> path_of_uri(std::string_view uri) {
    constexpr std::string_view kScheme = "mlflow-artifacts:";
    if (!equals_ignoring_case(uri.substr(0, kScheme.size()), kScheme))
        return fail(Code::unsupported, "the artifacts of " + quoted(uri) +
                                           " lie in a store of their own, not on this server; "
                                           "ask that store for them");
    std::string_view path = uri.substr(kScheme.size());
    if (path.starts_with("//") && !path.starts_with("///"))
        return fail(Code::invalid, "the location " + quoted(uri) + " names another server");
    while (path.starts_with('/')) path.remove_prefix(1);
    if (path.find_first_of("?#") != std::string_view::npos)
        return fail(Code::invalid, "the location " + quoted(uri) + " has a query or a fragment");
    return clean_path(path);
}

std::string join(std::string_view a, std::string_view b) {
    std::string out(a);
    if (!a.empty() && !b.empty() && a.back() != '/') out += '/';
    out += b;
    return out;
}

std::string_view base_name(std::string_view path) {
    const size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace rondo::artifacts
