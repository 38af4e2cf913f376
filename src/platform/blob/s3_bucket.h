// One bucket of an S3 service, spoken to through the one HTTP client: signed requests, retries, and
// errors in words. Thread-safe; calls block.
//
// Failure. not_found: no such key. storage_full: the service says its space or quota is used up.
// unavailable: all else that is not right with the service, its bucket or our credentials, after
// the attempts that make sense; the message names bucket and endpoint and says what to do.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/env.h"
#include "platform/blob/sigv4.h"
#include "platform/client/client.h"

namespace rondo::blob {

struct S3Settings {
    std::string bucket;
    std::string prefix;           // of every key; empty or with a slash at its end
    std::string endpoint;         // "https://host:port"; the path names the bucket
    std::string client_endpoint;  // the same service as clients reach it; empty: as we do
    std::string region = "us-east-1";
    Credentials credentials;
    // What the service copies in one request; larger objects are copied in parts of this size.
    uint64_t copy_bytes = uint64_t{1} << 30;
    client::Retry retry{.attempts = 6};
};

// "s3://bucket" or "s3://bucket/prefix". An empty endpoint means Amazon's of the region.
Result<S3Settings> parse_s3_location(const std::string& location, std::string endpoint,
                                     std::string region, Credentials credentials);

class Bucket {
  public:
    static Result<Bucket> make(Env& env, client::Client& http, S3Settings settings);

    // "s3://bucket/prefix at https://host"
    const std::string& name() const { return name_; }

    enum class Made : uint8_t { now, before };
    // Writes an object unless there is one of that key: of several writers one wins, whole.
    Result<Made> put_new(const std::string& key, std::string body, const std::string& sha256);
    Result<uint64_t> size(const std::string& key);

    using Taker = std::function<Status(std::string_view)>;
    // Called once, before any piece, with the size of the whole object.
    using SizeTaker = std::function<Status(uint64_t)>;
    // Up to `length` bytes from `first`, piece by piece; goes on where a cut connection ended.
    // Returns the size of the whole object.
    Result<uint64_t> get(const std::string& key, uint64_t first, uint64_t length, const Taker& take,
                         const SizeTaker& begin = {});
    // Removing what is not there succeeds.
    Status remove(const std::string& key);

    struct Object {
        std::string key;  // without the prefix
        uint64_t size;
        std::optional<Time> modified;
    };
    // In order of keys, the first `limit` ones after `after` below `below`.
    Result<std::vector<Object>> list(const std::string& below, const std::string& after,
                                     size_t limit);

    Result<std::string> begin_parts(const std::string& key);
    // The part's tag; numbers from 1.
    Result<std::string> put_part(const std::string& key, const std::string& upload, int number,
                                 std::string body);
    Result<Made> complete_parts(const std::string& key, const std::string& upload,
                                const std::vector<std::string>& tags);
    Status abort_parts(const std::string& key, const std::string& upload);
    // Ends uploads in parts below a prefix that began before then and were never ended. How many
    // they were.
    Result<int> abort_leftovers(const std::string& below, Time before);
    // Within the service. Whole objects only; the target appears at once, also where it was there.
    Status copy(const std::string& from, const std::string& to, uint64_t size);

    // An address for requests of that method, as clients reach the service.
    Result<std::string> presign(const std::string& method, const std::string& key, Pairs query,
                                Micros lifetime);

  private:
    struct Call {
        std::string method;
        std::string key;  // whole; empty: the bucket itself
        Pairs query;
        Pairs headers;
        std::string body;
        std::string sha256;  // of the body
        uint64_t limit = 1 << 20;
        Micros patience{0};  // with the first byte of the answer, beyond the usual
    };
    Bucket(Env& env, client::Client& http, S3Settings settings,
           std::shared_ptr<const client::EgressPolicy> egress, std::string host,
           std::string client_host);
    Result<std::string> copy_piece(const std::string& to, Pairs query, Pairs headers);
    Status copy_in_parts(const std::string& source, const std::string& to, uint64_t size);
    std::string path_of(const std::string& key) const;
    Result<client::Response> call(Call call, const client::Streams& streams = {});
    // What an answer without success means.
    std::unexpected<Error> trouble(const client::Response& answer, const std::string& doing) const;

    Env& env_;
    client::Client& http_;
    S3Settings settings_;
    std::shared_ptr<const client::EgressPolicy> egress_;
    std::string host_, client_host_, name_;
};

}  // namespace rondo::blob
