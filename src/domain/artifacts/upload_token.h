// What a client holds of an upload in parts: the id of the upload at the object store, the path
// that the file will have, how many parts it has and until when it may be completed, sealed by a
// key of the servers. Nothing is kept about an upload here, so any server of the database can end
// it, and nobody can use it for another path. Pure functions; the key is any secret text.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace rondo::artifacts {

struct UploadToken {
    std::string upload;  // the store's id
    std::string path;
    int64_t parts = 0;
    Time until{};
};

std::string seal_upload(const UploadToken& token, std::string_view key);

// Code::not_found for what no server with this key sealed, what belongs to another path or is too
// old; the message does not tell these apart further than a client needs.
Result<UploadToken> open_upload(std::string_view text, std::string_view path, Time now,
                                std::string_view key);

}  // namespace rondo::artifacts
