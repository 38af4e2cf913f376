// What the registry speaks of, in MLflow's terms.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "domain/tracking/model.h"

namespace rondo::registry {

using tracking::Tag;

// Older clients move versions through stages; newer ones use aliases.
enum class VersionStage : uint8_t { none, staging, production, archived };

struct ModelVersion {
    std::string name;
    int64_t version = 0;
    std::string source;                      // as it was registered, or "models:/name/3" for a copy
    std::string storage_location;            // where the bytes lie
    std::string run_id, run_link, model_id;  // empty when unknown
    std::optional<std::string> description;
    VersionStage stage = VersionStage::none;
    int64_t created_ms = 0, updated_ms = 0;
    std::vector<Tag> tags;
    std::vector<std::string> aliases;
};

struct Alias {
    std::string alias;
    int64_t version = 0;
};

struct RegisteredModel {
    std::string name;
    std::optional<std::string> description;
    int64_t created_ms = 0, updated_ms = 0;
    std::vector<ModelVersion> latest_versions;  // the highest of each stage
    std::vector<Tag> tags;
    std::vector<Alias> aliases;
};

struct NewModel {
    std::string name;
    std::optional<std::string> description;
    std::vector<Tag> tags;
};

struct NewModelVersion {
    std::string name;  // of a registered model that exists
    std::string source;
    std::string run_id, run_link, model_id;
    std::vector<Tag> tags;
    std::optional<std::string> description;
    int64_t chosen_number = 0;  // by another server that this one follows; 0: the next one
};

// As events carry them; of a key that comes twice the last one counts.
inline std::map<std::string, std::string> tags_by_key(const std::vector<Tag>& tags) {
    std::map<std::string, std::string> out;
    for (const Tag& tag : tags) out[tag.key] = tag.value;
    return out;
}

struct RegistryQuery {
    std::string filter;
    std::vector<std::string> order_by;
    int64_t max_results = 0;
    std::string page_token;
    auth::Readable readable = {};
};

}  // namespace rondo::registry
