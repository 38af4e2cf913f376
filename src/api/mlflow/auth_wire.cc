#include "api/mlflow/auth_wire.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "domain/data/model.h"
#include "domain/pipeline/model.h"
#include "domain/registry/objects.h"
#include "domain/serving/model.h"
#include "domain/tracking/objects.h"
#include "platform/json/enums.h"
#include "platform/json/value.h"

namespace rondo::api::mlflow {
namespace {

using auth::Level;
using auth::Role;

constexpr std::array<std::pair<Level, std::string_view>, 4> kLevels{
    {{Level::read, "READ"}, {Level::use, "USE"}, {Level::edit, "EDIT"}, {Level::manage, "MANAGE"}}};
constexpr std::string_view kExperiment = "experiment", kModel = "registered_model",
                           kPrompt = "prompt", kWorkspace = auth::kWorkspaceKind;
// Kinds that MLflow does not have, under our names.
constexpr std::array<std::string_view, 3> kOwnKinds{serving::kEndpointKind, pipeline::kPipelineKind,
                                                    data::kDatasetKind};
// What MLflow lets roles tell apart within an object.
constexpr std::array<std::string_view, 7> kParts{"run",           "trace",
                                                 "assessment",    "logged_model",
                                                 "review_queue",  "registered_model_version",
                                                 "prompt_version"};

std::string_view word_for_nothing(Words words) {
    return words == Words::older ? "NO_PERMISSIONS" : "DENY";
}

// What a role holds, as permissions on everything. Who may create holds USE on the workspace, who
// administers accounts MANAGE.
RoleMessage fixed_role(int64_t id, Role role, std::string_view what) {
    RoleMessage out{.id = id,
                    .name = std::string(json::text_of(role)),
                    .description = {json::Value(what).dump()}};
    const auto add = [&](std::string_view type, std::string_view permission) {
        constexpr int64_t kMostOfARole = 10;
        out.permissions.push_back(
            {.id = id * kMostOfARole + static_cast<int64_t>(out.permissions.size()),
             .role_id = id,
             .resource_type = std::string(type),
             .resource_pattern = "*",
             .permission = std::string(permission)});
    };
    for (const std::string_view type : {kExperiment, kModel, kPrompt})
        add(type, permission_name(level_of(role), Words::newer));
    if (role >= Role::editor) add(kWorkspace, role == Role::admin ? "MANAGE" : "USE");
    return out;
}

}  // namespace

std::string permission_name(Level level, Words words) {
    for (const auto& [known, name] : kLevels) {
        if (known == level) return std::string(name);
    }
    return std::string(word_for_nothing(words));
}

Result<Level> parse_permission(const std::string& name, Words words) {
    std::string all;
    for (const auto& [level, known] : kLevels) {
        if (known == name) return level;
        all.append(known).append(", ");
    }
    if (name == word_for_nothing(words)) return Level::none;
    return fail(Code::invalid,
                "Invalid permission " + quoted(name) +
                    ". Valid permissions are: " + all.append(word_for_nothing(words)),
                "permission");
}

Result<std::string> kind_of_resource(const std::string& type) {
    if (type == kExperiment) return std::string(tracking::kExperimentKind);
    if (type == kModel || type == kPrompt) return std::string(registry::kModelKind);
    if (type == kWorkspace)
        return fail(Code::invalid,
                    "resource_type 'workspace' is not granted to single users: assign a role with "
                    "roles/assign",
                    "resource_type");
    return fail(Code::invalid,
                "Invalid resource type " + quoted(type) +
                    ". Grants here are about: experiment, registered_model, prompt",
                "resource_type");
}

Result<std::string> kind_for_role(const std::string& type, const std::string& pattern) {
    if (type == kWorkspace || std::ranges::find(kOwnKinds, type) != kOwnKinds.end()) return type;
    if (type == kPrompt && pattern == auth::kEveryName)
        return fail(Code::invalid,
                    "resource_type 'prompt' takes no '*': a prompt is a registered model here, so "
                    "name one, or say registered_model",
                    "resource_type");
    if (std::ranges::find(kParts, type) != kParts.end())
        return fail(Code::invalid,
                    "resource_type " + quoted(type) +
                        " has no permissions of its own here: what lies under an experiment or a "
                        "registered_model goes with it",
                    "resource_type");
    auto kind = kind_of_resource(type);
    if (kind) return kind;
    return fail(Code::invalid,
                "Invalid resource type " + quoted(type) +
                    ". Roles here are about: experiment, registered_model, prompt, endpoint, "
                    "pipeline, dataset, workspace",
                "resource_type");
}

std::string resource_type_of(const std::string& kind) {
    return kind == registry::kModelKind ? std::string(kModel) : kind;
}

const std::vector<RoleMessage>& fixed_roles() {
    static const std::vector<RoleMessage> roles{
        fixed_role(1, Role::viewer, "Reads everything"),
        fixed_role(2, Role::editor,
                   "Also creates, changes and calls models; manages what it has made"),
        fixed_role(3, Role::maintainer,
                   "Also manages everything, runs pipelines, defines endpoints, moves traffic"),
        fixed_role(4, Role::admin, "Also makes accounts and tokens, and reads the audit trail")};
    return roles;
}

const RoleMessage* role_message(Role role) {
    for (const RoleMessage& known : fixed_roles()) {
        if (known.name == json::text_of(role)) return &known;
    }
    return nullptr;
}

Role role_of(const RoleMessage& message) { return json::stored_value_of<Role>(message.name); }

}  // namespace rondo::api::mlflow
