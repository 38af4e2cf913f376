// Blobs in a bucket of an S3 service, as <prefix>objects/ab/<digest>. A blob's name is known only
// when its last byte is, so uploads wait in a local folder (in memory up to 1 MiB) and go out at
// commit(): in one conditional put, or in parts of 8 MiB, four at a time for all
// uploads together. Memory is bounded by those, whatever the sizes. Reading in order costs one
// request per 2 MiB, get() one for a whole blob.
#pragma once

#include "platform/blob/blob.h"
#include "platform/blob/s3_bucket.h"

namespace rondo::blob {

// Writes, reads and removes a small object, so that what is wrong is said at the start; ends
// uploads that others left unfinished a day ago; empties the folder of its leftovers. `http`
// outlives the store.
Result<std::unique_ptr<Store>> open_s3_store(Env& env, client::Client& http, S3Settings settings,
                                             const std::string& staging_folder);

}  // namespace rondo::blob
