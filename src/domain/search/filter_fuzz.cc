// Any text is either refused with a position, or understood; what was understood turns into SQL
// with as many parameters as it binds.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "domain/registry/grammar.h"
#include "domain/search/grammar.h"
#include "domain/tracking/grammar.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace rondo;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    (void)search::parse_order(text);
    const auto terms = search::parse_filter(text);
    if (!terms) {
        CHECK(terms.error().code == Code::invalid, "a bad filter is the caller's mistake");
        return 0;
    }
    for (const search::Grammar* grammar :
         {&tracking::run_grammar(), &tracking::experiment_grammar(),
          &tracking::logged_model_grammar(), &registry::model_grammar(),
          &registry::version_grammar()}) {
        search::Statement statement;
        if (!search::add_conditions(statement, *grammar, *terms)) continue;
        const std::string last = "$" + std::to_string(statement.args().size());
        const bool binds =
            statement.args().empty() || statement.sql().find(last) != std::string::npos;
        CHECK(binds, "a parameter is missing in the text");
        for (const search::Term& term : *terms) {
            // A value of the caller may not appear in the SQL; one that no SQL of ours can hold
            // shows it.
            const auto* value = std::get_if<std::string>(&term.value);
            const bool odd = value != nullptr && value->find(';') != std::string::npos;
            CHECK(!odd || statement.sql().find(*value) == std::string::npos, "a value became SQL");
        }
    }
    return 0;
}
