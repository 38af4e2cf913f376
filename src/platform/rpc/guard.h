// Who may do what: asked for every request. The one implementation for servers is auth::Gate; tests
// of rows have their own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "platform/async/task.h"
#include "platform/net/http.h"

namespace rondo::rpc {

struct Permission;
enum class Reach : uint8_t;

// An object that a message names, by its kind and id as the caller wrote it.
struct NamedObject {
    std::string_view kind;
    std::string id;
    Reach reach;
};

class Guard {
  public:
    virtual ~Guard() = default;
    // By the head of a request, before its body is read: notes who asks in request.caller, and
    // refuses what no look at the message could allow. Called on I/O threads; never waits.
    virtual Status admit(const Permission& permission, net::Request& request) = 0;
    // Whether permit() has anything to do. Cheap.
    virtual bool asks(const Permission& permission, const net::Request& request) const = 0;
    // By the objects that the message names. Writes the audit row of what is audited, before any
    // effect; its number, or 0.
    virtual Task<Result<int64_t>> permit(const Permission& permission, net::Request& request,
                                         std::vector<NamedObject> objects) = 0;
    // How it went: nothing, or the error.
    virtual Task<void> note_outcome(int64_t audit_row, const net::Request& request,
                                    const Error* error) = 0;
};

}  // namespace rondo::rpc
