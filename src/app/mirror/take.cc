#include "app/mirror/take.h"

#include <algorithm>
#include <set>

#include "base/text.h"

namespace rondo::app::mirror {
namespace {

using json::Value;

constexpr std::string_view kTokenName = "page_token";
constexpr int kDeepest = 12;

std::string text_of(const Value& value) {
    return value.is_int() ? std::to_string(value.integer()) : std::string(value.text());
}

void find_clocks(const Value& value, int depth, std::optional<int64_t>& latest) {
    if (depth > 2) return;
    for (const auto& [name, member] : value.object()) {
        const bool is_clock = name.starts_with("creation_time") || name.starts_with("last_update");
        if (is_clock && member.is_int())
            latest = std::max(latest.value_or(0), member.integer());
        else
            find_clocks(member, depth + 1, latest);
    }
}

void find_named(const Value& value, std::string_view under, int depth, std::set<Named>& found) {
    if (depth > kDeepest || found.size() >= kMostNamed) return;
    for (const Value& item : value.list()) find_named(item, under, depth + 1, found);
    constexpr std::string_view kRegistered[] = {"registered_model", "registered_models",
                                                "model_version", "model_versions",
                                                "latest_versions"};
    if (value.is_object() && std::ranges::find(kRegistered, under) != std::end(kRegistered) &&
        value["name"].is_text())
        found.insert({"model", std::string(value["name"].text())});
    for (const auto& [name, member] : value.object()) {
        const std::string id = text_of(member);
        if (!id.empty() && (name == "run_id" || name == "run_uuid"))
            found.insert({"run", id});
        else if (!id.empty() && name == "model_id")
            found.insert({"logged_model", id});
        else if (!id.empty() && name == "experiment_id")
            found.insert({"experiment", id});
        else
            find_named(member, name, depth + 1, found);
    }
}

tracking::Experiment read_experiment(const Value& told) {
    tracking::Experiment out;
    out.id = parse_int(text_of(told["experiment_id"])).value_or(-1);
    out.name = told["name"].text();
    out.artifact_location = told["artifact_location"].text();
    out.stage = told["lifecycle_stage"].text() == "deleted" ? tracking::Stage::deleted
                                                            : tracking::Stage::active;
    out.created_ms = told["creation_time"].integer();
    out.updated_ms = told["last_update_time"].integer();
    for (const Value& tag : told["tags"].list())
        out.tags.push_back({std::string(tag["key"].text()), std::string(tag["value"].text())});
    return out;
}

}  // namespace

net::Chosen chosen_by(std::string_view path, const Value& answer) {
    net::Chosen out;
    if (path.ends_with("/mlflow/experiments/create")) {
        out.id = text_of(answer["experiment_id"]);
    } else if (path.ends_with("/mlflow/runs/create")) {
        const Value& info = answer["run"]["info"];
        out = {text_of(info["run_id"]), text_of(info["run_name"]), text_of(info["artifact_uri"])};
    } else if (path.ends_with("/mlflow/logged-models")) {
        const Value& info = answer["model"]["info"];
        out = {text_of(info["model_id"]), text_of(info["name"]), text_of(info["artifact_uri"])};
    } else if (path.ends_with("/mlflow/model-versions/create")) {
        out.number = parse_int(text_of(answer["model_version"]["version"])).value_or(0);
    }
    return out;
}

std::optional<int64_t> clock_of(const Value& answer) {
    std::optional<int64_t> latest;
    find_clocks(answer, 0, latest);
    return latest;
}

std::vector<tracking::Experiment> experiments_in(std::string_view path, const Value& answer) {
    std::vector<tracking::Experiment> out;
    if (path.ends_with("/mlflow/experiments/get") || path.ends_with("/experiments/get-by-name"))
        out.push_back(read_experiment(answer["experiment"]));
    if (path.ends_with("/mlflow/experiments/search")) {
        for (const Value& told : answer["experiments"].list()) out.push_back(read_experiment(told));
    }
    std::erase_if(out, [](const tracking::Experiment& one) {
        return one.id < 0 || one.name.empty() || one.artifact_location.empty();
    });
    return out;
}

std::vector<Named> named_in(const Value& answer) {
    std::set<Named> found;
    find_named(answer, "", 0, found);
    return {found.begin(), found.end()};
}

std::string next_page_of(const Value& answer) {
    return std::string(answer["next_page_token"].text());
}

std::string page_token_in(std::string_view query, const Value& body) {
    if (const auto pairs = net::parse_query(query)) {
        for (const auto& [name, value] : *pairs) {
            if (name == kTokenName) return value;
        }
    }
    return std::string(body[kTokenName].text());
}

std::string query_with_page(std::string_view query, const std::string& token) {
    std::string out;
    for (const std::string_view pair : split(query, '&')) {
        if (!out.empty()) out += '&';
        if (pair.substr(0, pair.find('=')) == kTokenName)
            out += std::string(kTokenName) + "=" + net::percent_encode(token);
        else
            out += pair;
    }
    return out;
}

Value message_with_page(Value body, const std::string& token) {
    if (body[kTokenName].is_text()) body.set(kTokenName, token);
    return body;
}

}  // namespace rondo::app::mirror
