// Prediction ids: opaque to callers, self-describing to us, and not forgeable. An id holds what a
// label needs to find its row and what a lost row would have said (arm, probability), under a MAC,
// so nobody can vote for a model with ids of their own making. 35 bytes and 16 of MAC as 68
// characters of base64url. The MAC is SipHash under two keys: a PRF, and forty times cheaper here
// than an HMAC.
#pragma once

#include <string>
#include <string_view>

#include "base/hash.h"
#include "base/result.h"
#include "domain/predictions/model.h"

namespace rondo::predictions {

struct IdParts {
    int64_t endpoint_id = 0;
    Key key;
    uint32_t route = 0;
    Arm arm = Arm::champion;
    Share share = 0;
};

class IdCodec {
  public:
    // key: 32 secret bytes.
    explicit IdCodec(std::string_view key);

    std::string encode(const IdParts& parts) const;
    // Code::invalid for anything that this server did not hand out.
    Result<IdParts> decode(std::string_view id) const;

  private:
    std::string mac_of(std::string_view body) const;

    std::array<SipKey, 2> keys_{};
};

}  // namespace rondo::predictions
