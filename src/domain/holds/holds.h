// Holds on stored bytes: as long as one lasts, collection of garbage leaves them alone. See
// README.md for who takes them. Over a transaction; a hold that lasts long enough already costs a
// read, another one a row.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/env.h"
#include "platform/store/database.h"

namespace rondo::holds {

struct Bytes {
    std::string digest;
    int64_t size = -1;  // -1: not known here
};

struct Terms {
    Micros lasting = std::chrono::hours{24};
    // So long after its begin no removal of bytes can still be under way, whatever happened to the
    // server that began it: its requests have ended, and it begins no further one.
    Micros removal = std::chrono::minutes{15};
};

// Lasts at least half of terms.lasting. Code::unavailable when bytes are being removed right now:
// nothing is held then. Digests may repeat.
Status hold(store::Tx& tx, std::span<const Bytes> bytes, Time now, const Terms& terms);

// For an upload, before it looks whether the bytes are there: waits while they are being removed,
// a few seconds at most. Blocks; not on an I/O thread.
Status hold_upload(Env& env, store::Database& db, const Bytes& bytes, const Terms& terms);

// Of the digests those that are hidden or being removed: to an answer they are not stored.
Result<std::vector<std::string>> hidden_of(store::Tx& tx, std::span<const std::string> digests);

}  // namespace rondo::holds
