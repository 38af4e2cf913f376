#include "platform/net/http1_writer.h"

#include <unistd.h>

#include <charconv>
#include <exception>

#include "base/log.h"

namespace rondo::net {
namespace {

void append_number(std::string& out, uint64_t n, int base = 10) {
    char buffer[24];
    const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, n, base);
    out.append(buffer, static_cast<size_t>(end - buffer));
}

struct Descriptor {
    int number;
    explicit Descriptor(int n) : number(n) {}
    ~Descriptor() {
        if (number >= 0) ::close(number);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
};

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
    std::optional<bool> good;
    if (frame.framing == Framing::length && producer_->sends_itself())
        good = co_await let_it_send_itself(frame.length);
    if (!good) good = co_await write_pieces(frame.framing, frame.length);
    producer_ = nullptr;
    co_return *good;
}

Task<std::optional<bool>> ResponseWriter::let_it_send_itself(uint64_t length) {
    // Of its own: the stream's may be closed, and its number be another's, while a pool writes.
    const Descriptor socket{connection_.stream.duplicate()};
    if (socket.number < 0) co_return std::nullopt;
    std::string what;
    try {
        while (length > 0) {
            const auto sent = co_await producer_->send_to(socket.number);
            if (!sent || *sent > length) co_return false;
            length -= *sent;
            bytes_ += *sent;
            if (*sent > 0) continue;
            connection_.arm(connection_.limits.progress);
            const bool ready = co_await connection_.stream.writable();
            connection_.disarm();
            if (!ready) co_return false;
        }
        co_return true;
    } catch (const std::exception& e) {
        what = e.what();
    }
    log::error("exception in a body", {{"request", request_.id}, {"error", what}});
    co_return false;
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
