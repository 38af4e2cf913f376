// The HTTP/1.1 loop. The grammar is Beast's parser, fed by put(); the loop, the limits and the
// writing are ours.
#include <boost/beast/http/basic_parser.hpp>

#include <charconv>

#include "base/text.h"
#include "platform/net/connection.h"

namespace rondo::net {
namespace {

namespace http = boost::beast::http;
using boost::beast::string_view;
using boost::system::error_code;

constexpr size_t kReadBytes = 16 << 10;
constexpr size_t kStreamReadBytes = 256 << 10;
// An unread rest of a body up to this size is skipped to keep the connection.
constexpr size_t kDrainBytes = 64 << 10;

class Parser final : public http::basic_parser<true> {
  public:
    Parser(Request& request, size_t header_limit) : request_(request) {
        this->header_limit(static_cast<uint32_t>(header_limit));
        this->body_limit(boost::none);  // ours is known only after routing
        eager(false);
    }

    std::string body;  // what arrived and was not taken yet
    uint64_t body_bytes = 0;
    bool expects_continue = false;
    int version = 11;

  private:
    void on_request_impl(http::verb, string_view method, string_view target, int version_number,
                         error_code&) override {
        request_.verb = verb_of({method.data(), method.size()});
        request_.target.assign(target.data(), target.size());
        version = version_number;
    }
    void on_response_impl(int, string_view, int, error_code&) override {}
    void on_field_impl(http::field, string_view name, string_view value, error_code&) override {
        request_.headers.add({name.data(), name.size()}, {value.data(), value.size()});
    }
    void on_header_impl(error_code&) override {
        expects_continue = equals_ignoring_case(request_.headers.get("expect"), "100-continue");
    }
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    size_t on_body_impl(string_view piece, error_code&) override {
        body.append(piece.data(), piece.size());
        body_bytes += piece.size();
        return piece.size();
    }
    void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
    size_t on_chunk_body_impl(std::uint64_t, string_view piece, error_code&) override {
        body.append(piece.data(), piece.size());
        body_bytes += piece.size();
        return piece.size();
    }
    void on_finish_impl(error_code&) override {}

    Request& request_;
};

// The bytes read and not yet parsed.
class Input {
  public:
    explicit Input(std::string first) : bytes_(std::move(first)) {}

    std::string_view left() const { return std::string_view(bytes_).substr(pos_); }
    void consume(size_t n) { pos_ += n; }
    Task<bool> fill(ByteStream& stream, size_t n) {
        if (pos_ == bytes_.size()) {
            bytes_.clear();
        } else if (pos_ > 0) {
            bytes_.erase(0, pos_);
        }
        pos_ = 0;
        const size_t old = bytes_.size();
        bytes_.resize(old + n);
        const size_t got = co_await stream.read(bytes_.data() + old, n);
        bytes_.resize(old + got);
        co_return got > 0;
    }
    // Gives memory of a large body back before the connection goes idle.
    void shrink() {
        if (pos_ == bytes_.size() && bytes_.capacity() > 2 * kReadBytes) {
            bytes_ = {};
            pos_ = 0;
        }
    }

  private:
    std::string bytes_;
    size_t pos_ = 0;
};

class Body final : public BodySource {
  public:
    Body(Connection& connection, Parser& parser, Input& input, size_t limit)
        : connection_(connection), parser_(parser), input_(input), limit_(limit) {}

    Task<Result<std::string_view>> next() override {
        piece_.clear();
        while (true) {
            if (!parser_.body.empty()) {
                std::swap(piece_, parser_.body);
                if (parser_.body_bytes > limit_)
                    co_return fail(Code::too_large, "the body is larger than " +
                                                        std::to_string(limit_) + " bytes");
                co_return std::string_view(piece_);
            }
            if (parser_.is_done()) co_return std::string_view{};
            if (failed_) co_return gone();
            if (!input_.left().empty()) {
                error_code error;
                const std::string_view in = input_.left();
                const size_t used = parser_.put(boost::asio::buffer(in.data(), in.size()), error);
                input_.consume(used);
                if (error && error != http::error::need_more) {
                    failed_ = true;
                    co_return fail(Code::invalid, "malformed body: " + error.message());
                }
                if (used > 0 || !parser_.body.empty() || parser_.is_done()) continue;
            }
            connection_.arm(connection_.limits.progress);
            const bool filled = co_await input_.fill(connection_.stream, kStreamReadBytes);
            connection_.disarm();
            if (!filled) {
                failed_ = true;
                co_return gone();
            }
        }
    }
    bool failed() const { return failed_; }

  private:
    static std::unexpected<Error> gone() {
        return fail(Code::cancelled, "the client left before the body was complete");
    }

