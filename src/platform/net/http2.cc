// The HTTP/2 loop over nghttp2: frames and HPACK are the library's, streams, bodies, limits and
// the way to the handlers are ours. gRPC rides on it (grpc.h).
#include <nghttp2/nghttp2.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <deque>
#include <map>

#include "base/check.h"
#include "base/log.h"
#include "base/text.h"
#include "platform/net/connection.h"

namespace rondo::net {
namespace {

namespace asio = boost::asio;

constexpr size_t kReadBytes = 64 << 10;
constexpr size_t kMaxOutput = 1 << 20;  // bytes framed ahead of the socket
// Streams that a peer opened and reset at once; beyond this the connection is an attack (T33).
constexpr int kMaxResets = 200;
constexpr size_t kMaxOutboundAcks = 1000;

// A wait that another coroutine of the same thread ends.
class Signal {
  public:
    explicit Signal(const asio::any_io_executor& executor) : timer_(executor) {
        timer_.expires_at(std::chrono::steady_clock::time_point::max());
    }
    Task<void> wait() {
        if (!raised_) co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
        raised_ = false;
    }
    void raise() {
        raised_ = true;
        timer_.cancel();
    }

  private:
    asio::steady_timer timer_;
    bool raised_ = false;
};

class Http2Loop;

struct Stream final : BodySource {
    Stream(Http2Loop& loop, int32_t number, const asio::any_io_executor& executor)
        : loop(loop), id(number), arrived(executor) {}
    Task<Result<std::string_view>> next() override;

    Http2Loop& loop;
    int32_t id;
    Request request;
    const Route* route = nullptr;
    size_t header_bytes = 0;
    bool refused = false;      // answered before the body was read
    bool body_complete = false;
    bool closed = false;       // nghttp2 forgot the stream
    uint64_t body_bytes = 0;
    bool too_large = false;
    std::deque<std::string> pieces;  // of a streamed body, not yet taken
    std::string current;
    Signal arrived;

    Response response;
    size_t sent = 0;           // of response.body or of `piece`
    std::string piece;         // of a produced body
    bool waiting_for_piece = false;
    bool produced_all = false;
    uint64_t bytes = 0;
    Micros started{0};
};

class Http2Loop {
  public:
    Http2Loop(Connection& connection, const asio::any_io_executor& executor)
        : connection_(connection), executor_(executor), output_ready_(executor) {}
    ~Http2Loop() {
        if (session_ != nullptr) nghttp2_session_del(session_);
    }
    Http2Loop(const Http2Loop&) = delete;
    Http2Loop& operator=(const Http2Loop&) = delete;

    Task<void> run(std::string first) {
        open_session();
        asio::co_spawn(executor_, write_loop(), asio::detached);
        if (receive(first)) co_await read_loop();
        // Streams under way finish into nothing: their handlers own what they need.
        reading_ = false;
        connection_.stream.close();
        for (auto& [id, stream] : streams_) {
            stream->closed = true;
            stream->arrived.raise();
        }
        while (running_ > 0 || writing_) {
            output_ready_.raise();
            co_await ended_wait();
        }
    }

    void consumed(Stream& stream, size_t bytes) {
        if (!stream.closed) nghttp2_session_consume(session_, stream.id, bytes);
        output_ready_.raise();
    }

  private:
    friend struct Stream;

