// The one way to a parsed document: simdjson's DOM with our limits, one parser a thread. Included
// only by the few files that walk documents without a field table; everything else reads through
// json.h.
#pragma once

#include <simdjson.h>

#include <string_view>

#include "base/result.h"

namespace rondo::json {

inline constexpr size_t kMaxDepth = 100;
// A parser's buffers grow with the document; those beyond this size are not kept.
inline constexpr size_t kKeepParserBytes = 4U << 20;

Error parse_error(simdjson::error_code error);

// Calls visit(root) with the parsed document, which lives until visit returns.
template <class Visit>
auto with_parsed(std::string_view text, Visit visit)
    -> decltype(visit(std::declval<const simdjson::dom::element&>())) {
    const auto run = [&](simdjson::dom::parser& parser) -> decltype(visit({})) {
        if (parser.capacity() < text.size() || parser.capacity() == 0) {
            const size_t capacity = std::max<size_t>(text.size(), 1024);
            if (const auto error = parser.allocate(capacity, kMaxDepth))
                return std::unexpected(parse_error(error));
        }
        simdjson::dom::element root;
        // true: the text need not be padded, the parser copies it where it must.
        if (const auto error = parser.parse(text.data(), text.size(), true).get(root))
            return std::unexpected(parse_error(error));
        return visit(root);
    };
    // A parse inside a visit would reuse the buffers of the outer document.
    thread_local simdjson::dom::parser kept;
    thread_local bool busy = false;
    if (busy || text.size() > kKeepParserBytes) {
        simdjson::dom::parser parser;
        return run(parser);
    }
    busy = true;
    struct Release {
        ~Release() { busy = false; }
    } release;
    return run(kept);
}

}  // namespace rondo::json
