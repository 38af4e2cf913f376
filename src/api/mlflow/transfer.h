// Bytes into the blob store and out of it, piece by piece: a transfer holds about two megabytes of
// memory, whatever the size of the file. Disk work and digests run on the pool, while the network
// goes on.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "platform/async/pool.h"
#include "platform/blob/blob.h"
#include "platform/blob/checked_files.h"
#include "platform/net/http.h"

namespace rondo::api::mlflow {

// Stores a request's body. Durable when it succeeds; nothing stays when it fails. `body` belongs to
// the request and outlives the task.
Task<Result<blob::Stored>> receive_blob(blob::Store* blobs, WorkerPool* pool,
                                        net::BodySource* body);

// What a client asked for of a file, by its Range and If-Range headers.
struct ByteRange {
    uint64_t first = 0, length = 0;
    bool partial = false;     // 206 instead of 200
    bool satisfiable = true;  // 416 otherwise
};
// One range is served; several, or a header that is none, mean the whole file, as HTTP allows.
ByteRange parse_range(std::string_view header, uint64_t size);

// How a browser is told to treat a file: the type by its name, where the uploader has no say.
std::string_view media_type(std::string_view name);
// "attachment; filename=..." for any name (RFC 6266).
std::string attachment(std::string_view name);

// Answers a GET for the stored bytes under the given name. A whole file is checked against its
// digest as it goes, unless it is one that was checked a short while ago.
Task<Result<net::Response>> send_blob(blob::Store* blobs, blob::CheckedFiles* checked,
                                      WorkerPool* pool, const net::Request* request,
                                      std::string digest, std::string name);

}  // namespace rondo::api::mlflow
