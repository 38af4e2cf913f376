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

std::string_view name_for_prompts(std::string_view what) {
    constexpr std::pair<std::string_view, std::string_view> kNames[] = {
        {"model_created", "prompt_created"},
        {"model_tag_set", "prompt_tag_set"},
        {"model_tag_deleted", "prompt_tag_deleted"},
        {"version_created", "prompt_version_created"},
        {"version_tag_set", "prompt_version_tag_set"},
        {"version_tag_deleted", "prompt_version_tag_deleted"},
        {"alias_set", "prompt_alias_set"},
        {"alias_deleted", "prompt_alias_deleted"}};
    for (const auto& [model, prompt] : kNames) {
        if (model == what) return prompt;
    }
    return what;
}

bool is_prompt_source(std::string_view source) {
    return source == "prompt-template" || source == "dummy-source";
}

}  // namespace rondo::registry
