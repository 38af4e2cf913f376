// Signs requests for a comparison with another signer: one JSON object a line in, one line out with
// the authorization header and the query of a presigned URL, separated by a tab.
#include <cstdio>
#include <iostream>
#include <string>

#include "platform/blob/sigv4.h"
#include "platform/json/value.h"

using namespace rondo;

namespace {

blob::Pairs pairs(const json::Value& list) {
    blob::Pairs out;
    for (const json::Value& pair : list.list())
        out.emplace_back(std::string(pair.list()[0].text()), std::string(pair.list()[1].text()));
    return out;
}

}  // namespace

int main() {
    std::string line;
    while (std::getline(std::cin, line)) {
        const auto asked = json::Value::parse(line).value();
        const auto text = [&](const char* name) { return std::string(asked[name].text()); };
        const blob::UnsignedRequest request{
            text("method"),          text("host"),        text("path"), pairs(asked["query"]),
            pairs(asked["headers"]), text("payload_hash")};
        const blob::Credentials credentials{text("access_key"), text("secret_key"), text("token")};
        const Time now = parse_time(text("time")).value();
        const auto headers = blob::sign_headers(request, credentials, text("region"), now);
        const auto query = blob::presign_query(request, credentials, text("region"), now, 3600);
        std::printf("%s\t%s\n", headers.back().second.c_str(), query.c_str());
    }
}
