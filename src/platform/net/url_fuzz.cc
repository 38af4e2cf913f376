// Decoding of URLs, queries and routes.
#include <string_view>

#include "base/bytes.h"
#include "base/check.h"
#include "platform/net/router.h"

using namespace rondo;
using namespace rondo::net;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static const Router router = [] {
        Router made;
        for (const char* pattern : {"/a", "/a/{x}", "/a/{x}/b", "/a/{rest...}", "/{y}/b"})
            made.add({Verb::get, pattern, {}, 0, {}});
        return made;
    }();
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto decoded = percent_decode(text)) {
        CHECK(is_storable_text(*decoded), "not storable");
        CHECK(*percent_decode(percent_encode(*decoded)) == *decoded, "not there and back");
    }
    if (const auto pairs = parse_query(text)) CHECK(pairs->size() <= 1024, "too many pairs");
    Request request;
    request.verb = Verb::get;
    request.target = "/" + std::string(text);
    request.path = request.target;
    if (const auto match = router.find(request); match && match->route != nullptr) {
        for (const auto& [name, value] : request.params)
            CHECK(is_storable_text(value), "a parameter that is not storable");
    }
    return 0;
}
