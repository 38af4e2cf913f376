#include "domain/tracking/validation.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "domain/artifacts/path.h"

namespace rondo::tracking {
namespace {

struct Range {
    uint32_t first, last;
};
// Signs, symbols, invisible and private characters above ASCII: no part of a name. What is left
// are the letters, digits and marks of all scripts.
constexpr std::array kNoLetters{
    Range{0x80, 0xA9},     Range{0xAB, 0xB1},     Range{0xB4, 0xB4},       Range{0xB6, 0xB8},
    Range{0xBB, 0xBB},     Range{0xBF, 0xBF},     Range{0xD7, 0xD7},       Range{0xF7, 0xF7},
    Range{0x2000, 0x206F}, Range{0x20A0, 0x20CF}, Range{0x2190, 0x2BFF},   Range{0x2E00, 0x2E7F},
    Range{0x3000, 0x3004}, Range{0x3008, 0x3020}, Range{0xE000, 0xF8FF},   Range{0xFE00, 0xFE6F},
    Range{0xFEFF, 0xFF0F}, Range{0xFFE0, 0xFFFF}, Range{0x1F000, 0x1FAFF}, Range{0xE0000, 0x10FFFF},
};

bool starts_character(char c) { return (static_cast<uint8_t>(c) & 0xC0) != 0x80; }

// The code point at the start of well-formed UTF-8.
uint32_t code_point(std::string_view text) {
    const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
    const size_t n = byte(0) < 0x80 ? 1 : byte(0) < 0xE0 ? 2 : byte(0) < 0xF0 ? 3 : 4;
    if (n == 1) return byte(0);
    uint32_t out = byte(0) & (0x7FU >> n);
    for (size_t i = 1; i < n && i < text.size(); ++i) out = out << 6 | (byte(i) & 0x3FU);
    return out;
}

bool is_word_character(std::string_view at, std::string_view signs) {
    const char c = at[0];
    if (static_cast<uint8_t>(c) < 0x80)
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               signs.find(c) != std::string_view::npos;
    if (!starts_character(c)) return true;  // judged with its first byte
    const uint32_t point = code_point(at);
    return std::ranges::none_of(kNoLetters,
                                [&](Range r) { return point >= r.first && point <= r.last; });
}

bool is_id_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

// What an object store of the clients' own is called.
constexpr std::array<std::string_view, 12> kRemoteSchemes{
    "s3", "gs", "abfs", "abfss", "wasb", "wasbs", "r2", "b2", "oss", "hdfs", "viewfs", "dbfs"};

}  // namespace

size_t character_count(std::string_view text) {
    return static_cast<size_t>(std::ranges::count_if(text, starts_character));
}

std::string_view first_characters(std::string_view text, size_t limit) {
    if (text.size() <= limit) return text;
    size_t seen = 0;
    for (size_t i = 0; i < text.size(); ++i) {
        if (starts_character(text[i]) && seen++ == limit) return text.substr(0, i);
    }
    return text;
}

Error invalid_value(std::string_view path, std::string_view value, std::string_view why) {
    std::string message = "Invalid value ";
    append_json_string(message, first_characters(value, 200));
    message += " for parameter '" + std::string(path) + "' supplied: " + std::string(why);
    return {Code::invalid, std::move(message), std::string(path)};
}

Error missing_value(std::string_view path) {
    return {Code::invalid,
            "Missing value for required parameter '" + std::string(path) +
                "'. See the API docs for more information about request parameters.",
            std::string(path)};
}

Status check_length(std::string_view what, std::string_view value, size_t limit) {
    if (value.size() <= limit || character_count(value) <= limit) return ok();
    return fail(Code::invalid,
                "'" + std::string(what) + "' exceeds the maximum length of " +
                    std::to_string(limit) + " characters",
                std::string(what));
}

Status check_count_per_call(std::string_view what, size_t count) {
    if (count <= kMaxPerCall) return ok();
    return fail(Code::invalid,
                "one call can bring at most " + std::to_string(kMaxPerCall) + " " +
                    std::string(what) + ", not " + std::to_string(count),
                std::string(what));
}

bool has_only_words_and(std::string_view text, std::string_view signs) {
    for (size_t i = 0; i < text.size(); ++i) {
        if (!is_word_character(text.substr(i), signs)) return false;
    }
    return true;
}

Status check_key(std::string_view key, std::string_view path) {
    if (key.empty()) return fail(missing_value(path));
    if (!has_only_words_and(key, "_-.: /"))
        return fail(invalid_value(path, key,
                                  "Names may only contain alphanumerics, underscores (_), "
                                  "dashes (-), periods (.), spaces ( ), colon(:) and "
                                  "slashes (/)."));
    // Clients may write a key as a file.
    bool names_itself = !key.starts_with("..");
    for (const std::string_view part : split(key, '/'))
        names_itself = names_itself && !part.empty() && part != "." && part != "..";
    if (!names_itself)
        return fail(invalid_value(path, key,
                                  "Names may be used as file paths, so they must not be "
                                  "absolute nor have parts that are empty, '.' or '..'"));
    return check_length(path, key, kMaxKeyLength);
}

Result<int64_t> parse_experiment_id(std::string_view text) {
    if (const auto id = parse_int(text)) return *id;
    return fail(
        Code::invalid,
        "Invalid experiment ID " + quoted(text) + ". Experiment ID must be a valid integer.",
        "experiment_id");
}

Result<std::vector<int64_t>> parse_experiment_ids(const std::vector<std::string>& texts) {
    constexpr size_t kMaxExperiments = 10'000;
    if (texts.size() > kMaxExperiments)
        return fail(
            Code::invalid,
            "at most " + std::to_string(kMaxExperiments) + " experiments can be searched at once",
            "experiment_ids");
    std::vector<int64_t> out;
    for (const std::string& text : texts) {
        TRY_ASSIGN(const int64_t id, parse_experiment_id(text));
        out.push_back(id);
    }
    return out;
}

Status check_run_id(std::string_view run_id) {
    if (run_id.empty()) return fail(missing_value("run_id"));
    const bool good = run_id.size() <= 256 && run_id[0] != '_' && run_id[0] != '-' &&
                      std::ranges::all_of(run_id, is_id_character);
    if (good) return ok();
    return fail(invalid_value("run_id", run_id, "run ids are letters, digits, _ and -"));
}

Status check_experiment_name(std::string_view name) {
    if (name.empty()) return fail(missing_value("name"));
    return check_length("name", name, kMaxExperimentNameLength);
}

Status check_logged_model_name(std::string_view name) {
    if (name.find_first_of("/:.%\"'") != std::string_view::npos)
        return fail(Code::invalid,
                    "Invalid model name (" + quoted(name) +
                        ") provided. Model name must be a "
                        "non-empty string and cannot contain the following characters: "
                        "('/', ':', '.', '%', '\"', \"'\")",
                    "name");
    return check_length("name", name, kMaxNameLength);
}

Status check_artifact_uri(std::string_view uri, std::string_view path) {
    TRY(check_length(path, uri, kMaxUriLength));
    const size_t colon = uri.find(':');
    const std::string scheme = to_lower(uri.substr(0, colon == std::string_view::npos ? 0 : colon));
    if (scheme == "mlflow-artifacts") {
        if (const auto inside = artifacts::path_of_uri(uri); !inside)
            return fail(invalid_value(path, uri, inside.error().message));
        return ok();
    }
    if (std::ranges::find(kRemoteSchemes, scheme) == kRemoteSchemes.end())
        return fail(invalid_value(path, uri,
                                  "artifacts lie on this server (mlflow-artifacts:/...) or in an "
                                  "object store (s3://, gs://, abfss://, ...); local files and "
                                  "other schemes are refused"));
    if (uri.find_first_of("?#") != std::string_view::npos || artifacts::has_dot_parts(uri))
        return fail(invalid_value(path, uri,
                                  "a location has no query, no fragment and no '..' in its path"));
    return ok();
}

}  // namespace rondo::tracking
