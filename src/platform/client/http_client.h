// A blocking HTTP/1.1 client over one kept-alive connection, for the command line. Not thread-safe.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace rondo::client {

struct HttpRequest {
    std::string method = "GET";
    std::string target;  // path and query
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
};

struct HttpResponse {
    int status = 0;
    std::string content_type;
    std::string body;
};

class HttpClient {
  public:
    // url: "http://host:port" or "https://host:port"; a server's certificate is checked against the
    // system's authorities.
    static Result<std::unique_ptr<HttpClient>> open(const std::string& url);
    virtual ~HttpClient() = default;
    // Code::unavailable when the server cannot be reached or leaves, Code::deadline_exceeded when
    // it takes longer than `patience`, Code::too_large beyond `limit` bytes of answer.
    virtual Result<HttpResponse> send(const HttpRequest& request, Micros patience,
                                      uint64_t limit) = 0;
};

}  // namespace rondo::client
