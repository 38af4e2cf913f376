#include "platform/net/http1_writer.h"

#include <charconv>

namespace rondo::net {
namespace {

void append_number(std::string& out, uint64_t n, int base = 10) {
    char buffer[24];
    const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, n, base);
    out.append(buffer, static_cast<size_t>(end - buffer));
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
    std::string scratch;
    out += name;
    out += ": ";
    out += safe_value(value, scratch);
    out += "\r\n";
}

}  // namespace

Framing framing_of(const Response& response, const Head& request) {
    if (response.status == 204 || response.status == 304) return Framing::none;
    if (response.stream == nullptr || response.stream_length) return Framing::length;
    return request.minor_version == 0 ? Framing::until_close : Framing::chunked;
}

std::string response_head(const Response& response, const ResponseFrame& frame,
                          std::string_view request_id, Env& env) {
    std::string head;
    head.reserve(320);
    head += "HTTP/1.1 ";
    append_number(head, static_cast<uint64_t>(response.status));
    head += ' ';
    head += reason_of(response.status);
    head += "\r\n";
    if (!response.content_type.empty() && frame.framing != Framing::none)
        append_header(head, "content-type", response.content_type);
    if (frame.framing == Framing::length) {
        head += "content-length: ";
        append_number(head, frame.length);
        head += "\r\n";
    } else if (frame.framing == Framing::chunked) {
        head += "transfer-encoding: chunked\r\n";
    }
    if (frame.afterwards == Afterwards::close)
        head += "connection: close\r\n";
    else if (frame.minor_version == 0)
        head += "connection: keep-alive\r\n";
    head += "date: ";
    head += http_date(env);
    head += "\r\nx-request-id: ";
    head += request_id;
    head += "\r\n";
    for (const auto& [name, value] : response.headers) append_header(head, name, value);
    head += "\r\n";
    return head;
}

Task<bool> ResponseWriter::send(std::string_view first, std::string_view second) {
    bytes_ += first.size() + second.size();
    return connection_.send(first, second);
}

Task<bool> ResponseWriter::write(Response& response, Afterwards afterwards) {
    ResponseFrame frame{framing_of(response, head_), response.body.size(), afterwards,
                        head_.minor_version};
    if (response.stream) frame.length = response.stream_length.value_or(0);
    const std::string head = response_head(response, frame, request_.id, connection_.env);
    const bool bodiless = request_.verb == Verb::head || frame.framing == Framing::none;
    if (response.stream == nullptr || bodiless)
        co_return co_await send(head, bodiless ? std::string_view{} : response.body);
    if (!co_await send(head)) co_return false;
    producer_ = response.stream.get();
    const bool good = co_await write_pieces(frame.framing, frame.length);
    producer_ = nullptr;
    co_return good;
}

Task<bool> ResponseWriter::write_pieces(Framing framing, uint64_t length) {
    while (true) {
        waits_for_piece_ = true;
        auto piece = co_await next_piece(*producer_, request_);
        waits_for_piece_ = false;
        if (!piece) co_return false;
        if (framing == Framing::chunked) {
            std::string size;
            append_number(size, piece->size(), 16);
            size += "\r\n";
            const bool last = piece->empty();
            piece->append("\r\n");
            if (!co_await send(size, *piece)) co_return false;
            if (last) co_return true;
            continue;
        }
        if (piece->empty()) co_return framing == Framing::until_close || length == 0;
        if (framing == Framing::length) {
            if (piece->size() > length) co_return false;  // never more than was promised
            length -= piece->size();
        }
        if (!co_await send(*piece)) co_return false;
    }
}

}  // namespace rondo::net
