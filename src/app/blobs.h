// Where a server keeps its blobs: a folder, its own or shared with other servers, or a bucket.
#pragma once

#include <memory>

#include "app/config.h"
#include "app/data_folder.h"
#include "platform/blob/blob.h"
#include "platform/client/client.h"

namespace rondo::app {

// Reads the usual variables of S3 programs: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
// AWS_SESSION_TOKEN, AWS_REGION (or AWS_DEFAULT_REGION), AWS_ENDPOINT_URL_S3 (or
// AWS_ENDPOINT_URL). A bucket that cannot be written to, read from and removed from is an error.
Result<std::unique_ptr<blob::Store>> open_blobs(Env& env, client::Client& http,
                                                const Config& config, const DataFolder& folder);

// The same for reading, beside a server that may be running on config.data.
Result<std::unique_ptr<blob::Store>> attach_blobs(Env& env, client::Client& http,
                                                  const Config& config);

}  // namespace rondo::app
