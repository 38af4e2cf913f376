// Which objects a caller may read, as a predicate for searches: what may not be read is neither
// listed nor counted.
#pragma once

#include <cstdint>
#include <set>
#include <string_view>

#include "platform/store/tx.h"

namespace rondo::auth {

struct Caller;

struct Readable {
    enum class Kind : uint8_t {
        all,
        all_but,  // without those that a grant closes
        granted,  // only those that a grant opens
    };
    Kind kind = Kind::all;
    int64_t user_id = 0;
    bool by_roles = false;  // custom roles count, too
};

// Nobody (nullptr) may read nothing.
Readable readable_by(const Caller* caller);

// The same for rows that are at hand already.
class ReadableSet {
  public:
    static Result<ReadableSet> load(store::Tx& tx, const Readable& readable, std::string_view kind);
    bool contains(int64_t object_id) const;

  private:
    bool rest_ = true;          // whether what is not in the set may be read
    std::set<int64_t> others_;  // the opposite of the rest
};

}  // namespace rondo::auth
