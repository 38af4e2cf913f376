// Accounts in the words of MLflow's basic-auth plugin: users, permissions on experiments and
// registered models, and roles. Newer clients (3.17) speak of resources, older ones have a route
// for each kind of object; both mean the same grants.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/mlflow/wire.h"
#include "platform/auth/model.h"

namespace rondo::api::mlflow {

inline constexpr std::string_view kWorkspaceName = "default";

// What a client calls a grant of nothing: older ones NO_PERMISSIONS, newer ones DENY.
enum class Words : uint8_t { older, newer };
std::string permission_name(auth::Level level, Words words);
// Code::invalid with all that there are.
Result<auth::Level> parse_permission(const std::string& name, Words words);

// A kind of ours, for a type of resource that grants are about here.
Result<std::string> kind_of_resource(const std::string& type);
// Likewise of what grants of roles are about: our other kinds and the workspace, too. A prompt is a
// registered model here, so there is no saying something of every prompt.
Result<std::string> kind_for_role(const std::string& type, const std::string& pattern);
std::string resource_type_of(const std::string& kind);

struct UserRef {
    std::string username;
    static constexpr auto fields =
        std::tuple{field("username", &UserRef::username, "Name of the account", required)};
};
struct NewUser {
    std::string username, password;
    static constexpr auto fields =
        std::tuple{field("username", &NewUser::username, "Name, not taken", required),
                   field("password", &NewUser::password, "12 to 1,024 bytes", required)};
};
struct NewPassword {
    std::string username, password;
    std::optional<std::string> current_password;
    static constexpr auto fields = std::tuple{
        field("username", &NewPassword::username, "Name of the account", required),
        field("password", &NewPassword::password, "The new one", required),
        field("current_password", &NewPassword::current_password, "For the own account")};
};
struct AdminChange {
    std::string username;
    bool is_admin = false;
    static constexpr auto fields = std::tuple{
        field("username", &AdminChange::username, "Name of the account", required),
        field("is_admin", &AdminChange::is_admin, "May do everything everywhere", required)};
};

struct ExperimentPermission {
    std::string experiment_id;
    int64_t user_id = 0;
    std::string permission;
    static constexpr auto fields =
        std::tuple{field("experiment_id", &ExperimentPermission::experiment_id, "Experiment"),
                   field("user_id", &ExperimentPermission::user_id, "Whose"),
                   field("permission", &ExperimentPermission::permission,
                         "NO_PERMISSIONS, READ, "
                         "USE, EDIT or MANAGE")};
};
struct ModelPermission {
    std::string workspace{kWorkspaceName};
    std::string name;
    int64_t user_id = 0;
    std::string permission;
    static constexpr auto fields =
        std::tuple{field("workspace", &ModelPermission::workspace, "Always default"),
                   field("name", &ModelPermission::name, "Registered model"),
                   field("user_id", &ModelPermission::user_id, "Whose"),
                   field("permission", &ModelPermission::permission,
                         "NO_PERMISSIONS, READ, USE, "
                         "EDIT or MANAGE")};
};
struct UserMessage {
    int64_t id = 0;
    std::string username;
    bool is_admin = false;
    // Older clients do not understand a user without these.
    std::vector<ExperimentPermission> experiment_permissions;
    std::vector<ModelPermission> registered_model_permissions;
    static constexpr auto fields = std::tuple{
        field("id", &UserMessage::id, "Number"), field("username", &UserMessage::username, "Name"),
        field("is_admin", &UserMessage::is_admin, "May do everything everywhere"),
        field("experiment_permissions", &UserMessage::experiment_permissions, "By grants",
              required),
        field("registered_model_permissions", &UserMessage::registered_model_permissions,
              "By grants", required)};
};
struct UserAnswer {
    UserMessage user;
    static constexpr auto fields = std::tuple{field("user", &UserAnswer::user, "The account")};
};
struct CurrentUser {
    struct Who {
        int64_t id = 0;
        std::string username;
        bool is_admin = false;
        static constexpr auto fields =
            std::tuple{field("id", &Who::id, "Number"), field("username", &Who::username, "Name"),
                       field("is_admin", &Who::is_admin, "May do everything everywhere")};
    };
    Who user;
    bool is_basic_auth = true;
    static constexpr auto fields = std::tuple{
        field("user", &CurrentUser::user, "Who asks"),
        field("is_basic_auth", &CurrentUser::is_basic_auth, "Names and passwords are taken")};
};

struct RolePermission {
    int64_t id = 0, role_id = 0;
    std::string resource_type, resource_pattern, permission;
    static constexpr auto fields =
        std::tuple{field("id", &RolePermission::id, "Number"),
                   field("role_id", &RolePermission::role_id, "Role"),
                   field("resource_type", &RolePermission::resource_type, "Kind of object"),
                   field("resource_pattern", &RolePermission::resource_pattern, "Id, name or *"),
                   field("permission", &RolePermission::permission, "Level")};
};
struct RoleMessage {
    int64_t id = 0;
    std::string name, workspace{kWorkspaceName};
    json::Raw description;  // a text or null
    std::vector<RolePermission> permissions;
    static constexpr auto fields = std::tuple{
        field("id", &RoleMessage::id, "Number"),
        field("name", &RoleMessage::name, "viewer, editor, maintainer, admin, or a custom role's"),
        field("workspace", &RoleMessage::workspace, "Always default"),
        field("description", &RoleMessage::description, "What it may, or null"),
        field("permissions", &RoleMessage::permissions, "What it holds", required)};
};
struct ListedUser {
    int64_t id = 0;
    std::string username;
    bool is_admin = false;
    std::vector<RoleMessage> roles;
    static constexpr auto fields = std::tuple{
        field("id", &ListedUser::id, "Number"), field("username", &ListedUser::username, "Name"),
        field("is_admin", &ListedUser::is_admin, "May do everything everywhere"),
        field("roles", &ListedUser::roles, "The fixed one, and custom roles", required)};
};
struct UserList {
    std::vector<ListedUser> users;
    static constexpr auto fields =
        std::tuple{field("users", &UserList::users, "By name", required)};
};

// --- permissions -----------------------------------------------------------------------------

struct ExperimentGrantRef {
    std::string experiment_id, username;
    static constexpr auto fields =
        std::tuple{field("experiment_id", &ExperimentGrantRef::experiment_id, "Id", required),
                   field("username", &ExperimentGrantRef::username, "Whose", required)};
};
struct ExperimentGrant {
    std::string experiment_id, username, permission;
    static constexpr auto fields =
        std::tuple{field("experiment_id", &ExperimentGrant::experiment_id, "Id", required),
                   field("username", &ExperimentGrant::username, "Whose", required),
                   field("permission", &ExperimentGrant::permission, "Level", required)};
};
struct ExperimentGrantAnswer {
    ExperimentPermission experiment_permission;
    static constexpr auto fields = std::tuple{
        field("experiment_permission", &ExperimentGrantAnswer::experiment_permission, "The grant")};
};
struct ModelGrantRef {
    std::string name, username;
    static constexpr auto fields =
        std::tuple{field("name", &ModelGrantRef::name, "Registered model", required),
                   field("username", &ModelGrantRef::username, "Whose", required)};
};
struct ModelGrant {
    std::string name, username, permission;
    static constexpr auto fields =
        std::tuple{field("name", &ModelGrant::name, "Registered model", required),
                   field("username", &ModelGrant::username, "Whose", required),
                   field("permission", &ModelGrant::permission, "Level", required)};
};
struct ModelGrantAnswer {
    ModelPermission registered_model_permission;
    static constexpr auto fields =
        std::tuple{field("registered_model_permission",
                         &ModelGrantAnswer::registered_model_permission, "The grant")};
};
struct ResourceRef {
    std::string username, resource_type, resource_id;
    static constexpr auto fields =
        std::tuple{field("username", &ResourceRef::username, "Whose", required),
                   field("resource_type", &ResourceRef::resource_type,
                         "experiment, registered_model, prompt", required),
                   field("resource_id", &ResourceRef::resource_id, "Id or name", required)};
};
struct ResourceGrant {
    std::string username, resource_type, resource_id, permission;
    static constexpr auto fields =
        std::tuple{field("username", &ResourceGrant::username, "Whose", required),
                   field("resource_type", &ResourceGrant::resource_type,
                         "experiment, registered_model, prompt", required),
                   field("resource_id", &ResourceGrant::resource_id, "Id or name", required),
                   field("permission", &ResourceGrant::permission,
                         "READ, USE, EDIT, MANAGE or DENY", required)};
};
struct Effective {
    bool allowed = false;
    std::string permission;
    static constexpr auto fields =
        std::tuple{field("allowed", &Effective::allowed, "May at least use it"),
                   field("permission", &Effective::permission, "What counts, by role and grant")};
};
struct HeldPermission {
    int64_t role_id = 0;  // 0: granted to the user alone
    std::string role_name, workspace{kWorkspaceName}, resource_type, resource_pattern, permission;
    static constexpr auto fields =
        std::tuple{field("role_id", &HeldPermission::role_id, "Role; 0 for a grant"),
                   field("role_name", &HeldPermission::role_name, "__user_ID__ for a grant"),
                   field("workspace", &HeldPermission::workspace, "Always default"),
                   field("resource_type", &HeldPermission::resource_type, "Kind of object"),
                   field("resource_pattern", &HeldPermission::resource_pattern, "Id, name or *"),
                   field("permission", &HeldPermission::permission, "Level")};
};
struct HeldPermissions {
    bool is_admin = false;
    std::vector<HeldPermission> permissions;
    static constexpr auto fields =
        std::tuple{field("is_admin", &HeldPermissions::is_admin, "May do everything everywhere"),
                   field("permissions", &HeldPermissions::permissions, "Of the role, and by grants",
                         required)};
};

// --- roles -----------------------------------------------------------------------------------

struct RoleRef {
    int64_t role_id = 0;
    static constexpr auto fields =
        std::tuple{field("role_id", &RoleRef::role_id, "Number of the role", required)};
};
struct RolesQuery {
    std::vector<std::string> workspace;
    static constexpr auto fields =
        std::tuple{field("workspace", &RolesQuery::workspace, "Only of these workspaces")};
};
struct Assign {
    std::string username;
    int64_t role_id = 0;
    static constexpr auto fields =
        std::tuple{field("username", &Assign::username, "Name of the account", required),
                   field("role_id", &Assign::role_id, "Number of the role", required)};
};
struct Assignment {
    int64_t id = 0, user_id = 0, role_id = 0;
    static constexpr auto fields =
        std::tuple{field("id", &Assignment::id, "Number of the assignment"),
                   field("user_id", &Assignment::user_id, "Who"),
                   field("role_id", &Assignment::role_id, "Which role")};
};
struct AssignmentAnswer {
    Assignment assignment;
    static constexpr auto fields =
        std::tuple{field("assignment", &AssignmentAnswer::assignment, "The assignment")};
};
struct AssignmentList {
    std::vector<Assignment> assignments;
    static constexpr auto fields = std::tuple{
        field("assignments", &AssignmentList::assignments, "By name of the user", required)};
};
struct RoleAnswer {
    RoleMessage role;
    static constexpr auto fields = std::tuple{field("role", &RoleAnswer::role, "The role")};
};
struct RoleList {
    std::vector<RoleMessage> roles;
    static constexpr auto fields =
        std::tuple{field("roles", &RoleList::roles, "From less to more", required)};
};
struct RolePermissionList {
    std::vector<RolePermission> role_permissions;
    static constexpr auto fields = std::tuple{
        field("role_permissions", &RolePermissionList::role_permissions, "Of the role", required)};
};

struct NewRole {
    std::string workspace, name;
    std::optional<std::string> description;
    static constexpr auto fields =
        std::tuple{field("workspace", &NewRole::workspace, "default", required),
                   field("name", &NewRole::name, "Name, not taken", required),
                   field("description", &NewRole::description, "What it is for")};
};
struct RoleUpdate {
    int64_t role_id = 0;
    std::optional<std::string> name, description;
    static constexpr auto fields =
        std::tuple{field("role_id", &RoleUpdate::role_id, "Number of the role", required),
                   field("name", &RoleUpdate::name, "Name, not taken"),
                   field("description", &RoleUpdate::description, "What it is for")};
};
struct NewRolePermission {
    int64_t role_id = 0;
    std::string resource_type, resource_pattern, permission;
    static constexpr auto fields = std::tuple{
        field("role_id", &NewRolePermission::role_id, "Number of the role", required),
        field("resource_type", &NewRolePermission::resource_type,
              "experiment, registered_model, prompt, endpoint, pipeline, dataset, workspace",
              required),
        field("resource_pattern", &NewRolePermission::resource_pattern,
              "An experiment's id, another thing's name, or * for every one", required),
        field("permission", &NewRolePermission::permission, "READ, USE, EDIT, MANAGE or DENY",
              required)};
};
struct RolePermissionRef {
    int64_t role_permission_id = 0;
    static constexpr auto fields =
        std::tuple{field("role_permission_id", &RolePermissionRef::role_permission_id,
                         "Number of the permission", required)};
};
struct RolePermissionUpdate {
    int64_t role_permission_id = 0;
    std::string permission;
    static constexpr auto fields =
        std::tuple{field("role_permission_id", &RolePermissionUpdate::role_permission_id,
                         "Number of the permission", required),
                   field("permission", &RolePermissionUpdate::permission,
                         "READ, USE, EDIT, MANAGE or DENY", required)};
};
struct RolePermissionAnswer {
    RolePermission role_permission;
    static constexpr auto fields = std::tuple{
        field("role_permission", &RolePermissionAnswer::role_permission, "The permission")};
};

// The four fixed roles, from less to more, and the one of an account, if it has one.
const std::vector<RoleMessage>& fixed_roles();
const RoleMessage* role_message(auth::Role role);
auth::Role role_of(const RoleMessage& message);

// Numbers of custom roles, of their permissions and of assignments as clients see them: above those
// that the fixed roles have taken.
inline constexpr int64_t kFixedNumbers = 100;

}  // namespace rondo::api::mlflow
