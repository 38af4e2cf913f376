// The guard of a server: finds out who asks, and whether that caller may do what the row declares
// on the objects that the message names.
//
// As long as there is no account, everybody on the machine may do what needs no token; what runs
// code or moves traffic needs the token of the data folder. From the first account on, and always
// where other machines reach the server, every
// request but open ones needs credentials; who holds the data folder's token is an administrator.
//
// Most requests are decided from the directory in memory. The database is asked where grants on
// single objects count, for passwords not verified lately, and for audit rows. Thread-safe.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "platform/auth/accounts.h"
#include "platform/auth/directory.h"
#include "platform/auth/passwords.h"
#include "platform/auth/throttle.h"
#include "platform/rpc/endpoint.h"

namespace rondo::auth {

// The object of a kind that an id of the caller's means, or nothing when there is none.
struct Resolve {
    std::string_view kind;  // of what it leads to; empty when there are several
    std::function<Result<std::optional<ObjectRef>>(store::Tx&, const std::string& id)> find;

    Result<std::optional<ObjectRef>> operator()(store::Tx& tx, const std::string& id) const {
        return find(tx, id);
    }
};

class Gate final : public rpc::Guard {
  public:
    struct Parts {
        Env& env;
        store::Database& db;
        Directory& directory;
        Passwords& passwords;
        const Accounts& accounts;
        std::string local_token;  // of the data folder
        // Other machines reach the server: never as if everybody on this one were meant.
        bool needs_accounts = false;
        // By the kinds that rows name ("run", "experiment").
        std::map<std::string, Resolve, std::less<>> resolvers;
        // What people call an object that grants are about.
        std::function<Result<std::string>(store::Tx&, const ObjectRef&)> name_of;
    };
    explicit Gate(Parts parts);

    Status admit(const rpc::Permission& permission, net::Request& request) override;
    bool asks(const rpc::Permission& permission, const net::Request& request) const override;
    Task<Result<int64_t>> permit(const rpc::Permission& permission, net::Request& request,
                                 std::vector<rpc::NamedObject> objects) override;
    Task<void> note_outcome(int64_t audit_row, const net::Request& request,
                            const Error* error) override;

    bool has_accounts() const { return parts_.directory.view()->has_accounts(); }
    // Who has this name and password. Slow by intent, and slower for who fails often.
    Task<Result<Caller>> sign_in(std::string name, std::string password, std::string address);
    // The object that a grant is about, and the caller's level on it.
    Result<ObjectRef> resolve(store::Tx& tx, const std::string& kind, const std::string& id) const;
    // What a grant of a custom role is about: likewise, or with the name * every object of the
    // kind, and the workspace (kWorkspaceKind), which has that name alone.
    Result<ObjectRef> resolve_for_role(store::Tx& tx, const std::string& kind,
                                       const std::string& id) const;
    // "*" for every object.
    Result<std::string> name_of(store::Tx& tx, const ObjectRef& object) const {
        if (object.id == kEveryObject) return std::string(kEveryName);
        return parts_.name_of(tx, object);
    }
    Result<Level> level_on(store::Tx& tx, const Caller& caller, const ObjectRef& object) const;
    // Whether a caller may read, as of now, what an event is about ("endpoint/flights"). Fails when
    // its credentials open nothing any more.
    Result<bool> may_read(store::Tx& tx, const Caller& before, const std::string& subject) const;
    // Writes down when tokens were used. Called now and then by a job; blocks.
    Status flush_uses();
    // In Prometheus' text format.
    void write_metrics(std::string& out) const;

  private:
    using CallerPtr = std::shared_ptr<const Caller>;

    Status admit_local(const rpc::Permission& permission, net::Request& request) const;
    // Who shows this token; nothing when this process does not know it.
    Result<std::optional<Caller>> caller_of_token(const std::string& token);
    std::optional<Caller> verified_lately(const std::string& name, const std::string& password);
    Result<Caller> pending(Caller caller);
    // What ids of this kind lead to; empty when that may be several kinds.
    std::string_view kind_behind(std::string_view kind) const;
    // Whether the caller has the level on every object that ids of this kind lead to, with nothing
    // that could take it away.
    bool holds_everywhere(const Caller& caller, Level level, std::string_view kind) const;
    // Refuses what the caller's role and scope rule out, whatever the object.
    Status check_reach(const Caller& caller, const rpc::Permission& permission) const;
    Task<Result<Caller>> settle_pending(const Caller& caller, const std::string& address);
    Task<Status> check_objects(CallerPtr caller, const rpc::Permission& permission,
                               std::vector<rpc::NamedObject> objects);
    Task<Result<int64_t>> write_note(CallerPtr caller, std::string address,
                                     const rpc::Permission& permission,
                                     const std::vector<rpc::NamedObject>& objects,
                                     std::string outcome);
    Result<Caller> as_of_now(const Caller& before) const;
    std::string key_of(const std::string& name, const std::string& password) const;

    Parts parts_;
    Throttle throttle_;
    const std::string process_key_;  // of what is remembered about passwords
    std::atomic<int> pending_{0};
    std::atomic<uint64_t> refused_{0}, failed_sign_ins_{0};

    struct Verified {
        int64_t user_id = 0;
        std::string password_hash;  // another one since: forget it
        Micros until{};             // steady
    };
    std::mutex mutex_;  // guards what follows
    std::map<std::string, Verified> verified_;
    std::map<int64_t, Time> used_;  // tokens since the last flush
};

}  // namespace rondo::auth
