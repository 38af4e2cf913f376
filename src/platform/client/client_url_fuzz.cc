// A URL that is taken reads the same when it is written out again, and its host is never one that
// another program could take for an address.
#include <arpa/inet.h>

#include "base/check.h"
#include "platform/client/address.h"
#include "platform/client/url.h"

using namespace rondo;
using namespace rondo::client;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    const auto url = Url::parse(text);
    if (url) {
        const auto again = Url::parse(url->origin() + url->target);
        CHECK(again && again->host == url->host && again->port == url->port &&
                  again->target == url->target && again->secure == url->secure,
              "a URL reads differently when it is written again");
        in_addr loose{};
        if (::inet_aton(url->host.c_str(), &loose) != 0)
            CHECK(IpAddress::parse(url->host), "a loose spelling of an address got through");
        (void)resolve_reference(*url, text.substr(text.size() / 2));
    }
    const size_t half = size / 2;
    if (const auto base = Url::parse("https://a.example/b/c?d")) {
        const auto led = resolve_reference(*base, text.substr(half));
        if (led) CHECK(Url::parse(led->origin() + led->target), "a reference leads nowhere");
    }
    return 0;
}
