// Prompts are registered models with a tag. Searches show them only when the filter asks for them
// by that tag; they are found nowhere else.
#pragma once

#include <string_view>
#include <vector>

#include "domain/registry/model.h"
#include "domain/search/filter.h"

namespace rondo::registry {

inline constexpr std::string_view kPromptTag = "mlflow.prompt.is_prompt";

// SQL for what is not a prompt, over "registered_models m" and "model_versions v".
inline constexpr std::string_view kModelIsNoPrompt =
    "NOT EXISTS (SELECT 1 FROM registered_model_tags t WHERE t.model = m.id "
    "AND t.key = 'mlflow.prompt.is_prompt' AND t.value = 'true')";
inline constexpr std::string_view kVersionIsNoPrompt =
    "NOT EXISTS (SELECT 1 FROM model_version_tags t WHERE t.version_id = v.id "
    "AND t.key = 'mlflow.prompt.is_prompt' AND t.value = 'true')";

// True when a term asks for prompts. Otherwise removes the terms about that tag: what it leaves
// over are models, which mostly have no such tag at all.
bool asks_for_prompts(std::vector<search::Term>& terms);

// True when the tags make a prompt.
bool is_prompt(const std::vector<Tag>& tags);

// What an event about a model is called when it is about a prompt.
std::string_view name_for_prompts(std::string_view what);

// What clients write as the source of a prompt.
bool is_prompt_source(std::string_view source);

}  // namespace rondo::registry
