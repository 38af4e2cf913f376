// The HTTP/1.1 loop fed with anything. The first byte says in how large pieces it arrives: however
// they are cut, the same bytes have to get the same answers.
#include <string_view>

#include "base/check.h"
#include "platform/net/testing.h"

using namespace rondo;
using namespace rondo::net;

namespace {

std::string answers(std::string_view input, size_t piece) {
    testing::SmallApplication application;
    std::vector<std::string> pieces;
    for (size_t i = 0; i < input.size(); i += piece) pieces.emplace_back(input.substr(i, piece));
    Limits limits;
    limits.header_bytes = 1 << 10;
    limits.buffered_bytes = 1 << 10;
    std::string out = testing::serve(&serve_http1, application, std::move(pieces), limits);
    // Which requests are told to go on depends on what had arrived, and so does which of two
    // faults of one body is seen first. Ids and dates differ anyway.
    std::string same;
    for (size_t at = 0; (at = out.find("HTTP/1.1 ", at)) != std::string::npos; ++at) {
        const std::string status = out.substr(at + 9, 3);
        if (status != "100") same += status == "413" || status == "503" ? "400 " : status + " ";
    }
    return same;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 1) return 0;
    const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::string whole = answers(input, 1 << 20);
    const std::string cut = answers(input, 1 + data[0] % 64);
    CHECK(whole == cut, whole + "| " + cut);
    return 0;
}
