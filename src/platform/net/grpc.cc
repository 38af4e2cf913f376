#include "platform/net/grpc.h"

#include <zlib.h>

#include <array>

#include "base/text.h"

namespace rondo::net {
namespace {

constexpr std::string_view kType = "application/grpc";

std::unexpected<Error> too_large(size_t limit_bytes) {
    return fail(Code::too_large, "the message is larger than the limit of " +
                                     std::to_string(limit_bytes) + " bytes");
}

// Stops at the limit, however small the compressed form is (T5).
Result<std::string> gunzip(std::string_view bytes, size_t limit_bytes) {
    z_stream stream{};
    constexpr int kGzipOnly = 15 + 16;
    if (inflateInit2(&stream, kGzipOnly) != Z_OK)
        return fail(Code::internal, "zlib does not start");
    const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, &inflateEnd);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    std::string out;
    std::array<char, 16 << 10> buffer;
    int state = Z_OK;
    while (state == Z_OK) {
        stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
        stream.avail_out = static_cast<uInt>(buffer.size());
        state = inflate(&stream, Z_NO_FLUSH);
        const size_t made = buffer.size() - stream.avail_out;
        if (out.size() + made > limit_bytes) return too_large(limit_bytes);
        out.append(buffer.data(), made);
    }
    if (state != Z_STREAM_END || stream.avail_in != 0)
        return fail(Code::invalid, "the message is not valid gzip");
    return out;
}

// Printable ASCII stays, the rest becomes %XX.
std::string encode_message(std::string_view text) {
    constexpr std::string_view hex = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<uint8_t>(c);
        if (byte >= 0x20 && byte < 0x7f && c != '%') {
            out += c;
        } else {
            out += '%';
            out += hex[byte >> 4];
            out += hex[byte & 15];
        }
    }
    return out;
}

}  // namespace

bool is_grpc_type(std::string_view content_type) {
    const std::string_view type = trim(content_type.substr(0, content_type.find(';')));
    return type == kType || type == "application/grpc+proto";
}

Result<Micros> grpc_deadline(std::string_view timeout, Micros now) {
    if (timeout.empty()) return Micros::max();
    constexpr size_t kMaxDigits = 8;
    const char unit = timeout.back();
    timeout.remove_suffix(1);
    const auto count = parse_int(timeout);
    if (count && *count >= 0 && timeout.size() <= kMaxDigits) {
        switch (unit) {
            case 'H':
                return now + std::chrono::hours{*count};
            case 'M':
                return now + std::chrono::minutes{*count};
            case 'S':
                return now + std::chrono::seconds{*count};
            case 'm':
                return now + std::chrono::milliseconds{*count};
            case 'u':
                return now + Micros{*count};
            case 'n':
                return now + std::chrono::floor<Micros>(std::chrono::nanoseconds{*count});
            default:
                break;
        }
    }
    return fail(Code::invalid, "grpc-timeout has to be a number of at most 8 digits and a unit");
}

Result<std::string> grpc_message(const Request& request, size_t limit_bytes) {
    const std::string_view body = request.body;
    if (body.size() < kGrpcPrefixBytes) return fail(Code::invalid, "the call carries no message");
    const auto byte = [&](size_t i) {
        return static_cast<uint32_t>(static_cast<uint8_t>(body[i]));
    };
    const uint32_t size = byte(1) << 24 | byte(2) << 16 | byte(3) << 8 | byte(4);
    const std::string_view message = body.substr(kGrpcPrefixBytes);
    if (message.size() != size || byte(0) > 1)
        return fail(Code::invalid, "the call has to carry exactly one message");
    if (byte(0) == 0) {
        if (size > limit_bytes) return too_large(limit_bytes);
        return std::string(message);
    }
    const std::string_view encoding = request.headers.get("grpc-encoding");
    if (encoding != "gzip")
        return fail(Code::unsupported,
                    "messages may be sent with gzip or as they are, not with " + quoted(encoding));
    return gunzip(message, limit_bytes);
}

std::string grpc_frame(std::string_view message) {
    std::string frame;
    frame.reserve(kGrpcPrefixBytes + message.size());
    frame += '\0';
    for (int shift = 24; shift >= 0; shift -= 8)
        frame += static_cast<char>(message.size() >> shift);
    return frame += message;
}

Response grpc_answer(std::string_view message) {
    Response response;
    response.content_type = kType;
    response.body = grpc_frame(message);
    response.trailers.emplace_back("grpc-status", "0");
    return response;
}

Response grpc_stream(std::unique_ptr<BodyProducer> frames) {
    Response response;
    response.content_type = kType;
    response.stream = std::move(frames);
    response.trailers.emplace_back("grpc-status", "0");
    return response;
}

Response grpc_error(int grpc_status, int http_status, std::string_view message) {
    Response response;
    response.status = http_status;
    response.content_type = kType;
    response.header("grpc-accept-encoding", "identity,gzip");
    response.trailers.emplace_back("grpc-status", std::to_string(grpc_status));
    response.trailers.emplace_back("grpc-message", encode_message(message));
    return response;
}

}  // namespace rondo::net
