// The rules for names and values that tracking and the registry share. Lengths count characters,
// not bytes. Errors are Code::invalid, in the form that MLflow's clients know, with the path of
// the culprit ("metrics[3].name").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace rondo::tracking {

inline constexpr size_t kMaxKeyLength = 250;
inline constexpr size_t kMaxParamLength = 6000;
inline constexpr size_t kMaxTagLength = 8000;
inline constexpr size_t kMaxExperimentNameLength = 500;
inline constexpr size_t kMaxExperimentTagLength = 20'000;
inline constexpr size_t kMaxRegistryTagLength = 100'000;
inline constexpr size_t kMaxNameLength = 500;  // of runs, logged models and users
inline constexpr size_t kMaxDatasetDigestLength = 36;
inline constexpr size_t kMaxDatasetSourceLength = 65'535;
inline constexpr size_t kMaxDatasetSchemaLength = 1'048'575;
inline constexpr size_t kMaxDatasetProfileLength = 16'777'215;
inline constexpr size_t kMaxInputTagKeyLength = 255;
inline constexpr size_t kMaxInputTagLength = 500;
inline constexpr size_t kMaxDescriptionLength = 100'000;
inline constexpr size_t kMaxUriLength = 2048;

// Characters of well-formed UTF-8.
size_t character_count(std::string_view text);
// The first `limit` characters.
std::string_view first_characters(std::string_view text, size_t limit);

// "Invalid value "x" for parameter 'path' supplied: why"
Error invalid_value(std::string_view path, std::string_view value, std::string_view why);
Error missing_value(std::string_view path);

// Tags or params that one call may bring along.
inline constexpr size_t kMaxPerCall = 1000;
Status check_count_per_call(std::string_view what, size_t count);

// Fails with "'what' exceeds the maximum length of N characters".
Status check_length(std::string_view what, std::string_view value, size_t limit);

// Whether all characters are letters or digits of any script, or one of `signs` (ASCII).
bool has_only_words_and(std::string_view text, std::string_view signs);

// Keys of metrics, params and tags: letters and digits of any script, _ - . : / and blanks, and a
// path that names itself (no empty part, no . or ..).
Status check_key(std::string_view key, std::string_view path);

Result<int64_t> parse_experiment_id(std::string_view text);
Result<std::vector<int64_t>> parse_experiment_ids(const std::vector<std::string>& texts);
Status check_run_id(std::string_view run_id);
Status check_experiment_name(std::string_view name);
Status check_logged_model_name(std::string_view name);

// Where artifacts may lie: on this server (mlflow-artifacts:/path) or in an object store that
// clients reach by themselves. Never a local file, never a path with dot parts in any encoding.
Status check_artifact_uri(std::string_view uri, std::string_view path);

}  // namespace rondo::tracking
