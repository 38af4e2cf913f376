#include "app/page/encoding.h"

#include "base/text.h"

namespace rondo::app::page {
namespace {

// "q=0", "q=0.000"; what is no number is not refused.
bool refuses(std::string_view parameter) {
    parameter = trim(parameter);
    if (parameter.size() < 3 || (parameter[0] != 'q' && parameter[0] != 'Q') || parameter[1] != '=')
        return false;
    return parse_double(parameter.substr(2)) == 0.0;
}

}  // namespace

bool accepts(std::string_view accept_encoding, std::string_view coding) {
    for (const std::string_view item : split(accept_encoding, ',')) {
        const auto parts = split(item, ';');
        if (!equals_ignoring_case(trim(parts[0]), coding)) continue;
        return parts.size() < 2 || !refuses(parts[1]);
    }
    return false;
}

bool lists_tag(std::string_view if_none_match, std::string_view tag) {
    for (std::string_view item : split(if_none_match, ',')) {
        item = trim(item);
        if (item.starts_with("W/")) item.remove_prefix(2);
        if (item == tag || item == "*") return true;
    }
    return false;
}

}  // namespace rondo::app::page
