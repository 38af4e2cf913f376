#include "platform/client/egress.h"

#include <doctest/doctest.h>

using namespace rondo;
using namespace rondo::client;

namespace {

bool open_for(const EgressPolicy& policy, std::string_view address, const std::string& host = "h",
              uint16_t port = 80) {
    return policy.check(host, port, IpAddress::parse(address).value()).has_value();
}

}  // namespace

TEST_CASE("T38 egress: what is not public is closed, however it is wrapped") {
    const auto policy = EgressPolicy::public_only();
    for (const char* address : {"0.0.0.0",
                                "0.1.2.3",
                                "10.0.0.1",
                                "100.64.0.1",
                                "100.127.255.255",
                                "127.0.0.1",
                                "127.255.255.255",
                                "169.254.169.254",
                                "172.16.0.1",
                                "172.31.255.255",
                                "192.0.0.8",
                                "192.0.2.1",
                                "192.88.99.1",
                                "192.168.1.1",
                                "198.18.0.1",
                                "198.19.255.255",
                                "198.51.100.1",
                                "203.0.113.9",
                                "224.0.0.1",
                                "239.255.255.255",
                                "240.0.0.1",
                                "255.255.255.255",
                                "::",
                                "::1",
                                "::ffff:127.0.0.1",
                                "::ffff:10.1.2.3",
                                "::127.0.0.1",
                                "::ffff:0:169.254.169.254",
                                "64:ff9b::169.254.169.254",
                                "64:ff9b::a00:1",
                                "64:ff9b:1::1",
                                "2002:7f00:1::",
                                "2002:a9fe:a9fe::1",
                                "2001:0:1:2:3:4:80ff:fffe",
                                "2a00:1:2:3:0:5efe:10.0.0.1",
                                "2a00:1:2:3:200:5efe:127.0.0.1",
                                "100::1",
                                "2001:db8::1",
                                "3fff::1",
                                "fc00::1",
                                "fd12:3456::1",
                                "fd00:ec2::254",
                                "fe80::1",
                                "febf::1",
                                "fec0::1",
                                "ff02::1"}) {
        CAPTURE(address);
        CHECK_FALSE(open_for(*policy, address));
        CHECK(open_for(*EgressPolicy::anywhere(), address));
    }
    for (const char* address :
         {"1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0",
          "126.255.255.255", "128.0.0.0", "169.253.255.255", "172.15.255.255", "172.32.0.0",
          "223.255.255.255", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1",
          "2002:101:101::"}) {
        CAPTURE(address);
        CHECK(open_for(*policy, address));
    }
    const auto refused = policy->check("db.internal", 80, IpAddress::parse("10.0.0.7").value());
    CHECK(refused.error().code == Code::permission_denied);
    CHECK(refused.error().message.find("'db.internal' leads to 10.0.0.7, which is private") == 0);
}

TEST_CASE("egress: exceptions") {
    const auto policy = EgressPolicy::with_exceptions(
                            {"10.2.0.0/16", "fd00::/8", "127.0.0.1", "grafana.internal:3000"})
                            .value();
    CHECK(open_for(*policy, "10.2.255.1"));
    CHECK_FALSE(open_for(*policy, "10.3.0.0"));
    CHECK(open_for(*policy, "fd00::1"));
    CHECK(open_for(*policy, "127.0.0.1"));
    CHECK(open_for(*policy, "::ffff:127.0.0.1"));
    CHECK_FALSE(open_for(*policy, "127.0.0.2"));
    CHECK(open_for(*policy, "192.168.7.7", "grafana.internal", 3000));
    CHECK_FALSE(open_for(*policy, "192.168.7.7", "grafana.internal", 3001));
    CHECK_FALSE(open_for(*policy, "192.168.7.7", "other.internal", 3000));
    for (const char* text : {"", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/x", "fd00::/129", "host",
                             "host:0", "host:80/x", "http://host:80", "010.0.0.1", "a b:80"}) {
        CAPTURE(text);
        CHECK_FALSE(EgressPolicy::with_exceptions({text}).has_value());
    }
}

TEST_CASE("egress: ranges at every length agree with a naive comparison of bits") {
    uint64_t state = 7;
    const auto next = [&] {
        return state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    };
    for (int i = 0; i < 20'000; ++i) {
        IpAddress a, b;
        a.is_v6 = b.is_v6 = true;
        for (size_t k = 0; k < 16; ++k) a.bytes[k] = static_cast<uint8_t>(next() >> 40);
        b = a;
        const auto flipped = static_cast<size_t>(next() >> 57);
        b.bytes[flipped / 8] ^= static_cast<uint8_t>(0x80 >> flipped % 8);
        const auto bits = static_cast<int>((next() >> 40) % 129);
        CHECK(IpRange{a, bits}.contains(b) == (static_cast<int>(flipped) >= bits));
    }
}
