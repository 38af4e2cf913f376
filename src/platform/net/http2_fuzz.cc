// The HTTP/2 loop fed with anything behind the preface. The first byte says in how large pieces it
// arrives, the second whether the client's own SETTINGS come first, as they do in real life.
#include <string_view>

#include "platform/net/testing.h"

using namespace rondo;
using namespace rondo::net;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 2) return 0;
    const std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);
    const size_t piece = 1 + data[0];
    std::string first(kHttp2Preface);
    if (data[1] % 2 == 0) first.append("\0\0\0\4\0\0\0\0\0", 9);
    std::vector<std::string> pieces{first};
    for (size_t i = 0; i < input.size(); i += piece) pieces.emplace_back(input.substr(i, piece));
    testing::SmallApplication application;
    Limits limits;
    limits.header_bytes = 4 << 10;
    limits.streams_per_connection = 8;
    testing::serve(&serve_http2, application, std::move(pieces), limits);
    return 0;
}
