#include "platform/client/egress.h"

#include <algorithm>

#include "base/check.h"
#include "base/text.h"
#include "platform/client/url.h"

namespace rondo::client {
namespace {

struct Closed {
    const char* range;
    std::string_view what;
};

// IANA's special-purpose registries: what is not globally reachable, and multicast.
constexpr Closed kClosed[] = {
    {"0.0.0.0/8", "this host"},
    {"10.0.0.0/8", "private"},
    {"100.64.0.0/10", "shared by carriers"},
    {"127.0.0.0/8", "loopback"},
    {"169.254.0.0/16", "link-local"},
    {"172.16.0.0/12", "private"},
    {"192.0.0.0/24", "reserved"},
    {"192.0.2.0/24", "documentation"},
    {"192.88.99.0/24", "reserved"},
    {"192.168.0.0/16", "private"},
    {"198.18.0.0/15", "reserved"},
    {"198.51.100.0/24", "documentation"},
    {"203.0.113.0/24", "documentation"},
    {"224.0.0.0/4", "multicast"},
    {"240.0.0.0/4", "reserved"},
    {"::/128", "this host"},
    {"::1/128", "loopback"},
    {"64:ff9b:1::/48", "reserved"},
    {"100::/64", "reserved"},
    {"2001::/23", "reserved"},
    {"2001:db8::/32", "documentation"},
    {"3fff::/20", "documentation"},
    {"5f00::/16", "reserved"},
    {"fc00::/7", "private"},
    {"fe80::/10", "link-local"},
    {"fec0::/10", "private"},
    {"ff00::/8", "multicast"},
};

struct ClosedRange {
    IpRange range;
    std::string_view what;
};

const std::vector<ClosedRange>& closed_ranges() {
    static const std::vector<ClosedRange> parsed = [] {
        std::vector<ClosedRange> out;
        for (const Closed& closed : kClosed) {
            const auto range = IpRange::parse(closed.range);
            CHECK(range.has_value(), "a range of our own is malformed");
            out.push_back({*range, closed.what});
        }
        return out;
    }();
    return parsed;
}

// Why the address is closed; empty when it is public.
std::string_view why_closed(const IpAddress& address) {
    for (const ClosedRange& closed : closed_ranges()) {
        if (closed.range.contains(address)) return closed.what;
    }
    const auto inside = embedded_v4(address);
    return inside ? why_closed(*inside) : std::string_view{};
}

}  // namespace

std::shared_ptr<const EgressPolicy> EgressPolicy::public_only() {
    static const auto policy = std::make_shared<const EgressPolicy>();
    return policy;
}

std::shared_ptr<const EgressPolicy> EgressPolicy::anywhere() {
    static const auto policy = [] {
        auto made = std::make_shared<EgressPolicy>();
        made->anywhere_ = true;
        return std::shared_ptr<const EgressPolicy>(std::move(made));
    }();
    return policy;
}

Result<std::shared_ptr<const EgressPolicy>> EgressPolicy::with_exceptions(
    const std::vector<std::string>& exceptions) {
    auto made = std::make_shared<EgressPolicy>();
    for (const std::string& text : exceptions) {
        if (const auto range = IpRange::parse(text)) {
            made->ranges_.push_back(*range);
            continue;
        }
        const auto url = Url::parse("http://" + text);
        const bool names_port = !text.ends_with(']') && text.find(':') != std::string::npos;
        if (!url || !names_port || url->target != "/" || text.ends_with('/'))
            return fail(Code::invalid, quoted(text) + " is neither a range of addresses " +
                                           "(10.0.0.0/8) nor a service (host:port)");
        made->services_.push_back({url->host, url->port});
    }
    return std::shared_ptr<const EgressPolicy>(std::move(made));
}

Status EgressPolicy::check(const std::string& host, uint16_t port, const IpAddress& address) const {
    if (anywhere_) return ok();
    const std::string_view why = why_closed(address);
    if (why.empty()) return ok();
    // An exception for an IPv4 range holds for the addresses that carry one of it inside, too.
    const auto inside = embedded_v4(address);
    for (const IpRange& range : ranges_) {
        if (range.contains(address) || (inside && range.contains(*inside))) return ok();
    }
    for (const Service& service : services_) {
        if (service.host == host && service.port == port) return ok();
    }
    return fail(Code::permission_denied,
                quoted(host) + " leads to " + address.text() + ", which is " + std::string(why) +
                    ": outgoing requests to it are closed; an administrator can list it as an "
                    "exception");
}

}  // namespace rondo::client
