#include "platform/client/url.h"

#include <algorithm>

#include "base/text.h"
#include "platform/client/address.h"

namespace rondo::client {
namespace {

constexpr size_t kMaxUrl = 8000;
constexpr size_t kMaxHost = 253;
constexpr size_t kMaxLabel = 63;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_host_char(char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '_'; }

// The last label decides: a name never ends in a number, an address always does.
bool looks_like_number(std::string_view label) {
    if (std::ranges::all_of(label, is_digit)) return true;
    return label.starts_with("0x") && std::ranges::all_of(label.substr(2), [](char c) {
               return is_digit(c) || (c >= 'a' && c <= 'f');
           });
}

Status check_name(std::string_view host) {
    if (host.size() > kMaxHost) return fail(Code::invalid, "the host's name is too long");
    std::string_view last;
    for (const std::string_view label : split(host, '.')) {
        if (label.empty() || label.size() > kMaxLabel || label.front() == '-' ||
            label.back() == '-' || !std::ranges::all_of(label, is_host_char))
            return fail(Code::invalid, quoted(host) + " is no name of a host (letters, digits, " +
                                           "hyphens; others as xn--...)");
        last = label;
    }
    if (looks_like_number(last) && !IpAddress::parse(host))
        return fail(Code::invalid, quoted(host) + " is no address; write four decimal numbers");
    return ok();
}

Result<std::string> parse_host(std::string_view text) {
    if (text.starts_with('[')) {
        const auto address =
            text.ends_with(']') ? IpAddress::parse(text.substr(1, text.size() - 2)) : std::nullopt;
        if (!address || !address->is_v6)
            return fail(Code::invalid, quoted(text) + " is no IPv6 address");
        return address->text();
    }
    std::string host = to_lower(text);
    if (host.ends_with('.')) host.pop_back();
    if (host.empty()) return fail(Code::invalid, "the URL names no host");
    TRY(check_name(host));
    return host;
}

Result<uint16_t> parse_port(std::string_view text) {
    const bool digits = !text.empty() && text.size() <= 5 && std::ranges::all_of(text, is_digit);
    const auto port = digits ? parse_int(text) : std::nullopt;
    if (!port || *port < 1 || *port > 65535)
        return fail(Code::invalid, quoted(text) + " is no port (1 to 65535)");
    return static_cast<uint16_t>(*port);
}

Status check_characters(std::string_view text) {
    if (text.size() > kMaxUrl) return fail(Code::invalid, "the URL has more than 8,000 bytes");
    for (const char c : text) {
        const auto byte = static_cast<uint8_t>(c);
        if (byte <= 0x20 || byte >= 0x7f || c == '\\')
            return fail(Code::invalid,
                        quoted(text) + " holds a blank, a backslash, a control character or one " +
                            "that is not ASCII; write it as %XX");
    }
    if (text.find('#') != std::string_view::npos)
        return fail(Code::invalid, quoted(text) + " holds '#': a fragment is not sent");
    return ok();
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
    TRY(check_characters(text));
    Url out;
    const std::string scheme = to_lower(text.substr(0, text.find("://")));
    if (scheme == text || (scheme != "http" && scheme != "https") ||
        text.substr(scheme.size()).substr(0, 3) != "://")
        return fail(Code::invalid,
                    quoted(text) + " is no URL; write it as http://host:port or https://host");
    out.secure = scheme == "https";
    std::string_view rest = text.substr(scheme.size() + 3);
    const size_t end = std::min(rest.find_first_of("/?"), rest.size());
    std::string_view authority = rest.substr(0, end);
    rest.remove_prefix(end);
    if (authority.find('@') != std::string_view::npos)
        return fail(Code::invalid,
                    "a URL with a name or password before the host is not taken; "
                    "send them in a header");
    const size_t bracket = authority.rfind(']');
    const size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
    out.port = out.secure ? 443 : 80;
    if (colon != std::string_view::npos) {
        TRY_ASSIGN(out.port, parse_port(authority.substr(colon + 1)));
        authority = authority.substr(0, colon);
    }
    TRY_ASSIGN(out.host, parse_host(authority));
    out.target = rest.starts_with('/') ? std::string(rest) : "/" + std::string(rest);
    return out;
}

std::string Url::authority() const {
    std::string out = host.find(':') == std::string::npos ? host : "[" + host + "]";
    if (port != (secure ? 443 : 80)) out += ":" + std::to_string(port);
    return out;
}

std::string Url::origin() const { return (secure ? "https://" : "http://") + authority(); }

Result<Url> resolve_reference(const Url& base, std::string_view reference) {
    reference = reference.substr(0, reference.find('#'));
    const size_t colon = reference.find("://");
    if (colon != std::string_view::npos && colon < reference.find_first_of("/?"))
        return Url::parse(reference);
    if (reference.starts_with("//"))
        return Url::parse((base.secure ? "https:" : "http:") + std::string(reference));
    TRY(check_characters(reference));
    Url out = base;
    const std::string path = base.target.substr(0, base.target.find('?'));
    if (reference.starts_with('/'))
        out.target = reference;
    else if (reference.starts_with('?'))
        out.target = path + std::string(reference);
    else if (!reference.empty())
        out.target = path.substr(0, path.rfind('/') + 1) + std::string(reference);
    return out;
}

}  // namespace rondo::client
