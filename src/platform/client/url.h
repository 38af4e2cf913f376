// Addresses of the web as an outgoing request needs them. Strict: a spelling that two programs
// could read in two ways is refused, so that what was checked is what is connected to.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace rondo::client {

struct Url {
    bool secure = false;
    std::string host;  // lower case; an IPv6 address without its brackets
    uint16_t port = 0;
    std::string target;  // path and query, at least "/"

    // http and https only. Refused with Code::invalid: other schemes, user names and passwords
    // before the host, fragments, blanks, control characters and backslashes, hosts that are not
    // ASCII (write xn--...), and numbers that some programs take for an IPv4 address (decimal,
    // octal, hexadecimal and short forms). A trailing dot of the host is dropped.
    static Result<Url> parse(std::string_view text);
    // "https://host:port"; the port is left out where it is the scheme's own.
    std::string origin() const;
    // "host" or "host:port", as the Host header has it.
    std::string authority() const;
};

// Where a Location header leads, seen from `base`: absolute, //host/path, /path, path or ?query.
Result<Url> resolve_reference(const Url& base, std::string_view reference);

}  // namespace rondo::client