    Connection& connection_;
    Parser& parser_;
    Input& input_;
    size_t limit_;
    bool failed_ = false;
    std::string piece_;
};

void append_header(std::string& out, std::string_view name, std::string_view value) {
    out += name;
    out += ": ";
    // No value of ours may start another header, whatever a file name holds.
    for (const char c : value) out += static_cast<uint8_t>(c) < 0x20 || c == 0x7f ? '_' : c;
    out += "\r\n";
}

void append_number(std::string& out, uint64_t n) {
    char buffer[24];
    const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, n);
    out.append(buffer, static_cast<size_t>(end - buffer));
}

enum class Framing { length, chunked, until_close };

std::string head_of(const Response& response, Framing framing, uint64_t length, bool keep_alive,
                    const std::string& request_id) {
    std::string head;
    head.reserve(256);
    head += "HTTP/1.1 ";
    append_number(head, static_cast<uint64_t>(response.status));
    head += ' ';
    head += reason_of(response.status);
    head += "\r\n";
    if (!response.content_type.empty()) append_header(head, "content-type", response.content_type);
    if (framing == Framing::length) {
        head += "content-length: ";
        append_number(head, length);
        head += "\r\n";
    } else if (framing == Framing::chunked) {
        head += "transfer-encoding: chunked\r\n";
    }
    if (!keep_alive) head += "connection: close\r\n";
    append_header(head, "x-request-id", request_id);
    for (const auto& [name, value] : response.headers) append_header(head, name, value);
    head += "\r\n";
    return head;
}

// Writes a response; false when the connection cannot go on.
class Writer {
  public:
    Writer(Connection& connection, const Request& request) :
        connection_(connection), request_(request) {}

    uint64_t bytes = 0;

    Task<bool> write(Response& response, bool keep_alive, bool old_client) {
        connection_.arm(connection_.limits.progress);
        const bool no_body = request_.verb == Verb::head || response.status == 204 ||
                             response.status == 304;
        bool good = false;
        if (response.stream == nullptr) {
            const std::string head = head_of(response, Framing::length, response.body.size(),
                                             keep_alive, request_.id);
            const std::string_view body = no_body ? std::string_view{} : response.body;
            bytes = head.size() + body.size();
            good = co_await connection_.stream.write(head, body);
        } else {
            const Framing framing = response.stream_length ? Framing::length
                                    : old_client           ? Framing::until_close
                                                           : Framing::chunked;
            const std::string head = head_of(response, framing, response.stream_length.value_or(0),
                                             keep_alive, request_.id);
            bytes = head.size();
            good = co_await connection_.stream.write(head, {});
            if (good && !no_body) good = co_await write_stream(response, framing);
            if (framing == Framing::until_close) good = false;
        }
        connection_.disarm();
        co_return good;
    }

  private:
    Task<bool> write_stream(Response& response, Framing framing) {
        uint64_t left = response.stream_length.value_or(UINT64_MAX);
        while (true) {
            connection_.disarm();  // making a piece may take its time (live events)
            auto piece = co_await response.stream->next();
            if (!piece) co_return false;
            connection_.arm(connection_.limits.progress);
            bytes += piece->size();
            if (framing == Framing::chunked) {
                std::string head;
                char buffer[24];
                const auto [end, error] =
                    std::to_chars(buffer, buffer + sizeof buffer, piece->size(), 16);
                head.append(buffer, static_cast<size_t>(end - buffer)) += "\r\n";
                piece->append("\r\n");
                if (!co_await connection_.stream.write(head, *piece)) co_return false;
                if (piece->size() == 2) co_return true;  // the last chunk is empty
                continue;
            }
            if (piece->empty()) co_return framing == Framing::until_close || left == 0;
            if (piece->size() > left) co_return false;  // never more than was promised
            left -= piece->size();
            if (!co_await connection_.stream.write(*piece, {})) co_return false;
        }
    }

    Connection& connection_;
    const Request& request_;
};

// The loop's state for one connection.
class Loop {
  public:
    Loop(Connection& connection, std::string first)
        : connection_(connection), input_(std::move(first)) {}

    Task<void> run() {
        while (co_await one_request()) {
        }
    }

