#include "platform/json/parser.h"

#include <string>

namespace rondo::json {

Error parse_error(simdjson::error_code error) {
    switch (error) {
        case simdjson::DEPTH_ERROR:
            return {Code::invalid,
                    "the JSON is nested deeper than " + std::to_string(kMaxDepth) + " levels"};
        case simdjson::UTF8_ERROR:
            return {Code::invalid, "the JSON is not valid UTF-8"};
        case simdjson::CAPACITY:
            return {Code::too_large, "the JSON is too large"};
        case simdjson::EMPTY:
            return {Code::invalid, "the body is empty; JSON is expected"};
        default:
            return {Code::invalid,
                    std::string("the body is not valid JSON: ") + simdjson::error_message(error)};
    }
}

}  // namespace rondo::json
