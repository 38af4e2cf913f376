// How the ids that messages name lead to the objects that rights are granted on.
#pragma once

#include "platform/auth/gate.h"

namespace rondo::app {

std::map<std::string, auth::Resolve, std::less<>> object_resolvers(int64_t workspace_id);

// What people call an object that grants are about; its number when it is gone.
Result<std::string> object_name(store::Tx& tx, const auth::ObjectRef& object);

}  // namespace rondo::app
