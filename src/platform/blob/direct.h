// Uploads that go around the server: a client puts the parts of a file into the bucket itself, by
// signed addresses, and says when the last one is there. What it wrote lies aside, below uploads/,
// where no blob is looked for; complete() reads it once to learn its digest and has the service
// copy it to its place, so nothing unchecked ever has the name of a blob.
//
// Every step may be repeated, by any server, after a kill too. Thread-safe; calls block. Errors are
// those of the store (blob.h); Code::invalid blames the client's parts.
#pragma once

#include <string>
#include <vector>

#include "platform/blob/blob.h"

namespace rondo::blob {

// What S3 takes as the parts of one upload.
inline constexpr int64_t kMaxUploadParts = 10'000;

class DirectUploads {
  public:
    virtual ~DirectUploads() = default;

    // How long addresses of parts work, how long an upload may be completed, and after what time
    // clear() removes it.
    static constexpr Micros kAddressesLast{int64_t{12} * 3'600'000'000};
    static constexpr Micros kUploadsLast{int64_t{24} * 3'600'000'000};
    static constexpr Micros kClearedAfter{int64_t{25} * 3'600'000'000};

    struct Begun {
        std::string id;                      // for the other calls
        std::vector<std::string> addresses;  // part n is PUT to the address n - 1
    };
    // `parts` is from 1 to kMaxUploadParts.
    virtual Result<Begun> begin(int parts) = 0;

    // Durable when it returns. `tags` are what the service answered to the parts, in order. Asks
    // before_commit as other uploads do. Costs one reading of the file and one copy within the
    // service. Code::invalid: the service does not take the parts; Code::too_large: more than
    // `limit` bytes, which are gone then; Code::not_found: no such upload, or it was aborted.
    virtual Result<Stored> complete(const std::string& id, const std::vector<std::string>& tags,
                                    uint64_t limit) = 0;
    // Removes what there is of it. What has ended before is no error.
    virtual Status abort(const std::string& id) = 0;
    // Removes what is left of uploads that began longer than kClearedAfter ago. How many things.
    virtual Result<int> clear() = 0;
};

}  // namespace rondo::blob
