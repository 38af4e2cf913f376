#include "api/mlflow/transfer.h"

#include <sys/sendfile.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/text.h"
#include "platform/async/started.h"
#include "platform/blob/checked.h"

namespace rondo::api::mlflow {
namespace {

// Collected before a hop to the pool: small enough for many uploads at once, large enough that
// the hop costs nothing.
constexpr size_t kReceiveBytes = 1 << 20;
constexpr size_t kPieceBytes = 64 << 10;  // of a body, as the network hands it over
constexpr size_t kSendBytes = 512 << 10;
// Of a hop to the pool, on which nothing else runs meanwhile.
constexpr uint64_t kSendItselfBytes = 8 << 20;
// Files up to this size are read whole, with the hop that opens them.
constexpr uint64_t kInlineBytes = 64 << 10;

// What the socket, which does not block, takes at once.
Result<uint64_t> send_part(const File& file, int socket, uint64_t at, uint64_t most) {
    auto offset = static_cast<off_t>(at);
    uint64_t sent = 0;
    while (sent < most) {
        const ssize_t n = ::sendfile(socket, file.descriptor(), &offset, most - sent);
        if (n > 0) {
            sent += static_cast<uint64_t>(n);
        } else if (n == 0) {
            return fail(Code::internal, "a stored file is shorter than it was");
        } else if (errno == EAGAIN) {
            break;
        } else if (errno != EINTR) {
            return fail(Code::cancelled, "the client left");
        }
    }
    return sent;
}

// Pieces of a file on their way out; one is read while the one before is sent.
class PiecesBody : public net::BodyProducer {
  public:
    explicit PiecesBody(WorkerPool* pool) : pool_(pool) {}
    Task<Result<std::string>> next() final {
        if (!ahead_.under_way() && !read_on()) co_return std::string{};
        auto piece = co_await ahead_.wait();
        if (piece && !piece->empty()) read_on();
        co_return piece;
    }

  protected:
    // The work that makes the next piece; nothing at the end.
    virtual std::move_only_function<Result<std::string>()> make_next() = 0;

  private:
    bool read_on() {
        auto work = make_next();
        if (!work) return false;
        ahead_.start(*pool_, std::move(work));
        return true;
    }

    WorkerPool* pool_;
    Started<Result<std::string>> ahead_;
};

// A whole file, checked against its digest.
class FileBody final : public PiecesBody {
  public:
    FileBody(WorkerPool* pool, blob::CheckedFiles* checked,
             std::shared_ptr<blob::CheckedReader> reader)
        : PiecesBody(pool),
          checked_(checked),
          reader_(std::move(reader)),
          opened_(blob::CheckedFiles::identity(reader_->file())) {}

  private:
    std::move_only_function<Result<std::string>()> make_next() override {
        return [checked = checked_, reader = reader_, opened = opened_] {
            auto piece = reader->next(kSendBytes);
            if (piece && !piece->empty() && reader->complete() && opened)
                checked->note(reader->digest(), reader->file(), *opened);
            return piece;
        };
    }

    blob::CheckedFiles* checked_;
    std::shared_ptr<blob::CheckedReader> reader_;
    std::optional<blob::CheckedFiles::Identity> opened_;
};

// A part of a large file, whose bytes have no digest of their own, or all of one that was checked a
// short while ago: on this machine they need not pass through here.
class RangeBody final : public PiecesBody {
  public:
    RangeBody(WorkerPool* pool, std::shared_ptr<File> file, uint64_t first, uint64_t length)
        : PiecesBody(pool), pool_(pool), file_(std::move(file)), at_(first), left_(length) {}

    bool sends_itself() const override { return file_->descriptor() >= 0; }
    Task<Result<uint64_t>> send_to(int socket) override {
        const uint64_t most = std::min<uint64_t>(left_, kSendItselfBytes);
        auto sent = co_await pool_->run(
            [file = file_, socket, at = at_, most] { return send_part(*file, socket, at, most); });
        if (sent) {
            at_ += *sent;
            left_ -= *sent;
        }
        co_return sent;
    }

  private:
    std::move_only_function<Result<std::string>()> make_next() override {
        if (left_ == 0) return {};
        const auto n = static_cast<size_t>(std::min<uint64_t>(left_, kSendBytes));
        const uint64_t at = std::exchange(at_, at_ + n);
        left_ -= n;
        return [file = file_, at, n]() -> Result<std::string> {
            TRY_ASSIGN(std::string piece, file->read_at(at, n));
            if (piece.size() != n)
                return fail(Code::internal, "a stored file is shorter than it was");
            return piece;
        };
    }

