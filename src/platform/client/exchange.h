// One request out and one answer in, over one connection. On the client's I/O thread.
#pragma once

#include "platform/client/pool.h"

namespace rondo::client {

// What an exchange came to, beside its answer.
struct Progress {
    bool answered = false;   // a byte of an answer arrived
    bool delivered = false;  // the sink has seen something of it
    bool body_used = false;  // the source gave a piece
    bool keep = false;       // the connection is good for another request
    bool swallowed = false;  // a kept connection took the request and was closed: may go again
};

// Code::invalid for a method or header that cannot be sent as it is.
Status check_request(const Request& request);

// Sends the request (its target and host are the url's) and takes the answer. `source` and `sink`
// may be null.
Task<Result<Response>> exchange(Wire* wire, const Request* request, const Fields* headers, Url url,
                                AsyncSource* source, AsyncSink* sink, Flight* flight,
                                Progress* progress);

// The seconds or the date of a Retry-After header; nothing when it is neither.
std::optional<Micros> parse_retry_after(std::string_view text, Time now);

}  // namespace rondo::client
