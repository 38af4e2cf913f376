#include "platform/auth/gate.h"

#include "base/bytes.h"
#include "base/log.h"
#include "platform/auth/store.h"
#include "platform/auth/store_roles.h"
#include "platform/auth/token.h"
#include "platform/crypto/crypto.h"
#include "platform/json/enums.h"

namespace rondo::auth {
namespace {

using rpc::Reach;

constexpr int kMaxPending = 64;  // requests whose credentials are still to be looked at
constexpr Micros kRemember{60'000'000};
constexpr size_t kMaxRemembered = 10'000;
constexpr size_t kMaxUses = 100'000;
constexpr size_t kMaxName = 64;  // of a user
constexpr std::string_view kLocal = "local";

std::unexpected<Error> refuse(std::string message) {
    return fail(Code::permission_denied, std::move(message));
}

// The level that a reach needs on an object; none where levels do not count.
Level level_for(Reach reach) {
    switch (reach) {
        case Reach::read:
            return Level::read;
        case Reach::invoke:
            return Level::use;
        case Reach::write:
            return Level::edit;
        case Reach::manage:
        case Reach::operate:
            return Level::manage;
        case Reach::open:
        case Reach::optional:
        case Reach::signed_in:
        case Reach::search:
        case Reach::create:
        case Reach::admin:
            return Level::none;
    }
    return Level::manage;
}

bool scope_reaches(Scope scope, Reach reach) {
    switch (reach) {
        case Reach::open:
        case Reach::optional:
        case Reach::signed_in:
            return true;
        case Reach::invoke:
            return scope != Scope::read;
        case Reach::read:
        case Reach::search:
            return scope >= Scope::read;
        case Reach::write:
        case Reach::create:
        case Reach::manage:
            return scope >= Scope::write;
        case Reach::operate:
            return scope >= Scope::operate;
        case Reach::admin:
            return scope >= Scope::admin;
    }
    return false;
}

bool is_audited(Reach reach) { return reach == Reach::manage || reach == Reach::operate; }

Headers headers_of(const net::Request& request) {
    return {request.headers.get("authorization"), request.headers.get("x-api-key"),
            request.headers.get("cookie")};
}

std::unexpected<Error> who_are_you() {
    return fail(Code::unauthenticated,
                "sign in: send a token as 'Authorization: Bearer ...' (`rondo token create` makes "
                "one), or a name and a password as Basic credentials");
}
std::unexpected<Error> not_known() {
    return fail(Code::unauthenticated,
                "these credentials open nothing: unknown, expired, revoked "
                "or of an account that is locked");
}

std::string shown(const std::vector<rpc::NamedObject>& objects) {
    std::string out;
    for (const rpc::NamedObject& object : objects) {
        if (out.size() > 500) return out + " ...";
        if (!out.empty()) out += ", ";
        out += std::string(object.kind) + " " + object.id;
    }
    return out;
}

Caller of_account(const Directory::Account& account) {
    return {.user_id = account.user.id,
            .name = account.user.name,
            .role = account.user.role,
            .is_admin = account.user.is_admin,
            .restricted = account.restricted,
            .by_roles = account.by_roles};
}

Caller who_holds_the_folder() {
    return {.name = std::string(kLocal), .role = Role::admin, .is_admin = true};
}

}  // namespace

Gate::Gate(Parts parts)
    : parts_(std::move(parts)), throttle_(parts_.env), process_key_(random_hex(parts_.env, 32)) {}

Status Gate::admit(const rpc::Permission& permission, net::Request& request) {
    const auto view = parts_.directory.view();
    if (!view->has_accounts() && !parts_.needs_accounts) return admit_local(permission, request);
    auto shown = read_credentials(headers_of(request));
    const bool open = permission.reach == Reach::open;
    if (!shown) return open ? ok() : fail(shown.error());
    std::optional<Caller> caller;
    if (!shown->token.empty()) {
        auto found = caller_of_token(shown->token);
        if (!found && !open) return fail(found.error());
        if (found) caller = std::move(*found);
        if (!caller && is_token(shown->token) && !open) {
            TRY_ASSIGN(caller, pending({.unknown_token = shown->token}));
        }
        if (!caller && !open) return not_known();
    } else if (!shown->password.empty()) {
        caller = verified_lately(shown->name, shown->password);
        if (!caller && !open) {
            TRY_ASSIGN(caller, pending({.name = shown->name, .password = shown->password}));
        }
    }
    if (!caller) return open || permission.reach == Reach::optional ? ok() : who_are_you();
    if (!caller->is_pending()) {
        if (Status may = check_reach(*caller, permission); !may) {
            refused_.fetch_add(1, std::memory_order_relaxed);
            return may;
        }
    }
    request.caller = std::make_shared<const Caller>(std::move(*caller));
    return ok();
}

// Without accounts: everybody on this machine, and who holds the data folder.
Status Gate::admit_local(const rpc::Permission& permission, net::Request& request) const {
    const auto shown = read_credentials(headers_of(request));
    const bool holds = shown && !parts_.local_token.empty() &&
                       equal_in_constant_time(shown->token, parts_.local_token);
    if (!holds && (permission.reach == Reach::operate || permission.reach == Reach::admin))
        return fail(Code::unauthenticated,
                    "this route runs code, moves traffic or changes accounts: it needs the token "
                    "in the data folder's file 'token', sent as 'Authorization: Bearer ...', or "
                    "accounts, which `rondo user create NAME --admin` turns on");
    static const auto anybody = std::make_shared<const Caller>(
        Caller{.name = "anybody here", .role = Role::maintainer, .scope = Scope::operate});
    static const auto holder = std::make_shared<const Caller>(who_holds_the_folder());
    request.caller = holds ? holder : anybody;
    return ok();
}

Result<std::optional<Caller>> Gate::caller_of_token(const std::string& token) {
    if (!parts_.local_token.empty() && equal_in_constant_time(token, parts_.local_token))
        return who_holds_the_folder();
    const auto view = parts_.directory.view();
    const auto found = view->tokens_by_hash.find(hash_of(token));
    if (found == view->tokens_by_hash.end()) return std::optional<Caller>();
    const Token& held = found->second;
    const Directory::Account* account = view->find(held.user_id);
    const Time now = parts_.env.now();
    if (account == nullptr || account->user.disabled || (held.expires && *held.expires <= now))
        return not_known();
    Caller caller = of_account(*account);
    caller.scope = held.scope;
    caller.token_id = held.id;
    const std::lock_guard lock(mutex_);
    if (used_.size() < kMaxUses) used_[held.id] = now;
    return caller;
}

std::string Gate::key_of(const std::string& name, const std::string& password) const {
    std::string text;
    put_text(text, name);
    put_text(text, password);
    return hmac_sha256(process_key_, text);
}

std::optional<Caller> Gate::verified_lately(const std::string& name, const std::string& password) {
    const std::string key = key_of(name, password);
    const auto view = parts_.directory.view();
    const std::lock_guard lock(mutex_);
    const auto found = verified_.find(key);
    if (found == verified_.end()) return std::nullopt;
    const Directory::Account* account = view->find(found->second.user_id);
    if (account == nullptr || account->user.disabled ||
        account->password != found->second.password_hash ||
        parts_.env.steady() >= found->second.until) {
        verified_.erase(found);
        return std::nullopt;
    }
    return of_account(*account);
}

// A caller whose credentials are looked at once the request is there. Few at a time, because the
// body of such a request is read before anybody knows whose it is.
Result<Caller> Gate::pending(Caller caller) {
    if (pending_.fetch_add(1) >= kMaxPending) {
        pending_.fetch_sub(1);
        return fail(Code::exhausted, "too many sign-ins at once; try again in a few seconds");
    }
    caller.slot = std::shared_ptr<void>(nullptr, [this](void*) { pending_.fetch_sub(1); });
    return caller;
}

Status Gate::check_reach(const Caller& caller, const rpc::Permission& permission) const {
    const Reach reach = permission.reach;
    if (!scope_reaches(caller.scope, reach))
        return refuse("this token is good for '" + std::string(json::text_of(caller.scope)) +
                      "' alone; make another one with `rondo token create --scope`");
    if (caller.is_admin) return ok();
    switch (reach) {
        case Reach::create:
            if (caller.role >= Role::editor) return ok();
            if (caller.by_roles != nullptr && caller.by_roles->may_create) return ok();
            return refuse("this needs the role editor in the workspace; ask an administrator");
        case Reach::operate:
            if (caller.role >= Role::maintainer) return ok();
            return refuse(
                "this runs code or moves traffic: it needs the role maintainer; ask an "
                "administrator");
        case Reach::admin:
            if (caller.role >= Role::admin) return ok();
            return refuse("this is an administrator's to do");
        default:
            // What is about no single object needs the workspace's role.
            if (permission.object.empty() && level_of(caller.role) < level_for(reach))
                return refuse("this needs a role in the workspace; ask an administrator");
            return ok();
    }
}

std::string_view Gate::kind_behind(std::string_view kind) const {
    const auto resolver = parts_.resolvers.find(kind);
    return resolver == parts_.resolvers.end() ? std::string_view() : resolver->second.kind;
}

bool Gate::holds_everywhere(const Caller& caller, Level level, std::string_view kind) const {
    if (level == Level::none || caller.is_admin) return true;
    if (caller.restricted) return false;
    if (level_of(caller.role) >= level) return true;
    return caller.by_roles != nullptr && level_everywhere(caller, kind_behind(kind)) >= level;
}

bool Gate::asks(const rpc::Permission& permission, const net::Request& request) const {
    if (request.caller == nullptr) return false;  // an open route
    if (request.caller->is_pending() || is_audited(permission.reach)) return true;
    if (!permission.object.empty() &&
        !holds_everywhere(*request.caller, level_for(permission.reach), permission.object))
        return true;
    for (const rpc::ObjectField& also : permission.also) {
        if (!holds_everywhere(*request.caller, level_for(also.reach), also.object)) return true;
    }
    return false;
}

Task<Result<int64_t>> Gate::permit(const rpc::Permission& permission, net::Request& request,
                                   std::vector<rpc::NamedObject> objects) {
    if (request.caller->is_pending()) {
        auto settled = co_await settle_pending(*request.caller, request.peer);
        if (!settled) co_return fail(settled.error());
        request.caller = std::make_shared<const Caller>(std::move(*settled));
        CO_TRY(check_reach(*request.caller, permission));
    }
    const Status may = co_await check_objects(request.caller, permission, objects);
    if (!may) refused_.fetch_add(1, std::memory_order_relaxed);
    if (!is_audited(permission.reach)) {
        if (!may) co_return fail(may.error());
        co_return 0;
    }
    auto noted = co_await write_note(request.caller, request.peer, permission, objects,
                                     may ? "asked" : "refused");
    if (!may) co_return fail(may.error());
    co_return noted;
}

Task<Result<Caller>> Gate::settle_pending(const Caller& caller, const std::string& address) {
    if (!caller.unknown_token.empty()) {
        CO_TRY(co_await parts_.directory.refresh());
        CO_TRY_ASSIGN(auto found, caller_of_token(caller.unknown_token));
        if (!found) co_return not_known();
        co_return std::move(*found);
    }
    co_return co_await sign_in(caller.name, caller.password, address);
}

Task<Result<Caller>> Gate::sign_in(std::string name, std::string password, std::string address) {
    name.resize(std::min(name.size(), kMaxName + 1));  // no name is longer; what is, is not known
    const Micros wait = throttle_.wait(name, address);
    if (wait > Micros{0}) {
        const auto seconds = static_cast<int32_t>((wait.count() + 999'999) / 1'000'000);
        co_return fail({.code = Code::exhausted,
                        .message = "too many wrong passwords; try again in " +
                                   std::to_string(seconds) + " seconds",
                        .retry_after_s = seconds});
    }
    // As fresh as a process on another machine may have made it.
    CO_TRY(co_await parts_.directory.refresh());
    const auto view = parts_.directory.view();
    const Directory::Account* account = view->find(name);
    const std::string hash = account == nullptr ? "" : account->password;
    CO_TRY_ASSIGN(const bool right, co_await parts_.passwords.matches(password, hash));
    if (!right || account->user.disabled) {
        throttle_.failed(name, address);
        failed_sign_ins_.fetch_add(1, std::memory_order_relaxed);
        CO_TRY(co_await parts_.db.write(store::Durability::full, [=, this](store::Tx& tx) {
            return parts_.accounts.note(tx, {{.name = name}, address}, "sign_in", "user " + name,
                                        "refused", "");
        }));
        co_return fail(Code::unauthenticated, "wrong name or password");
    }
    throttle_.succeeded(name, address);
    const std::lock_guard lock(mutex_);
    if (verified_.size() >= kMaxRemembered) verified_.clear();
    verified_[key_of(name, password)] = {account->user.id, hash, parts_.env.steady() + kRemember};
    co_return of_account(*account);
}

Result<ObjectRef> Gate::resolve(store::Tx& tx, const std::string& kind,
                                const std::string& id) const {
    const auto resolver = parts_.resolvers.find(kind);
    if (resolver == parts_.resolvers.end())
        return fail(Code::invalid, "no objects of kind '" + kind + "'", "object");
    TRY_ASSIGN(const auto found, resolver->second(tx, id));
    if (!found) return fail(Code::not_found, "no " + kind + " '" + id + "'", "name");
    return *found;
}

Result<ObjectRef> Gate::resolve_for_role(store::Tx& tx, const std::string& kind,
                                         const std::string& id) const {
    if (kind == kWorkspaceKind && id != kEveryName)
        return fail(Code::invalid, "there is one workspace, called *", "name");
    if (id != kEveryName) return resolve(tx, kind, id);
    // Of "run" and the like there is no every: rights are on what they belong to.
    if (kind != kWorkspaceKind && kind_behind(kind) != kind)
        return fail(Code::invalid, "no grants on every '" + kind + "'", "object");
    return ObjectRef{kind, kEveryObject};
}

Result<Level> Gate::level_on(store::Tx& tx, const Caller& caller, const ObjectRef& object) const {
    if (caller.is_admin) return Level::manage;
    TRY_ASSIGN(const Standing standing, sql::find_standing(tx, caller.user_id, object));
    return auth::level_of(standing, caller.role);
}

// A caller whose request goes on for long, as of now.
Result<Caller> Gate::as_of_now(const Caller& before) const {
    const auto view = parts_.directory.view();
    const bool as_before = !view->has_accounts() && !parts_.needs_accounts;
    if (as_before || (before.user_id == 0 && before.is_admin)) return before;
    const Directory::Account* account = view->find(before.user_id);
    if (account == nullptr || account->user.disabled) return not_known();
    if (before.token_id) {
        const auto token = view->token_ends.find(*before.token_id);
        if (token == view->token_ends.end() ||
            (token->second && *token->second <= parts_.env.now()))
            return not_known();
    }
    Caller caller = of_account(*account);
    caller.scope = before.scope;
    caller.token_id = before.token_id;
    return caller;
}

Result<bool> Gate::may_read(store::Tx& tx, const Caller& before, const std::string& subject) const {
    TRY_ASSIGN(const Caller caller, as_of_now(before));
    const size_t slash = subject.find('/');
    const std::string kind = subject.substr(0, slash);
    if (holds_everywhere(caller, Level::read, kind)) return true;
    const auto resolver = parts_.resolvers.find(kind);
    if (slash == std::string::npos || resolver == parts_.resolvers.end()) return false;
    TRY_ASSIGN(const auto object, resolver->second(tx, subject.substr(slash + 1)));
    if (!object) return false;
    TRY_ASSIGN(const Level level, level_on(tx, caller, *object));
    return level >= Level::read;
}

Task<Status> Gate::check_objects(CallerPtr caller, const rpc::Permission& permission,
                                 std::vector<rpc::NamedObject> objects) {
    const Level needed = level_for(permission.reach);
    // A message that names none of its objects is about any of them.
    if (!permission.object.empty() && permission.reach != Reach::search &&
        std::ranges::none_of(objects, [&](const auto& o) { return o.kind == permission.object; }) &&
        !holds_everywhere(*caller, needed, permission.object))
        co_return refuse("this needs the right to " + std::string(json::text_of(needed)) +
                         " every " + std::string(permission.object) + " of the workspace");
    std::erase_if(objects, [&](const rpc::NamedObject& object) {
        return holds_everywhere(*caller, level_for(object.reach), object.kind);
    });
    if (objects.empty()) co_return ok();
    co_return co_await parts_.db.read([=, this](store::Tx& tx) -> Status {
        for (const rpc::NamedObject& object : objects) {
            const auto resolver = parts_.resolvers.find(object.kind);
            if (resolver == parts_.resolvers.end())
                return fail(Code::internal, "no resolver for " + std::string(object.kind));
            TRY_ASSIGN(const auto found, resolver->second(tx, object.id));
            // What is not there is as open as all of its kind, and the handler says that it is not.
            Level level = level_everywhere(*caller, resolver->second.kind);
            if (found) {
                TRY_ASSIGN(level, level_on(tx, *caller, *found));
            }
            if (level < level_for(object.reach))
                return refuse("Permission denied: it needs the level " +
                              std::string(json::text_of(level_for(object.reach))) + " on this " +
                              std::string(object.kind) + "; ask who manages it");
        }
        return ok();
    });
}

Task<Result<int64_t>> Gate::write_note(CallerPtr caller, std::string address,
                                       const rpc::Permission& permission,
                                       const std::vector<rpc::NamedObject>& objects,
                                       std::string outcome) {
    co_return co_await parts_.db.write(
        store::Durability::full, [this, caller = std::move(caller), address = std::move(address),
                                  action = std::string(permission.name), object = shown(objects),
                                  outcome = std::move(outcome)](store::Tx& tx) {
            return parts_.accounts.note(tx, {*caller, address}, action, object, outcome, "");
        });
}

Task<void> Gate::note_outcome(int64_t audit_row, const net::Request& request, const Error* error) {
    AuditRow row{.at = parts_.env.now(),
                 .actor = request.caller->name,
                 .token_id = request.caller->token_id,
                 .address = request.peer,
                 .outcome = error == nullptr ? "done" : "failed",
                 .of_id = audit_row,
                 .detail = error == nullptr ? "" : error->message};
    const auto written = co_await parts_.db.write(
        store::Durability::normal, [row](store::Tx& tx) { return write_audit(tx, row); });
    if (!written)
        log::warning("the outcome of an audited request was not written",
                     {{"row", audit_row}, {"because", written.error().message}});
}

Status Gate::flush_uses() {
    std::map<int64_t, Time> used;
    {
        const std::lock_guard lock(mutex_);
        used.swap(used_);
    }
    if (used.empty()) return ok();
    return parts_.db.write_now(store::Durability::normal, [&](store::Tx& tx) -> Status {
        for (const auto& [token, at] : used) TRY(sql::note_use(tx, token, at));
        return ok();
    });
}

void Gate::write_metrics(std::string& out) const {
    const auto counter = [&](const char* name, const char* help, uint64_t value) {
        out += std::string("# HELP ") + name + " " + help + "\n# TYPE " + name + " counter\n" +
               name + " " + std::to_string(value) + "\n";
    };
    counter("rondo_requests_forbidden_total", "Requests refused by role, scope or grant.",
            refused_.load());
    counter("rondo_sign_ins_failed_total", "Names with a wrong password.", failed_sign_ins_.load());
}

}  // namespace rondo::auth