    WorkerPool* pool_;
    std::shared_ptr<File> file_;
    uint64_t at_, left_;
};

constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kMediaTypes{{
    {"gif", "image/gif"},
    {"htm", "text/html"},
    {"html", "text/html"},
    {"jpeg", "image/jpeg"},
    {"jpg", "image/jpeg"},
    {"mp4", "video/mp4"},
    {"pdf", "application/pdf"},
    {"png", "image/png"},
    {"svg", "image/svg+xml"},
    {"wav", "audio/x-wav"},
    {"webm", "video/webm"},
    {"webp", "image/webp"},
    {"zip", "application/zip"},
    {"gz", "application/gzip"},
}};
// Shown as plain text, whatever they are to other programs.
constexpr std::array<std::string_view, 31> kTextExtensions{
    "txt",        "log",  "err",   "cfg",   "conf",  "cnf",     "cf",       "ini",
    "properties", "prop", "hocon", "toml",  "yaml",  "yml",     "xml",      "json",
    "js",         "py",   "py3",   "csv",   "tsv",   "md",      "rst",      "sql",
    "sh",         "r",    "lock",  "ipynb", "jsonl", "mlmodel", "mlproject"};

bool is_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return static_cast<uint8_t>(c) < 0x80; });
}

bool is_attribute_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$&+-.^_`|~").find(c) != std::string_view::npos;
}

// Digits only: no sign, no blank.
std::optional<uint64_t> position(std::string_view text) {
    if (text.empty() || !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; }))
        return std::nullopt;
    const auto value = parse_int(text);
    if (!value) return UINT64_MAX;  // beyond any file
    return static_cast<uint64_t>(*value);
}

struct Opened {
    blob::Digest digest;
    std::unique_ptr<File> file;
    uint64_t size;
    std::string whole;  // of a small file
};

Result<Opened> open_blob(blob::Store& blobs, const std::string& hex) {
    TRY_ASSIGN(const blob::Digest digest, blob::Digest::parse(hex));
    TRY_ASSIGN(auto file, blobs.open(digest));
    TRY_ASSIGN(const uint64_t size, file->size());
    std::string whole;
    if (size <= kInlineBytes) {
        TRY_ASSIGN(whole, file->read_at(0, size));
        if (sha256_hex(whole) != hex) return blob::damaged(digest);
    }
    return Opened{digest, std::move(file), size, std::move(whole)};
}

}  // namespace

Task<Result<blob::Stored>> receive_blob(blob::Store* blobs, WorkerPool* pool,
                                        net::BodySource* body) {
    // Opened with the first bytes that go to the disk.
    const auto upload = std::make_shared<std::unique_ptr<blob::Upload>>();
    const auto append = [blobs, upload](std::string_view bytes) -> Status {
        if (!*upload) {
            TRY_ASSIGN(*upload, blobs->begin());
        }
        return (*upload)->write(bytes);
    };
    std::string collected;
    Started<Status> writing;  // of what was collected before
    while (true) {
        const auto piece = co_await body->next();
        if (!piece || piece->empty()) {
            // The upload goes with the last of its work, and never while it is at work.
            const Status written = writing.under_way() ? co_await writing.wait() : ok();
            if (!piece) co_return fail(piece.error());
            CO_TRY(written);
            break;
        }
        collected += *piece;
        if (collected.size() < kReceiveBytes) continue;
        if (writing.under_way()) CO_TRY(co_await writing.wait());
        writing.start(*pool, [append, bytes = std::move(collected)] { return append(bytes); });
        collected = {};
        collected.reserve(kReceiveBytes + kPieceBytes);
    }
    co_return co_await pool->run(
        [append, upload, bytes = std::move(collected)]() -> Result<blob::Stored> {
            TRY(append(bytes));
            return (*upload)->commit();
        });
}

ByteRange parse_range(std::string_view header, uint64_t size) {
    const ByteRange whole{0, size, false, true};
    constexpr std::string_view kUnit = "bytes=";
    if (!equals_ignoring_case(header.substr(0, kUnit.size()), kUnit)) return whole;
    const std::string_view spec = trim(header.substr(kUnit.size()));
    const size_t dash = spec.find('-');
    if (dash == std::string_view::npos || spec.find(',') != std::string_view::npos) return whole;
    const auto first = position(spec.substr(0, dash));
    const auto last = position(spec.substr(dash + 1));
    if (dash == 0) {  // the last n bytes
        if (!last) return whole;
        const uint64_t n = std::min(*last, size);
        return {size - n, n, true, n > 0};
    }
    const bool open_ended = dash + 1 == spec.size();
    if (!first || (!last && !open_ended) || (last && *last < *first)) return whole;
    if (*first >= size) return {0, 0, true, false};
    const uint64_t end = last ? std::min(*last, size - 1) : size - 1;
    return {*first, end - *first + 1, true, true};
}

std::string_view media_type(std::string_view name) {
    const size_t dot = name.rfind('.');
    const std::string extension =
        to_lower(dot == std::string_view::npos ? name : name.substr(dot + 1));
    // Without a charset, as MLflow's server answers and its clients compare.
    if (std::ranges::find(kTextExtensions, extension) != kTextExtensions.end()) return "text/plain";
    for (const auto& [known, type] : kMediaTypes) {
        if (known == extension) return type;
    }
    return "application/octet-stream";
}

std::string attachment(std::string_view name) {
    std::string plain, encoded;
    for (const char c : name) {
        if (static_cast<uint8_t>(c) < 0x20 || c == 0x7f) continue;
        if (c == '"' || c == '\\') plain += '\\';
        if (static_cast<uint8_t>(c) < 0x80) plain += c;
        if (is_attribute_character(c)) {
            encoded += c;
        } else {
            constexpr std::string_view kHex = "0123456789ABCDEF";
            encoded += '%';
            encoded += kHex[static_cast<uint8_t>(c) >> 4];
            encoded += kHex[static_cast<uint8_t>(c) & 15];
        }
    }
    if (plain.empty()) plain = "download";
    // Quoted only where it has to be, as MLflow's server does.
    const bool is_token = std::ranges::all_of(plain, is_attribute_character);
    std::string out = "attachment; filename=" + (is_token ? plain : "\"" + plain + "\"");
    if (!is_ascii(name)) out += "; filename*=UTF-8''" + encoded;
    return out;
}

Task<Result<net::Response>> send_blob(blob::Store* blobs, blob::CheckedFiles* checked,
                                      WorkerPool* pool, const net::Request* request,
                                      std::string digest, std::string name) {
    const std::string tag = "\"" + digest + "\"";
    net::Response response;
    response.header("etag", tag);
    if (request->headers.get("if-none-match") == tag) {
        response.status = 304;
        response.content_type.clear();
        co_return response;
    }
    auto opened = co_await pool->run([blobs, digest] { return open_blob(*blobs, digest); });
    if (!opened) co_return fail(std::move(opened).error());
    const std::string_view condition = request->headers.get("if-range");
    const ByteRange range = parse_range(
        condition.empty() || condition == tag ? request->headers.get("range") : "", opened->size);
    response.content_type = media_type(name);
    response.header("accept-ranges", "bytes")
        .header("content-disposition", attachment(name))
        .header("x-content-type-options", "nosniff")
        .header("content-security-policy", "sandbox; default-src 'none'");
    const std::string size = std::to_string(opened->size);
    if (!range.satisfiable) {
        response.status = 416;
        response.header("content-range", "bytes */" + size);
        co_return response;
    }
    if (range.partial) {
        response.status = 206;
        response.header("content-range", "bytes " + std::to_string(range.first) + "-" +
                                             std::to_string(range.first + range.length - 1) + "/" +
                                             size);
    }
    if (opened->size <= kInlineBytes) {
        response.body = opened->whole.substr(range.first, range.length);
    } else {
        response.stream_length = range.length;
        const bool whole = range.length == opened->size;
        if (whole && !checked->holds(opened->digest, *opened->file))
            response.stream = std::make_unique<FileBody>(
                pool, checked,
                std::make_shared<blob::CheckedReader>(std::move(opened->file), opened->digest,
                                                      opened->size));
        else
            response.stream = std::make_unique<RangeBody>(pool, std::move(opened->file),
                                                          range.first, range.length);
    }
    co_return response;
}

}  // namespace rondo::api::mlflow
