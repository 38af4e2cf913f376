#include "platform/auth/desk.h"

namespace rondo::auth {

Task<Result<User>> Desk::create_user(Actor actor, NewUser wanted, std::string password) {
    if (wanted.kind == UserKind::service) {
        if (!password.empty())
            co_return fail(Code::invalid,
                           "a service has no password; make it a token with `rondo token create`",
                           "password");
    } else {
        CO_TRY(check_password(password));
        CO_TRY_ASSIGN(wanted.password_hash, co_await parts_.passwords.hash(password));
    }
    co_return co_await change(
        [this, actor = std::move(actor), wanted = std::move(wanted)](store::Tx& tx) {
            return parts_.accounts.create_user(tx, actor, wanted);
        });
}

Task<Status> Desk::set_password(Actor actor, std::string name, std::string password) {
    CO_TRY(check_password(password));
    CO_TRY_ASSIGN(std::string hash, co_await parts_.passwords.hash(password));
    co_return co_await change([this, actor = std::move(actor), name = std::move(name),
                               hash = std::move(hash)](store::Tx& tx) {
        return parts_.accounts.set_password(tx, actor, name, hash);
    });
}

Task<Status> Desk::change_own_password(Actor actor, std::string old_password,
                                       std::string password) {
    if (actor.caller.user_id == 0)
        co_return fail(Code::conflict, "who holds the data folder has no password of its own");
    CO_TRY(check_password(password));
    // A session that was left open does not give the account away.
    CO_TRY(co_await parts_.gate.sign_in(actor.caller.name, old_password, actor.address));
    const std::string name = actor.caller.name;
    co_return co_await set_password(std::move(actor), name, std::move(password));
}

Result<ObjectRef> Desk::object_to_share(store::Tx& tx, const Caller& caller,
                                        std::initializer_list<std::string_view> kinds,
                                        const std::string& name) const {
    const std::string kind{*kinds.begin()};
    Result<ObjectRef> object = parts_.gate.resolve(tx, kind, name);
    for (auto other = kinds.begin() + 1; other != kinds.end(); ++other) {
        if (object || object.error().code != Code::not_found) break;
        object = parts_.gate.resolve(tx, std::string(*other), name);
    }
    if (!object && (object.error().code != Code::not_found || administers(caller)))
        return fail(object.error());
    if (object) {
        TRY_ASSIGN(const Level level, parts_.gate.level_on(tx, caller, *object));
        if (caller.scope >= Scope::write && (level == Level::manage || administers(caller)))
            return *object;
    }
    // One answer for what is not there and for what is another's.
    return fail(Code::permission_denied, "who shares this " + kind + " has to manage it");
}

}  // namespace rondo::auth
