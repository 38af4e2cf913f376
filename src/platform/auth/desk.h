// Changes of accounts as protocols ask for them: each in a transaction of its own, after which this
// process knows of it. Passwords are checked and hashed on the way, off the I/O thread. Errors are
// those of accounts.h, passwords.h and gate.h. Thread-safe.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "platform/auth/gate.h"

namespace rondo::auth {

class Desk {
  public:
    struct Parts {
        store::Database& db;
        Directory& directory;
        Passwords& passwords;
        const Accounts& accounts;
        Gate& gate;
    };
    explicit Desk(const Parts& parts) : parts_(parts) {}

    // Runs a change in a transaction and lets this process know of it.
    template <class F>
    auto change(F fn) -> Task<std::invoke_result_t<F&, store::Tx&>> {
        auto done = co_await parts_.db.write(store::Durability::full, std::move(fn));
        // What was written counts even when it cannot be read back now; the job tries again.
        if (done) (void)co_await parts_.directory.refresh();
        co_return done;
    }

    // Runs a change that is not of accounts in a transaction, with its audit row before it.
    template <class F>
    auto audited(Actor actor, std::string action, std::string object, F fn)
        -> Task<std::invoke_result_t<F&, store::Tx&>> {
        co_return co_await parts_.db.write(
            store::Durability::full,
            [this, actor = std::move(actor), action = std::move(action), object = std::move(object),
             fn = std::move(fn)](store::Tx& tx) -> std::invoke_result_t<F&, store::Tx&> {
                TRY(parts_.accounts.note(tx, actor, action, object, "done", ""));
                return fn(tx);
            });
    }

    // Of a person: with this password. Of a service: there is none to give.
    Task<Result<User>> create_user(Actor actor, NewUser wanted, std::string password);
    Task<Status> set_password(Actor actor, std::string name, std::string password);
    // Code::unauthenticated when the old one is wrong, slowed as a sign-in is.
    Task<Status> change_own_password(Actor actor, std::string old_password, std::string password);

    // The object, if the caller may share it: who manages it may, and who administers accounts.
    // The name is looked up as each of these kinds, in this order.
    Result<ObjectRef> object_to_share(store::Tx& tx, const Caller& caller,
                                      std::initializer_list<std::string_view> kinds,
                                      const std::string& name) const;

    const Parts& parts() const { return parts_; }

  private:
    Parts parts_;
};

}  // namespace rondo::auth
