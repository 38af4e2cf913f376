#include "domain/registry/prompts.h"

#include "base/text.h"

namespace rondo::registry {

bool asks_for_prompts(std::vector<search::Term>& terms) {
    const auto about_prompts = [](const search::Term& term) {
        return term.key == kPromptTag && (term.scope == "tag" || term.scope == "tags");
    };
    for (const search::Term& term : terms) {
        const auto* value = std::get_if<std::string>(&term.value);
        if (!about_prompts(term) || value == nullptr) continue;
        if (term.op == search::Op::equal && equals_ignoring_case(*value, "true")) return true;
        if (term.op == search::Op::not_equal && equals_ignoring_case(*value, "false")) return true;
    }
    std::erase_if(terms, about_prompts);
    return false;
}

bool is_prompt(const std::vector<Tag>& tags) {
    bool prompt = false;
    for (const Tag& tag : tags) {
        if (tag.key == kPromptTag) prompt = equals_ignoring_case(tag.value, "true");
    }
    return prompt;
}

bool is_prompt_source(std::string_view source) {
    return source == "prompt-template" || source == "dummy-source";
}

}  // namespace rondo::registry
