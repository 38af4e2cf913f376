// The key that seals the secrets of webhooks: keys/webhooks in the data folder (0600), or, where
// several servers share a database, one value there, made by the first that comes.
#pragma once

#include "app/data_folder.h"
#include "platform/store/database.h"

namespace rondo::app {

// 32 bytes. Code::invalid when what is kept is damaged.
Result<std::string> load_webhook_key(Env& env, const DataFolder& folder, store::Database& db);

}  // namespace rondo::app
