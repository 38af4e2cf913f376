#include "platform/blob/s3_bucket.h"

#include <algorithm>

#include "base/text.h"
#include "platform/blob/xml.h"
#include "platform/client/url.h"
#include "platform/crypto/crypto.h"
#include "platform/net/http.h"

namespace rondo::blob {
namespace {

constexpr client::Timeouts kTimeouts{Micros{10'000'000}, Micros{60'000'000}, Micros{30'000'000},
                                     Micros{3'600'000'000}};
// Putting parts together may take a service minutes.
constexpr Micros kCompletePatience{300'000'000};
constexpr uint64_t kListLimit = 8 << 20;  // of an answer: a thousand keys are a tenth of it
constexpr size_t kMaxPage = 1000;
constexpr int kMaxPages = 1000;
// Attempts to go on with a reading that was cut, without a byte in between.
constexpr int kResumes = 5;
constexpr int kCompletions = 4;
constexpr Micros kMaxPresigned{int64_t{7} * 86'400 * 1'000'000};

bool is_success(const client::Response& answer) {
    return answer.status >= 200 && answer.status < 300;
}

// The size of the whole object, of an answer to a request for a range.
std::optional<uint64_t> whole_size(const client::Response& answer) {
    std::string_view text = answer.header("content-length");
    if (answer.status != 200) {
        text = answer.header("content-range");
        const size_t slash = text.rfind('/');
        if (slash == std::string_view::npos) return std::nullopt;
        text.remove_prefix(slash + 1);
    }
    const auto size = parse_int(text);
    if (!size || *size < 0) return std::nullopt;
    return static_cast<uint64_t>(*size);
}

struct S3Error {
    std::string code, message, region;
};

S3Error read_error(const client::Response& answer) {
    S3Error out;
    if (const auto xml = Xml::parse(answer.body); xml && xml->name == "Error") {
        out = {(*xml)["Code"].text, (*xml)["Message"].text, (*xml)["Region"].text};
    }
    if (out.region.empty()) out.region = answer.header("x-amz-bucket-region");
    return out;
}

Result<client::Url> parse_endpoint(const std::string& endpoint) {
    TRY_ASSIGN(client::Url url, client::Url::parse(endpoint));
    if (url.target != "/")
        return fail(Code::invalid,
                    "the endpoint " + quoted(endpoint) + " has a path; write https://host:port");
    return url;
}

// A code and a message by somebody else, for a line of ours.
std::string said(const client::Response& answer, const S3Error& error) {
    std::string out = std::to_string(answer.status);
    if (!error.code.empty()) out += " " + quoted(error.code);
    if (!error.message.empty()) out += ": " + quoted(error.message);
    return out;
}

}  // namespace

Result<S3Settings> parse_s3_location(const std::string& location, std::string endpoint,
                                     std::string region, Credentials credentials) {
    constexpr std::string_view kScheme = "s3://";
    if (!location.starts_with(kScheme))
        return fail(Code::invalid, quoted(location) +
                                       " is no place for blobs; write it as "
                                       "s3://bucket or s3://bucket/prefix, or a folder as "
                                       "/path or ./path");
    const std::string_view rest = std::string_view(location).substr(kScheme.size());
    S3Settings out;
    out.bucket = rest.substr(0, rest.find('/'));
    if (out.bucket.size() < rest.size()) out.prefix = rest.substr(out.bucket.size() + 1);
    while (out.prefix.ends_with('/')) out.prefix.pop_back();
    if (!out.prefix.empty()) out.prefix += '/';
    const auto is_plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    };
    if (out.bucket.size() < 3 || out.bucket.size() > 63 ||
        !std::ranges::all_of(out.bucket, is_plain) || out.bucket.find("..") != std::string::npos)
        return fail(Code::invalid, quoted(out.bucket) +
                                       " is no name of a bucket (3 to 63 lower-case letters, "
                                       "digits, hyphens and dots)");
    for (const std::string_view part : split(out.prefix, '/')) {
        const bool last = part.data() + part.size() == out.prefix.data() + out.prefix.size();
        if ((part.empty() && !last) || part == "." || part == "..")
            return fail(Code::invalid, quoted(out.prefix) + " is no prefix of keys");
    }
    if (out.prefix.size() > 512) return fail(Code::invalid, "the prefix of keys is too long");
    if (credentials.access_key.empty() || credentials.secret_key.empty())
        return fail(Code::invalid, "no credentials for " + location +
                                       "; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
    if (!region.empty()) out.region = std::move(region);
    out.endpoint =
        endpoint.empty() ? "https://s3." + out.region + ".amazonaws.com" : std::move(endpoint);
    out.credentials = std::move(credentials);
    return out;
}

Bucket::Bucket(Env& env, client::Client& http, S3Settings settings,
               std::shared_ptr<const client::EgressPolicy> egress, std::string host,
               std::string client_host)
    : env_(env),
      http_(http),
      settings_(std::move(settings)),
      egress_(std::move(egress)),
      host_(std::move(host)),
      client_host_(std::move(client_host)),
      name_("s3://" + settings_.bucket + "/" + settings_.prefix + " at " + settings_.endpoint) {}

Result<Bucket> Bucket::make(Env& env, client::Client& http, S3Settings settings) {
    TRY_ASSIGN(const client::Url url, parse_endpoint(settings.endpoint));
    settings.endpoint = url.origin();
    if (settings.client_endpoint.empty()) settings.client_endpoint = settings.endpoint;
    TRY_ASSIGN(const client::Url shown, parse_endpoint(settings.client_endpoint));
    settings.client_endpoint = shown.origin();
    // The operator named this one service, wherever it is; nothing else of its network.
    const std::string host =
        url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
    TRY_ASSIGN(auto egress,
               client::EgressPolicy::with_exceptions({host + ":" + std::to_string(url.port)}));
    return Bucket(env, http, std::move(settings), std::move(egress), url.authority(),
                  shown.authority());
}

std::string Bucket::path_of(const std::string& key) const {
    std::string out = "/" + settings_.bucket;
    if (key.empty()) return out;
    for (const std::string_view part : split(key, '/')) out += "/" + net::percent_encode(part);
    return out;
}

Result<client::Response> Bucket::call(Call call, const client::Streams& streams) {
    const UnsignedRequest request{call.method,
                                  host_,
                                  path_of(call.key),
                                  std::move(call.query),
                                  std::move(call.headers),
                                  std::move(call.sha256)};
    client::Request out;
    out.method = request.method;
    const std::string query = canonical_query(request.query);
    out.url = settings_.endpoint + request.path + (query.empty() ? "" : "?" + query);
    out.headers = sign_headers(request, settings_.credentials, settings_.region, env_.now());
    out.body = std::move(call.body);
    out.limit = call.limit;
    out.timeouts = kTimeouts;
    if (call.patience > out.timeouts.first_byte) out.timeouts.first_byte = call.patience;
    out.retry = settings_.retry;
    out.repeatable = true;  // a second beginning of parts is cleared away with the leftovers
    out.egress = egress_;
    auto answer = http_.send(out, streams);
    if (!answer && (answer.error().code == Code::unavailable ||
                    answer.error().code == Code::deadline_exceeded))
        return fail(Code::unavailable,
                    "the object store does not answer: " + answer.error().message);
    return answer;
}

std::unexpected<Error> Bucket::trouble(const client::Response& answer,
                                       const std::string& doing) const {
    const S3Error error = read_error(answer);
    const auto fault = [&](Code code, const std::string& why) {
        return fail(code, doing + " " + name_ + ": " + why);
    };
    if (answer.status == 507 || error.code == "QuotaExceeded" ||
        error.code == "InsufficientStorage" || error.code == "XMinioStorageFull")
        return fault(Code::storage_full,
                     "no space left there; free some, writing resumes by "
                     "itself");
    constexpr std::string_view kOfParts[] = {"InvalidPart", "InvalidPartOrder", "EntityTooSmall"};
    if (std::ranges::find(kOfParts, error.code) != std::end(kOfParts))
        return fault(Code::invalid,
                     "the parts are not those that were uploaded, or one before the "
                     "last has less than 5 MiB (" +
                         said(answer, error) + "); upload again");
    if (error.code == "NoSuchBucket")
        return fault(Code::unavailable,
                     "there is no bucket " + quoted(settings_.bucket) + "; create it first");
    if (error.code == "RequestTimeTooSkewed")
        return fault(Code::unavailable,
                     "this machine's clock differs from the service's by more "
                     "than 15 minutes; set it");
    constexpr std::string_view kOfCredentials[] = {"InvalidAccessKeyId", "SignatureDoesNotMatch",
                                                   "InvalidToken", "ExpiredToken",
                                                   "XAdminUserNotFound"};
    if (std::ranges::find(kOfCredentials, error.code) != std::end(kOfCredentials))
        return fault(Code::unavailable, "the credentials are not accepted (" + error.code +
                                            "); check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY "
                                            "and AWS_SESSION_TOKEN");
    const bool of_key = error.code.empty() || error.code == "NoSuchKey" ||
                        error.code == "NoSuchUpload" || error.code == "NotFound";
    if (answer.status == 404 && of_key) return fault(Code::not_found, "no such object");
    const bool elsewhere = answer.status == 301 || answer.status == 307 ||
                           error.code == "AuthorizationHeaderMalformed" ||
                           error.code == "IllegalLocationConstraintException";
    if (elsewhere)
        return fault(Code::unavailable, error.region.empty()
                                            ? "the bucket is not in region " + settings_.region +
                                                  "; set AWS_REGION or the endpoint to its own (" +
                                                  said(answer, error) + ")"
                                            : "the bucket is in region " + quoted(error.region) +
                                                  " and not in " + settings_.region +
                                                  "; set AWS_REGION");
    if (answer.status == 403)
        return fault(Code::unavailable,
                     "the credentials may not do that, or the bucket is "
                     "read-only (" +
                         said(answer, error) + ")");
    if (answer.status == 503 || answer.status == 429)
        return fault(Code::unavailable, "the service asks to slow down (" + said(answer, error) +
                                            "); try again later");
    return fault(Code::unavailable, "the service answered " + said(answer, error));
}

Result<Bucket::Made> Bucket::put_new(const std::string& key, std::string body,
                                     const std::string& sha256) {
    for (int attempt = 1;; ++attempt) {
        TRY_ASSIGN(const auto answer, call({.method = "PUT",
                                            .key = settings_.prefix + key,
                                            .headers = {{"if-none-match", "*"}},
                                            .body = body,
                                            .sha256 = sha256}));
        if (is_success(answer)) return Made::now;
        if (answer.status == 412) return Made::before;
        // Another one is writing the same key just now.
        if (answer.status != 409 || attempt == kCompletions)
            return trouble(answer, "cannot write to");
    }
}

Result<uint64_t> Bucket::size(const std::string& key) {
    TRY_ASSIGN(const auto answer,
               call({.method = "HEAD", .key = settings_.prefix + key, .sha256 = sha256_hex("")}));
    if (!is_success(answer)) return trouble(answer, "cannot look into");
    const auto size = whole_size(answer);
    if (!size) return fail(Code::unavailable, name_ + " tells no size of " + key);
    return *size;
}

Result<uint64_t> Bucket::get(const std::string& key, uint64_t first, uint64_t length,
                             const Taker& take, const SizeTaker& begin) {
    std::optional<Error> refused;  // by whoever takes
    std::optional<uint64_t> whole;
    uint64_t at = first;
    const uint64_t end = length > UINT64_MAX - first ? UINT64_MAX : first + length;
    for (int fruitless = 0;;) {
        const uint64_t before = at;
        bool heard = false;
        const bool ranged = at > 0 || end != UINT64_MAX;
        Call request{.method = "GET",
                     .key = settings_.prefix + key,
                     .sha256 = sha256_hex(""),
                     .limit = UINT64_MAX};
        if (ranged) {
            std::string range = "bytes=" + std::to_string(at) + "-";
            if (end != UINT64_MAX) range += std::to_string(end - 1);
            request.headers.emplace_back("range", std::move(range));
        }
        client::Streams streams;
        streams.head = [&](const client::Response& head) -> Status {
            heard = true;
            const auto size = whole_size(head);
            if (!size || (ranged && head.status != 206))
                return fail(*(refused = Error{Code::unavailable,
                                              name_ + " does not answer ranges of bytes"}));
            if (whole && *whole != *size)
                return fail(*(refused = Error{Code::unavailable, key + " changed its size"}));
            if (!whole && begin) {
                if (const Status good = begin(*size); !good) return fail(*(refused = good.error()));
            }
            whole = size;
            return ok();
        };
        streams.sink = [&](std::string_view piece) -> Status {
            if (piece.size() > end - at)
                return fail(*(refused = Error{Code::unavailable, name_ + " sends too much"}));
            at += piece.size();
            if (const Status good = take(piece); !good) return fail(*(refused = good.error()));
            return ok();
        };
        const auto answer = call(std::move(request), streams);
        if (refused) return fail(*refused);
        if (answer && answer->status == 416 &&
            at == first) {  // from the end of an object, or after
            TRY_ASSIGN(const uint64_t bytes, size(key));
            if (bytes > at) return trouble(*answer, "cannot read from");
            if (begin) TRY(begin(bytes));
            return bytes;
        }
        if (answer && !is_success(*answer)) return trouble(*answer, "cannot read from");
        if (answer && whole && at == std::min(end, *whole)) return *whole;
        // Cut in the middle: go on from here. When nothing was heard, all attempts are used up.
        if (!heard && !answer) return fail(answer.error());
        fruitless = at > before ? 0 : fruitless + 1;
        if (fruitless == kResumes)
            return fail(Code::unavailable, name_ + " ends " + key + " too early");
    }
}

Status Bucket::remove(const std::string& key) {
    TRY_ASSIGN(const auto answer,
               call({.method = "DELETE", .key = settings_.prefix + key, .sha256 = sha256_hex("")}));
    if (is_success(answer)) return ok();
    if (answer.status == 404 && read_error(answer).code != "NoSuchBucket") return ok();
    return trouble(answer, "cannot remove from");
}

Result<std::vector<Bucket::Object>> Bucket::list(const std::string& below, const std::string& after,
                                                 size_t limit) {
    std::vector<Object> out;
    std::string token;
    for (int page = 0; page < kMaxPages && out.size() < limit; ++page) {
        Pairs query{{"list-type", "2"},
                    {"prefix", settings_.prefix + below},
                    {"max-keys", std::to_string(std::min(limit - out.size(), kMaxPage))}};
        if (!token.empty())
            query.emplace_back("continuation-token", token);
        else if (!after.empty())
            query.emplace_back("start-after", settings_.prefix + after);
        TRY_ASSIGN(const auto answer, call({.method = "GET",
                                            .query = std::move(query),
                                            .sha256 = sha256_hex(""),
                                            .limit = kListLimit}));
        if (!is_success(answer)) return trouble(answer, "cannot list");
        const auto xml = Xml::parse(answer.body);
        if (!xml || xml->name != "ListBucketResult")
            return fail(Code::unavailable, name_ + " answered no list of keys");
        for (const Xml& entry : xml->children) {
            if (entry.name != "Contents") continue;
            const auto size = parse_int(entry["Size"].text);
            const std::string& key = entry["Key"].text;
            if (!size || *size < 0 || !key.starts_with(settings_.prefix + below))
                return fail(Code::unavailable, name_ + " lists a key that was not asked for");
            std::optional<Time> modified;
            if (const auto time = parse_time(entry["LastModified"].text)) modified = *time;
            out.push_back(
                {key.substr(settings_.prefix.size()), static_cast<uint64_t>(*size), modified});
        }
        token = (*xml)["NextContinuationToken"].text;
        if ((*xml)["IsTruncated"].text != "true" || token.empty()) break;
    }
    return out;
}

Result<std::string> Bucket::begin_parts(const std::string& key) {
    TRY_ASSIGN(const auto answer, call({.method = "POST",
                                        .key = settings_.prefix + key,
                                        .query = {{"uploads", ""}},
                                        .sha256 = sha256_hex(""),
                                        .patience = kCompletePatience}));
    if (!is_success(answer)) return trouble(answer, "cannot write to");
    const auto xml = Xml::parse(answer.body);
    if (!xml || (*xml)["UploadId"].text.empty())
        return fail(Code::unavailable, name_ + " began no upload in parts");
    return (*xml)["UploadId"].text;
}

Result<std::string> Bucket::put_part(const std::string& key, const std::string& upload, int number,
                                     std::string body) {
    std::string sum = sha256_hex(body);
    TRY_ASSIGN(const auto answer,
               call({.method = "PUT",
                     .key = settings_.prefix + key,
                     .query = {{"partNumber", std::to_string(number)}, {"uploadId", upload}},
                     .body = std::move(body),
                     .sha256 = std::move(sum)}));
    if (!is_success(answer)) return trouble(answer, "cannot write a part to");
    if (answer.header("etag").empty())
        return fail(Code::unavailable, name_ + " gave a part no tag");
    return std::string(answer.header("etag"));
}

Result<Bucket::Made> Bucket::complete_parts(const std::string& key, const std::string& upload,
                                            const std::vector<std::string>& tags) {
    std::string body = "<CompleteMultipartUpload>";
    for (size_t i = 0; i < tags.size(); ++i)
        body += "<Part><PartNumber>" + std::to_string(i + 1) + "</PartNumber><ETag>" +
                xml_escape(tags[i]) + "</ETag></Part>";
    body += "</CompleteMultipartUpload>";
    const std::string sum = sha256_hex(body);
    for (int attempt = 1;; ++attempt) {
        TRY_ASSIGN(auto answer,
                   call({.method = "POST",
                         .key = settings_.prefix + key,
                         .query = {{"uploadId", upload}},
                         .headers = {{"content-type", "application/xml"}, {"if-none-match", "*"}},
                         .body = body,
                         .sha256 = sum,
                         .patience = kCompletePatience}));
        if (answer.status == 412) return Made::before;
        // The status goes out before the work is done: success is what the body says.
        const auto xml = Xml::parse(answer.body);
        if (is_success(answer) && xml && xml->name == "CompleteMultipartUploadResult")
            return Made::now;
        if (attempt == kCompletions || (answer.status != 409 && !is_success(answer) &&
                                        read_error(answer).code != "NoSuchUpload"))
            return trouble(answer, "cannot put parts together in");
        // Done by an attempt whose answer was lost?
        const auto there = size(key);
        if (there) return Made::now;
        if (there.error().code != Code::not_found) return fail(there.error());
    }
}

Status Bucket::abort_parts(const std::string& key, const std::string& upload) {
    TRY_ASSIGN(const auto answer, call({.method = "DELETE",
                                        .key = settings_.prefix + key,
                                        .query = {{"uploadId", upload}},
                                        .sha256 = sha256_hex("")}));
    if (is_success(answer) || answer.status == 404) return ok();
    return trouble(answer, "cannot clear up in");
}

Result<int> Bucket::abort_leftovers(const std::string& below, Time before) {
    int ended = 0;
    Pairs markers;
    for (int page = 0; page < kMaxPages; ++page) {
        Pairs query{{"uploads", ""}, {"prefix", settings_.prefix + below}};
        query.insert(query.end(), markers.begin(), markers.end());
        TRY_ASSIGN(const auto answer, call({.method = "GET",
                                            .query = std::move(query),
                                            .sha256 = sha256_hex(""),
                                            .limit = kListLimit}));
        if (!is_success(answer)) return trouble(answer, "cannot list uploads in");
        const auto xml = Xml::parse(answer.body);
        if (!xml) return fail(Code::unavailable, name_ + " answered no list of uploads");
        for (const Xml& entry : xml->children) {
            const auto begun = parse_time(entry["Initiated"].text);
            const std::string& key = entry["Key"].text;
            if (entry.name != "Upload" || !begun || *begun >= before ||
                !key.starts_with(settings_.prefix))
                continue;
            TRY(abort_parts(key.substr(settings_.prefix.size()), entry["UploadId"].text));
            ++ended;
        }
        markers = {{"key-marker", (*xml)["NextKeyMarker"].text},
                   {"upload-id-marker", (*xml)["NextUploadIdMarker"].text}};
        if ((*xml)["IsTruncated"].text != "true" || markers[0].second.empty()) break;
    }
    return ended;
}

// One request that copies: the tag of what was made.
Result<std::string> Bucket::copy_piece(const std::string& to, Pairs query, Pairs headers) {
    for (int attempt = 1;; ++attempt) {
        TRY_ASSIGN(const auto answer, call({.method = "PUT",
                                            .key = settings_.prefix + to,
                                            .query = query,
                                            .headers = headers,
                                            .sha256 = sha256_hex(""),
                                            .patience = kCompletePatience}));
        // As with parts put together: success is what the body says.
        const auto xml = Xml::parse(answer.body);
        if (is_success(answer) && xml && !(*xml)["ETag"].text.empty()) return (*xml)["ETag"].text;
        if (!is_success(answer) || attempt == kCompletions)
            return trouble(answer, "cannot copy within");
    }
}

Status Bucket::copy_in_parts(const std::string& source, const std::string& to, uint64_t size) {
    TRY_ASSIGN(const std::string upload, begin_parts(to));
    const auto run = [&]() -> Status {
        std::vector<std::string> tags;
        for (uint64_t at = 0; at < size; at += settings_.copy_bytes) {
            const uint64_t end = std::min(size, at + settings_.copy_bytes);
            TRY_ASSIGN(
                std::string tag,
                copy_piece(to,
                           {{"partNumber", std::to_string(tags.size() + 1)}, {"uploadId", upload}},
                           {{"x-amz-copy-source", source},
                            {"x-amz-copy-source-range",
                             "bytes=" + std::to_string(at) + "-" + std::to_string(end - 1)}}));
            tags.push_back(std::move(tag));
        }
        TRY_ASSIGN(const Made made, complete_parts(to, upload, tags));
        // Somebody else was faster with the same bytes: these parts are of no use.
        if (made == Made::before) return abort_parts(to, upload);
        return ok();
    };
    Status made = run();
    if (!made) (void)abort_parts(to, upload);
    return made;
}

Status Bucket::copy(const std::string& from, const std::string& to, uint64_t size) {
    const std::string source = path_of(settings_.prefix + from);
    if (size > settings_.copy_bytes) return copy_in_parts(source, to, size);
    TRY(copy_piece(to, {}, {{"x-amz-copy-source", source}}));
    return ok();
}

Result<std::string> Bucket::presign(const std::string& method, const std::string& key, Pairs query,
                                    Micros lifetime) {
    if (lifetime < Micros{1'000'000} || lifetime > kMaxPresigned)
        return fail(Code::invalid, "a signed address lives from one second to seven days");
    const UnsignedRequest request{method,           client_host_, path_of(settings_.prefix + key),
                                  std::move(query), {},           {}};
    return settings_.client_endpoint + request.path + "?" +
           presign_query(request, settings_.credentials, settings_.region, env_.now(),
                         lifetime.count() / 1'000'000);
}

}  // namespace rondo::blob