    void open_session() {
        nghttp2_session_callbacks* callbacks = nullptr;
        nghttp2_session_callbacks_new(&callbacks);
        nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, &on_begin_headers);
        nghttp2_session_callbacks_set_on_header_callback(callbacks, &on_header);
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, &on_frame);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, &on_data);
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, &on_close);
        nghttp2_option* option = nullptr;
        nghttp2_option_new(&option);
        // Windows open again as bodies are taken, so a slow handler slows its sender.
        nghttp2_option_set_no_auto_window_update(option, 1);
        nghttp2_option_set_max_outbound_ack(option, kMaxOutboundAcks);
        nghttp2_session_server_new2(&session_, callbacks, this, option);
        nghttp2_option_del(option);
        nghttp2_session_callbacks_del(callbacks);
        const nghttp2_settings_entry settings[] = {
            {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS,
             static_cast<uint32_t>(connection_.limits.streams_per_connection)},
            {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 20},
            {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
             static_cast<uint32_t>(connection_.limits.header_bytes)},
        };
        nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, std::size(settings));
        nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, 4 << 20);
    }

    Task<void> read_loop() {
        std::string buffer(kReadBytes, '\0');
        while (nghttp2_session_want_read(session_) != 0 || nghttp2_session_want_write(session_) != 0) {
            connection_.idle = streams_.empty();
            if (connection_.idle) connection_.arm(connection_.limits.idle);
            else connection_.disarm();
            const size_t got = co_await connection_.stream.read(buffer.data(), buffer.size());
            if (got == 0 || !receive(std::string_view(buffer).substr(0, got))) co_return;
        }
    }

    bool receive(std::string_view bytes) {
        if (bytes.empty()) return true;
        const auto used = nghttp2_session_mem_recv(
            session_, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
        output_ready_.raise();
        return used >= 0 && resets_ <= kMaxResets;
    }

    // Frames what nghttp2 has to say and writes it; sleeps until there is more.
    Task<void> write_loop() {
        writing_ = true;
        std::string out;
        while (true) {
            out.clear();
            while (out.size() < kMaxOutput) {
                const uint8_t* data = nullptr;
                const auto size = nghttp2_session_mem_send(session_, &data);
                if (size <= 0) break;
                out.append(reinterpret_cast<const char*>(data), static_cast<size_t>(size));
            }
            if (!out.empty()) {
                if (!co_await connection_.stream.write(out, {})) break;
                continue;
            }
            if (!reading_) break;
            if (nghttp2_session_want_read(session_) == 0 &&
                nghttp2_session_want_write(session_) == 0) {
                connection_.stream.close();  // said goodbye
                break;
            }
            co_await output_ready_.wait();
        }
        writing_ = false;
    }

    Task<void> ended_wait() { co_await sleep_for(Micros{1000}); }

    // --- callbacks of nghttp2 -------------------------------------------------------------

    static Http2Loop& self(void* user) { return *static_cast<Http2Loop*>(user); }

    std::shared_ptr<Stream> find(int32_t id) {
        const auto found = streams_.find(id);
        return found == streams_.end() ? nullptr : found->second;
    }

    static int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
        if (frame->hd.type != NGHTTP2_HEADERS ||
            frame->headers.cat != NGHTTP2_HCAT_REQUEST)
            return 0;
        Http2Loop& loop = self(user);
        loop.streams_[frame->hd.stream_id] =
            std::make_shared<Stream>(loop, frame->hd.stream_id, loop.executor_);
        return 0;
    }

    static int on_header(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name,
                         size_t name_size, const uint8_t* value, size_t value_size, uint8_t,
                         void* user) {
        Http2Loop& loop = self(user);
        const auto stream = loop.find(frame->hd.stream_id);
        if (!stream || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
        stream->header_bytes += name_size + value_size + 32;
        if (stream->header_bytes > loop.connection_.limits.header_bytes)
            return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        const std::string_view n(reinterpret_cast<const char*>(name), name_size);
        const std::string_view v(reinterpret_cast<const char*>(value), value_size);
        if (n == ":method") stream->request.verb = verb_of(v);
        else if (n == ":path") stream->request.target = v;
        else if (n == ":authority") stream->request.headers.add("host", v);
        else if (!n.starts_with(':')) stream->request.headers.add(n, v);
        return 0;
    }

    static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
        Http2Loop& loop = self(user);
        if (frame->hd.type == NGHTTP2_RST_STREAM) ++loop.resets_;
        const auto stream = loop.find(frame->hd.stream_id);
        if (!stream) return 0;
        if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
            loop.begin(stream);
        const bool carries_end =
            frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
        if (carries_end && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
            loop.body_ended(stream);
        return 0;
    }

    static int on_data(nghttp2_session* session, uint8_t, int32_t id, const uint8_t* data,
                       size_t size, void* user) {
        Http2Loop& loop = self(user);
        const auto stream = loop.find(id);
        if (!stream || stream->refused || stream->route == nullptr) {
            nghttp2_session_consume(session, id, size);
            return 0;
        }
        stream->body_bytes += size;
        stream->too_large = stream->body_bytes > stream->route->body_limit;
        const std::string_view piece(reinterpret_cast<const char*>(data), size);
        if (stream->route->body_mode == BodyMode::streamed) {
            stream->pieces.emplace_back(piece);  // its window opens when the handler takes it
            stream->arrived.raise();
            return 0;
        }
        nghttp2_session_consume(session, id, size);
        if (!stream->too_large) {
            stream->request.body.append(piece);
        } else {
            stream->request.body = {};
            loop.refuse(stream, 413, {Code::too_large, "the body is larger than " +
                                                           std::to_string(stream->route->body_limit) +
                                                           " bytes"});
        }
        return 0;
    }

    static int on_close(nghttp2_session*, int32_t id, uint32_t, void* user) {
        Http2Loop& loop = self(user);
        if (const auto stream = loop.find(id)) {
            stream->closed = true;
            stream->arrived.raise();
            if (stream->started.count() > 0)
                loop.connection_.application.finished(
                    stream->request, stream->route, stream->response.status, stream->bytes,
                    loop.connection_.env.steady() - stream->started);
            loop.streams_.erase(id);
        }
        return 0;
    }

    static ssize_t on_send(nghttp2_session* session, int32_t id, uint8_t* buffer,
                                 size_t length, uint32_t* flags, nghttp2_data_source*,
                                 void* user) {
        Http2Loop& loop = self(user);
        const auto stream = loop.find(id);
        if (!stream) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        const bool produced = stream->response.stream != nullptr;
        const std::string& source = produced ? stream->piece : stream->response.body;
        const size_t n = std::min(length, source.size() - stream->sent);
        std::memcpy(buffer, source.data() + stream->sent, n);
        stream->sent += n;
        stream->bytes += n;
        const bool at_end = stream->sent == source.size() && (!produced || stream->produced_all);
        if (at_end) {
            *flags |= NGHTTP2_DATA_FLAG_EOF;
            if (!stream->response.trailers.empty()) {
                *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
                auto fields = fields_of(stream->response.trailers);
                nghttp2_submit_trailer(session, id, fields.data(), fields.size());
            }
        } else if (n == 0) {
            loop.fetch_piece(stream);
            return NGHTTP2_ERR_DEFERRED;
        }
        return static_cast<ssize_t>(n);
    }

    // --- requests -------------------------------------------------------------------------

    void begin(const std::shared_ptr<Stream>& stream) {
        Request& request = stream->request;
        stream->started = connection_.env.steady();
        request.peer = connection_.stream.peer();
        request.secure = connection_.secure;
        request.is_grpc = request.headers.get("content-type").starts_with("application/grpc");
        assign_request_id(connection_.env, request);
        if (request.headers.count("host") != 1 || !split_target(request)) {
            refuse(stream, 400, {Code::invalid, "a request needs one authority and a path"});
            return;
        }
        auto decision = connection_.application.admit(request);
        if (decision.route == nullptr) {
            stream->refused = true;
            respond(stream, std::move(decision.answer));
            return;
        }
        stream->route = decision.route;
        if (stream->route->body_mode == BodyMode::streamed) {
            request.stream = stream.get();
            start(stream);
        }
    }

    void body_ended(const std::shared_ptr<Stream>& stream) {
        stream->body_complete = true;
        stream->arrived.raise();
        if (stream->refused || stream->route == nullptr) return;
        if (stream->route->body_mode == BodyMode::buffered) start(stream);
    }

    void refuse(const std::shared_ptr<Stream>& stream, int status, const Error& error) {
        if (stream->refused) return;
        stream->refused = true;
        respond(stream, connection_.application.refuse(status, error));
    }

    void start(const std::shared_ptr<Stream>& stream) {
        ++running_;
        asio::co_spawn(executor_, handle(stream), [this](std::exception_ptr) { --running_; });
    }

    Task<void> handle(std::shared_ptr<Stream> stream) {
        Response response =
            co_await call(*stream->route, stream->request, connection_.application);
        respond(stream, std::move(response));
    }

    void respond(const std::shared_ptr<Stream>& stream, Response response) {
        if (stream->closed || !reading_) return;
        stream->response = std::move(response);
        Response& r = stream->response;
        std::vector<std::pair<std::string, std::string>> all{{":status", std::to_string(r.status)}};
        if (!r.content_type.empty()) all.emplace_back("content-type", r.content_type);
        if (r.stream == nullptr && !stream->request.is_grpc)
            all.emplace_back("content-length", std::to_string(r.body.size()));
        else if (r.stream_length) all.emplace_back("content-length", std::to_string(*r.stream_length));
        all.emplace_back("x-request-id", stream->request.id);
        for (const auto& [name, value] : r.headers) all.emplace_back(to_lower(name), value);
        const bool no_body = stream->request.verb == Verb::head ||
                             (r.stream == nullptr && r.body.empty());
        // A gRPC answer without a message carries its trailers as headers ("trailers-only").
        if (no_body)
            for (const auto& field : r.trailers) all.push_back(field);
        auto fields = fields_of(all);
        nghttp2_data_provider provider{{}, &on_send};
        nghttp2_submit_response(session_, stream->id, fields.data(), fields.size(),
                                no_body ? nullptr : &provider);
        output_ready_.raise();
    }

    void fetch_piece(const std::shared_ptr<Stream>& stream) {
        if (stream->waiting_for_piece) return;
        stream->waiting_for_piece = true;
        ++running_;
        asio::co_spawn(executor_, produce(stream), [this](std::exception_ptr) { --running_; });
    }

    Task<void> produce(std::shared_ptr<Stream> stream) {
        auto piece = co_await stream->response.stream->next();
        stream->waiting_for_piece = false;
        if (stream->closed) co_return;
        if (!piece) {
            nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream->id,
                                      NGHTTP2_INTERNAL_ERROR);
        } else {
            stream->produced_all = piece->empty();
            stream->piece = std::move(*piece);
            stream->sent = 0;
            nghttp2_session_resume_data(session_, stream->id);
        }
        output_ready_.raise();
    }

    static std::vector<nghttp2_nv> fields_of(
        const std::vector<std::pair<std::string, std::string>>& pairs) {
        std::vector<nghttp2_nv> out;
        for (const auto& [name, value] : pairs) {
            const auto bytes = [](const std::string& s) {
                return reinterpret_cast<uint8_t*>(const_cast<char*>(s.data()));
            };
            out.push_back({bytes(name), bytes(value), name.size(), value.size(),
                           NGHTTP2_NV_FLAG_NONE});
        }
        return out;
    }

    Connection& connection_;
    asio::any_io_executor executor_;
    nghttp2_session* session_ = nullptr;
    std::map<int32_t, std::shared_ptr<Stream>> streams_;
    Signal output_ready_;
    bool reading_ = true;
    bool writing_ = false;
    int running_ = 0;
    int resets_ = 0;
};

Task<Result<std::string_view>> Stream::next() {
    if (!current.empty()) loop.consumed(*this, current.size());
    current.clear();
    while (true) {
        if (too_large)
            co_return fail(Code::too_large, "the body is larger than " +
                                                std::to_string(route->body_limit) + " bytes");
        if (!pieces.empty()) {
            current = std::move(pieces.front());
            pieces.pop_front();
            co_return std::string_view(current);
        }
        if (body_complete) co_return std::string_view{};
        if (closed) co_return fail(Code::cancelled, "the client left before the body was complete");
        co_await arrived.wait();
    }
}

}  // namespace

Task<void> serve_http2(Connection& connection, std::string first) {
    Http2Loop loop(connection, co_await asio::this_coro::executor);
    co_await loop.run(std::move(first));
}

}  // namespace rondo::net
