// The secrets that every server on one database needs alike: how units are split between arms, and
// what authenticates prediction ids (docs/adr/0007).
//
// Alone they are files of the data folder (keys/assignment, keys/prediction; 0600), made at the
// first start. Among several servers they are rows of the database, made by the first server that
// comes; a folder that has keys gives them to a database that has none, and is refused where the
// two differ.
#pragma once

#include "app/data_folder.h"
#include "base/hash.h"
#include "platform/store/database.h"

namespace rondo::app {

struct Keys {
    SipKey assignment{};
    std::string prediction;
};
// The key that webhooks' secrets are sealed with, 32 bytes. A database that was restored from
// several servers has brought it along; beyond that it is kept like the others.
Result<std::string> load_webhook_key(Env& env, const DataFolder& folder, store::Database& db);
Result<Keys> load_keys(Env& env, const DataFolder& folder, store::Database& db);

}  // namespace rondo::app