  private:
    // False when the connection is to be closed.
    Task<bool> one_request() {
        Request request;
        Parser parser(request, connection_.limits.header_bytes);
        if (!co_await read_head(request, parser)) co_return false;
        connection_.idle = false;
        const Micros started = connection_.env.steady();
        request.peer = connection_.stream.peer();
        request.secure = connection_.secure;
        assign_request_id(connection_.env, request);

        bool keep_alive = parser.keep_alive();
        Response response;
        const Route* route = nullptr;
        if (request.headers.count("host") != 1 || !split_target(request)) {
            keep_alive = false;
            response = connection_.application.refuse(
                400, {Code::invalid, "a request needs one Host header and a target like /path"});
        } else {
            auto decision = connection_.application.admit(request);
            route = decision.route;
            response = std::move(decision.answer);
        }
        Body body(connection_, parser, input_, route == nullptr ? kDrainBytes : route->body_limit);
        if (route != nullptr) {
            auto answer = co_await answer_route(*route, request, parser, body);
            if (!answer) co_return false;
            response = std::move(*answer);
        }
        keep_alive = co_await drain(parser, body) && keep_alive;
        keep_alive = keep_alive && !connection_.draining.load(std::memory_order_relaxed);
        const bool old_client = parser.version < 11;

        Writer writer(connection_, request);
        const bool good = co_await writer.write(response, keep_alive, old_client);
        connection_.application.finished(request, route, response.status, writer.bytes,
                                         connection_.env.steady() - started);
        connection_.idle = true;
        input_.shrink();
        co_return good && keep_alive;
    }

    // Receives the body and calls the handler; an error only when the client is gone.
    Task<Result<Response>> answer_route(const Route& route, Request& request, Parser& parser,
                                        Body& body) {
        const auto refuse = [&](const Error& error) {
            return connection_.application.refuse(error.code == Code::too_large ? 413 : 400, error);
        };
        const uint64_t announced = parser.content_length().value_or(0);
        if (announced > route.body_limit) {
            co_return refuse({Code::too_large, "the body has " + std::to_string(announced) +
                                                   " bytes, the limit here is " +
                                                   std::to_string(route.body_limit)});
        }
        if (parser.expects_continue && !parser.is_done() &&
            !co_await connection_.stream.write("HTTP/1.1 100 Continue\r\n\r\n", {}))
            co_return fail(Code::cancelled, "the client left");
        const Status received = co_await receive(route, request, body);
        if (received) co_return co_await call(route, request, connection_.application);
        if (received.error().code == Code::cancelled) co_return fail(received.error());
        co_return refuse(received.error());
    }

    Task<bool> read_head(Request& request, Parser& parser) {
        bool started = !input_.left().empty();
        connection_.arm(started ? connection_.limits.header : connection_.limits.idle);
        while (true) {
            if (!input_.left().empty()) {
                if (!started) connection_.arm(connection_.limits.header);
                started = true;
                error_code error;
                const std::string_view in = input_.left();
                const size_t used = parser.put(boost::asio::buffer(in.data(), in.size()), error);
                input_.consume(used);
                if (parser.is_header_done() && !error) break;
                if (error && error != http::error::need_more) {
                    co_await refuse_head(request, error);
                    co_return false;
                }
                if (used > 0) continue;
            }
            if (!co_await input_.fill(connection_.stream, kReadBytes)) co_return false;
        }
        connection_.disarm();
        parser.eager(true);
        co_return true;
    }

    Task<void> refuse_head(Request& request, error_code error) {
        const bool large = error == http::error::header_limit;
        assign_request_id(connection_.env, request);
        Response response = connection_.application.refuse(
            large ? 431 : 400,
            {Code::invalid, large ? "the request's headers are larger than " +
                                        std::to_string(connection_.limits.header_bytes) + " bytes"
                                  : "malformed request: " + error.message()});
        Writer writer(connection_, request);
        co_await writer.write(response, false, false);
        connection_.application.finished(request, nullptr, response.status, writer.bytes, Micros{0});
    }

    // Reads a buffered body whole, or hands over the stream.
    Task<Status> receive(const Route& route, Request& request, Body& body) {
        if (route.body_mode == BodyMode::streamed) {
            request.stream = &body;
            co_return ok();
        }
        while (true) {
            auto piece = co_await body.next();
            if (!piece) co_return std::unexpected(std::move(piece).error());
            if (piece->empty()) co_return ok();
            request.body.append(*piece);
        }
    }

    // Skips what the handler left unread; false when that is more than is worth reading.
    static Task<bool> drain(Parser& parser, Body& body) {
        uint64_t skipped = 0;
        while (!parser.is_done()) {
            if (body.failed() || skipped > kDrainBytes) co_return false;
            const auto left = parser.content_length_remaining();
            if (left && *left > kDrainBytes) co_return false;
            auto piece = co_await body.next();
            if (!piece) co_return false;
            skipped += piece->size();
        }
        co_return true;
    }

    Connection& connection_;
    Input input_;
};

}  // namespace

Task<void> serve_http1(Connection& connection, std::string first) {
    Loop loop(connection, std::move(first));
    co_await loop.run();
}

}  // namespace rondo::net
