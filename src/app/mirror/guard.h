// The guard of a mirror: requests that were answered by the upstream may do here what they did
// there, and what they name is looked up, so that the mirror knows what is not here. All other
// requests are the gate's.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "app/mirror/take.h"
#include "platform/auth/gate.h"

namespace rondo::app::mirror {

using Resolvers = std::map<std::string, auth::Resolve, std::less<>>;

class Guard final : public rpc::Guard {
  public:
    Guard(rpc::Guard& gate, store::Database& db, Resolvers resolvers)
        : gate_(gate), db_(db), resolvers_(std::move(resolvers)) {}

    Status admit(const rpc::Permission& permission, net::Request& request) override {
        return gate_.admit(permission, request);
    }
    bool asks(const rpc::Permission& permission, const net::Request& request) const override {
        return request.chosen != nullptr || gate_.asks(permission, request);
    }
    Task<Result<int64_t>> permit(const rpc::Permission& permission, net::Request& request,
                                 std::vector<rpc::NamedObject> objects) override;
    Task<void> note_outcome(int64_t audit_row, const net::Request& request,
                            const Error* error) override {
        return gate_.note_outcome(audit_row, request, error);
    }

    // Of these the ones that are not here: "run 5f3...". What cannot be looked up counts as here.
    Task<std::vector<std::string>> missing(std::vector<Named> named);
    // What the request with this choice has named and is not here. On the replay's thread.
    std::vector<std::string> take_missing(const net::Chosen* chosen);

  private:
    rpc::Guard& gate_;
    store::Database& db_;
    const Resolvers resolvers_;
    // By requests that are being answered; on the replay's thread.
    std::map<const net::Chosen*, std::vector<std::string>> missing_;
};

}  // namespace rondo::app::mirror
