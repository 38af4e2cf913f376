// Any text is refused, or a document that is the same after writing and reading it again; as YAML
// and by a field table, too.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "platform/json/json.h"
#include "platform/json/value.h"

namespace {

using namespace rondo;

struct Inner {
    std::string name;
    std::optional<double> value;
    static constexpr auto fields =
        std::tuple{json::field("name", &Inner::name, "A name", json::required),
                   json::field("value", &Inner::value, "A number")};
};

struct Message {
    std::string text;
    int64_t whole = 0;
    double real = 0;
    bool yes = false;
    std::vector<Inner> list;
    std::map<std::string, std::string> pairs;
    json::Raw raw;
    static constexpr auto fields =
        std::tuple{json::field("text", &Message::text, "A text"),
                   json::field("whole", &Message::whole, "An integer"),
                   json::field("real", &Message::real, "A number"),
                   json::field("yes", &Message::yes, "A truth"),
                   json::field("list", &Message::list, "Objects"),
                   json::field("pairs", &Message::pairs, "Names and texts"),
                   json::field("raw", &Message::raw, "Anything")};
};

void same_after_a_round(const json::Value& value) {
    const std::string once = value.dump();
    const auto again = json::Value::parse(once);
    CHECK(again, "our own JSON is refused: " + once);
    CHECK(again->dump() == once, "another document after a round");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto value = json::Value::parse(text)) same_after_a_round(*value);
    if (const auto value = json::parse_yaml(text)) same_after_a_round(*value);
    if (const auto value = json::parse_yaml(text, json::Scalars::text)) same_after_a_round(*value);
    for (const auto dialect :
         {json::Dialect::rondo, json::Dialect::lenient, json::Dialect::mlflow}) {
        const auto message = json::read<Message>(text, dialect);
        if (!message) continue;
        const std::string once = json::write(*message, dialect);
        const auto again = json::read<Message>(once, dialect);
        CHECK(again, "our own message is refused: " + once);
        CHECK(json::write(*again, dialect) == once, "another message after a round");
    }
    return 0;
}
