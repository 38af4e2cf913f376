// The HTTP/2 loop over nghttp2: frames and HPACK are the library's; streams, bodies, limits and
// the way to the handlers are ours. One coroutine reads, one writes, and each request has one;
// the reader ends last, so none of them outlives the loop. gRPC rides on it (grpc.h).
#include <nghttp2/nghttp2.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include <cstring>
#include <deque>
#include <list>
#include <map>

#include "base/check.h"
#include "base/log.h"
#include "base/text.h"
#include "platform/async/signal.h"
#include "platform/net/connection.h"
#include "platform/net/grpc.h"

namespace rondo::net {
namespace {

namespace asio = boost::asio;

constexpr size_t kReadBytes = 16 << 10;
constexpr size_t kMaxOutput = 64 << 10;       // bytes framed ahead of the socket
constexpr int32_t kStreamWindow = 256 << 10;  // of a body that its handler has not taken yet
constexpr int32_t kConnectionWindow = 1 << 20;
// A client that opens streams only to reset them makes work for nothing (T33).
constexpr uint64_t kResetBurst = 200, kResetsPerSecond = 20;
constexpr size_t kMaxOutboundAcks = 1000;  // answers to PING and SETTINGS that nobody reads

class Http2;

// One request and its response. Shared by the loop and the request's coroutine, which may outlive
// the stream: a client that leaves while its handler runs only detaches.
struct Stream final : BodySource {
    Stream(Http2& owner, Connection& connection, int32_t number)
        : loop(owner), id(number), memory(connection) {}
    Task<Result<std::string_view>> next() override;
    bool answers_in_pieces() const { return response.stream != nullptr; }

    Http2& loop;
    int32_t id;
    bool closed = false;  // nghttp2 forgot the stream

    Request request;
    const Route* route = nullptr;
    Micros started{0};
    size_t header_bytes = 0;
    bool head_too_large = false;
    bool body_complete = false;
    uint64_t body_bytes = 0;
    BodyMemory memory;               // of a buffered body
    std::deque<std::string> pieces;  // of a streamed body, not yet taken
    std::string current;             // the piece that the handler is looking at
    size_t unconsumed = 0;           // bytes whose window is still shut
    bool waits_for_body = false;
    std::optional<Error> failure;  // of the body
    Signal arrived;

    bool answered = false;
    Response response;
    std::string piece;  // of a produced body
    size_t sent = 0;    // of response.body or of piece
    bool makes_piece = false;
    bool produced_all = false;
    bool sent_all = false;
    uint64_t bytes = 0;
};

using StreamPtr = std::shared_ptr<Stream>;

// Fields as nghttp2 takes them; it copies names and values, and lower-cases the names.
class Fields {
  public:
    Fields() { list_.reserve(12); }
    void add(std::string_view name, std::string_view value) {
        list_.push_back({bytes(name), bytes(value), name.size(), value.size(), 0});
    }
    void add_safe(std::string_view name, std::string_view value) {
        std::string scratch;
        const std::string_view safe = safe_value(value, scratch);
        add(name, scratch.empty() ? safe : replaced_.emplace_back(std::move(scratch)));
    }
    const nghttp2_nv* data() const { return list_.data(); }
    size_t size() const { return list_.size(); }

  private:
    static uint8_t* bytes(std::string_view text) {
        return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));
    }
    std::vector<nghttp2_nv> list_;
    std::list<std::string> replaced_;
};

class Http2 final : public Protocol {
  public:
    Http2(Connection& connection, asio::any_io_executor executor)
        : connection_(connection), executor_(std::move(executor)) {}
    ~Http2() { nghttp2_session_del(session_); }
    Http2(const Http2&) = delete;
    Http2& operator=(const Http2&) = delete;

    // True when the peer may still be reading.
    Task<bool> run(std::string first) {
        connection_.protocol = this;
        progress_ = connection_.env.steady();
        open_session();
        spawn(write_loop());
        try {
            if (receive(first)) co_await read_loop();
        } catch (const std::exception& e) {
            // Not handed up before the other coroutines have ended.
            log::error("exception in an HTTP/2 connection", {{"error", e.what()}});
        }
        connection_.protocol = nullptr;
        ended_ = true;
        if (!said_goodbye_) connection_.stream.close();
        while (!streams_.empty()) forget(streams_.begin()->first);
        output_ready_.raise();
        while (tasks_ > 0) co_await task_ended_.wait();
        co_return said_goodbye_;
    }

    void drain() override {
        if (std::exchange(draining_, true)) return;
        nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE,
                              nghttp2_session_get_last_proc_stream_id(session_), NGHTTP2_NO_ERROR,
                              nullptr, 0);
        for (auto& [id, stream] : streams_) {
            if (stream->answers_in_pieces()) stream->response.stream->cancel();
        }
        output_ready_.raise();
    }

    void sweep(Micros now) override {
        bool waits_for_peer = false;
        for (const auto& [id, stream] : streams_) {
            if (!stream->answered && stream->request.deadline <= now) {
                refuse(stream, too_late());
            } else if (stream->sent_all && !stream->body_complete) {
                // Answered early, and the client goes on with its body regardless.
                nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, NGHTTP2_NO_ERROR);
                output_ready_.raise();
            }
            waits_for_peer = waits_for_peer || waits_for(*stream);
        }
        const auto& limits = connection_.limits;
        if (streams_.empty()) {
            if (now - progress_ >= limits.idle) drain();
        } else if (!waits_for_peer) {
            progress_ = now;  // we are the slow ones
        } else if (now - progress_ >= limits.progress) {
            connection_.stream.close();
        }
    }

    // The handler took that many bytes of its body: the client may send as many more.
    void consume(Stream& stream, size_t bytes) {
        stream.unconsumed -= bytes;
        if (ended_) return;
        nghttp2_session_consume(session_, stream.id, bytes);
        output_ready_.raise();
    }

  private:
    void open_session() {
        nghttp2_session_callbacks* callbacks = nullptr;
        nghttp2_option* option = nullptr;
        CHECK(nghttp2_session_callbacks_new(&callbacks) == 0 && nghttp2_option_new(&option) == 0,
              "no memory for an HTTP/2 session");
        nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, &on_begin_headers);
        nghttp2_session_callbacks_set_on_header_callback(callbacks, &on_header);
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, &on_frame);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, &on_data);
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, &on_close);
        // Windows open again as bodies are taken, so a slow handler slows its sender.
        nghttp2_option_set_no_auto_window_update(option, 1);
        nghttp2_option_set_max_outbound_ack(option, kMaxOutboundAcks);
        nghttp2_option_set_stream_reset_rate_limit(option, kResetBurst, kResetsPerSecond);
        CHECK(nghttp2_session_server_new2(&session_, callbacks, this, option) == 0,
              "no memory for an HTTP/2 session");
        nghttp2_option_del(option);
        nghttp2_session_callbacks_del(callbacks);
        const nghttp2_settings_entry settings[] = {
            {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS,
             static_cast<uint32_t>(connection_.limits.streams_per_connection)},
            {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow},
            {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
             static_cast<uint32_t>(connection_.limits.header_bytes)},
        };
        nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, std::size(settings));
        nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
    }

    // --- the three kinds of coroutines ----------------------------------------------------

    Task<void> read_loop() {
        const auto buffer = std::make_unique_for_overwrite<char[]>(kReadBytes);
        while (!said_goodbye_) {
            const size_t got = co_await connection_.stream.read(buffer.get(), kReadBytes);
            if (got == 0 || !receive({buffer.get(), got})) co_return;
        }
    }

    bool receive(std::string_view bytes) {
        const auto used = nghttp2_session_mem_recv(
            session_, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
        output_ready_.raise();
        return used >= 0;
    }

    // Frames what nghttp2 has to say and writes it; sleeps until there is more.
    Task<void> write_loop() {
        std::string out;
        while (!ended_) {
            while (out.size() < kMaxOutput) {
                const uint8_t* data = nullptr;
                const auto size = nghttp2_session_mem_send(session_, &data);
                if (size <= 0) break;
                out.append(reinterpret_cast<const char*>(data), static_cast<size_t>(size));
            }
            for (const StreamPtr& stream : std::exchange(hungry_, {})) spawn(produce(stream));
            if (!out.empty()) {
                if (!co_await connection_.send(out)) break;
                out.clear();
                continue;
            }
            if (nghttp2_session_want_read(session_) == 0 &&
                nghttp2_session_want_write(session_) == 0) {
                said_goodbye_ = true;
                break;
            }
            out = {};  // an idle connection keeps no memory
            co_await output_ready_.wait();
        }
        connection_.stream.interrupt();  // the reader ends as well
        if (!said_goodbye_) connection_.stream.close();
    }

    Task<void> handle(StreamPtr stream) {
        ++handlers_;
        Response response = co_await call(*stream->route, stream->request, connection_.application);
        --handlers_;
        respond(stream, std::move(response));
    }

    Task<void> produce(StreamPtr stream) {
        auto piece = co_await next_piece(*stream->response.stream, stream->request);
        stream->makes_piece = false;
        if (stream->closed) co_return;
        if (piece) {
            stream->produced_all = piece->empty();
            stream->piece = std::move(*piece);
            stream->sent = 0;
            nghttp2_session_resume_data(session_, stream->id);
        } else {
            nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream->id,
                                      NGHTTP2_INTERNAL_ERROR);
        }
        output_ready_.raise();
    }

    void spawn(Task<void> task) {
        ++tasks_;
        asio::co_spawn(executor_, std::move(task), [this](const std::exception_ptr& error) {
            if (error) {
                // Out of memory, most likely; the state of the connection is anybody's guess.
                log::error("exception in an HTTP/2 connection");
                connection_.stream.close();
            }
            --tasks_;
            task_ended_.raise();
        });
    }

    // --- callbacks of nghttp2: nothing may throw through a C library -----------------------

    static Http2& self(void* user) { return *static_cast<Http2*>(user); }

    StreamPtr find(int32_t id) {
        const auto found = streams_.find(id);
        return found == streams_.end() ? nullptr : found->second;
    }

    static int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept {
        if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
            return 0;
        Http2& loop = self(user);
        const int32_t id = frame->hd.stream_id;
        loop.streams_.emplace(id, std::make_shared<Stream>(loop, loop.connection_, id));
        loop.connection_.idle = false;
        return 0;
    }

    static int on_header(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name,
                         size_t name_size, const uint8_t* value, size_t value_size, uint8_t,
                         void* user) noexcept {
        Http2& loop = self(user);
        const auto stream = loop.find(frame->hd.stream_id);
        if (!stream || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;  // trailers
        Request& request = stream->request;
        stream->header_bytes += name_size + value_size + 32;
        const Limits& limits = loop.connection_.limits;
        if (stream->header_bytes > limits.header_bytes ||
            request.headers.size() == limits.header_fields) {
            stream->head_too_large = true;  // begin() refuses it
            return 0;
        }
        const std::string_view n(reinterpret_cast<const char*>(name), name_size);
        const std::string_view v(reinterpret_cast<const char*>(value), value_size);
        if (n == ":method")
            request.verb = verb_of(v);
        else if (n == ":path")
            request.target = v;
        else if (n == ":authority")
            request.headers.add("host", v);
        else if (n == "host" && request.headers.get(n) == v)
            return 0;  // said twice, as allowed
        else if (!n.starts_with(':'))
            request.headers.add(n, v);
        return 0;
    }

    static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept {
        Http2& loop = self(user);
        const auto type = frame->hd.type;
        if (type != NGHTTP2_HEADERS && type != NGHTTP2_DATA) return 0;
        loop.progress_ = loop.connection_.env.steady();
        const auto stream = loop.find(frame->hd.stream_id);
        if (!stream) return 0;
        if (type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
            loop.begin(stream);
        if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) loop.body_ended(stream);
        return 0;
    }

    static int on_data(nghttp2_session* session, uint8_t, int32_t id, const uint8_t* data,
                       size_t size, void* user) noexcept {
        Http2& loop = self(user);
        loop.progress_ = loop.connection_.env.steady();
        const auto stream = loop.find(id);
        if (!stream || stream->answered || stream->failure ||
            !loop.take(stream, {reinterpret_cast<const char*>(data), size}))
            nghttp2_session_consume(session, id, size);
        return 0;
    }

    static int on_close(nghttp2_session*, int32_t id, uint32_t, void* user) noexcept {
        self(user).forget(id);
        return 0;
    }

    static ssize_t on_send(nghttp2_session* session, int32_t id, uint8_t* buffer, size_t length,
                           uint32_t* flags, nghttp2_data_source*, void* user) noexcept {
        Http2& loop = self(user);
        const auto stream = loop.find(id);
        if (!stream) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        const bool in_pieces = stream->answers_in_pieces();
        const std::string& source = in_pieces ? stream->piece : stream->response.body;
        const size_t n = std::min(length, source.size() - stream->sent);
        std::memcpy(buffer, source.data() + stream->sent, n);
        stream->sent += n;
        stream->bytes += n;
        if (n > 0) loop.progress_ = loop.connection_.env.steady();
        if (stream->sent == source.size() && (!in_pieces || stream->produced_all)) {
            *flags |= NGHTTP2_DATA_FLAG_EOF;
            stream->sent_all = true;
            if (!stream->response.trailers.empty()) {
                *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
                Fields fields;
                for (const auto& [name, value] : stream->response.trailers) fields.add(name, value);
                nghttp2_submit_trailer(session, id, fields.data(), fields.size());
            }
        } else if (n == 0) {
            if (!std::exchange(stream->makes_piece, true)) loop.hungry_.push_back(stream);
            return NGHTTP2_ERR_DEFERRED;
        }
        return static_cast<ssize_t>(n);
    }

    // --- requests -------------------------------------------------------------------------

    // The head is there.
    void begin(const StreamPtr& stream) {
        Request& request = stream->request;
        stream->started = connection_.env.steady();
        request.is_grpc = is_grpc_type(request.headers.get("content-type"));
        const Status head = complete_head(connection_, request);
        if (stream->head_too_large)
            return refuse(stream, {Code::too_large, "the request's headers are too large"}, 431);
        if (!head) return refuse(stream, head.error());
        if (request.is_grpc) {
            const auto deadline =
                grpc_deadline(request.headers.get("grpc-timeout"), stream->started);
            if (!deadline) return refuse(stream, deadline.error());
            request.deadline = *deadline;
        }
        auto admitted = connection_.application.admit(request);
        if (!admitted) return respond(stream, std::move(admitted).error());
        stream->route = *admitted;
        if (stream->route->body_mode == BodyMode::streamed) {
            request.stream = stream.get();
            start(stream);
        }
    }

    // Takes a piece of the body. False when it is not kept: its window opens at once.
    bool take(const StreamPtr& stream, std::string_view piece) {
        if (stream->route == nullptr) return false;
        stream->body_bytes += piece.size();
        if (stream->body_bytes > stream->route->body_limit) {
            fail_body(stream,
                      {Code::too_large, "the body is larger than the limit of " +
                                            std::to_string(stream->route->body_limit) + " bytes"});
            return false;
        }
        if (stream->route->body_mode == BodyMode::buffered) {
            const Status taken = stream->memory.take(piece.size());
            if (taken)
                stream->request.body.append(piece);
            else
                fail_body(stream, taken.error());
            return false;
        }
        stream->pieces.emplace_back(piece);
        stream->unconsumed += piece.size();
        stream->arrived.raise();
        return true;
    }

    void fail_body(const StreamPtr& stream, Error error) {
        stream->failure = std::move(error);
        stream->arrived.raise();
        if (stream->route->body_mode == BodyMode::buffered) {
            stream->request.body = {};
            refuse(stream, *stream->failure);
        }
    }

    void body_ended(const StreamPtr& stream) {
        stream->body_complete = true;
        stream->arrived.raise();
        const bool whole = stream->route != nullptr && !stream->failure &&
                           stream->route->body_mode == BodyMode::buffered;
        if (whole && !stream->answered) start(stream);
    }

    void start(const StreamPtr& stream) {
        // Handlers of streams that were reset still run; they count against the same limit.
        if (handlers_ >= connection_.limits.streams_per_connection) {
            nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream->id,
                                      NGHTTP2_REFUSED_STREAM);
            return;
        }
        if (stream->request.deadline <= connection_.env.steady()) return refuse(stream, too_late());
        spawn(handle(stream));
    }

    static Error too_late() { return {Code::deadline_exceeded, "the call's deadline has passed"}; }

    void refuse(const StreamPtr& stream, const Error& error, std::optional<int> status = {}) {
        Response response = connection_.application.refuse(stream->request, error);
        response.status = status.value_or(response.status);
        respond(stream, std::move(response));
    }

    void respond(const StreamPtr& stream, Response response) {
        if (stream->closed || std::exchange(stream->answered, true)) return;
        stream->response = std::move(response);
        const Response& r = stream->response;
        const bool bodiless = stream->request.verb == Verb::head || r.status == 204 ||
                              r.status == 304 || (r.stream == nullptr && r.body.empty());
        const bool grpc = is_grpc_type(r.content_type);
        // gRPC's own status is in its trailers, and with any other status clients ignore them.
        const std::string status = std::to_string(grpc ? 200 : r.status);
        const std::string length =
            std::to_string(r.stream ? r.stream_length.value_or(0) : r.body.size());
        const bool known_length =
            !grpc && r.status != 204 && r.status != 304 && (r.stream == nullptr || r.stream_length);
        Fields fields;
        fields.add(":status", status);
        if (!r.content_type.empty() && r.status != 204 && r.status != 304)
            fields.add_safe("content-type", r.content_type);
        if (known_length) fields.add("content-length", length);
        fields.add("date", http_date(connection_.env));
        fields.add("x-request-id", stream->request.id);
        for (const auto& [name, value] : r.headers) fields.add_safe(name, value);
        // A gRPC answer without a message carries its trailers as headers ("trailers-only").
        if (bodiless)
            for (const auto& [name, value] : r.trailers) fields.add(name, value);
        stream->sent_all = bodiless;
        nghttp2_data_provider provider{{}, &on_send};
        if (nghttp2_submit_response(session_, stream->id, fields.data(), fields.size(),
                                    bodiless ? nullptr : &provider) != 0)
            nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream->id,
                                      NGHTTP2_INTERNAL_ERROR);
        if (draining_ && stream->answers_in_pieces()) stream->response.stream->cancel();
        output_ready_.raise();
    }

    // The stream is over, for better or worse. Its handler may still run.
    void forget(int32_t id) {
        const auto stream = find(id);
        if (!stream) return;
        streams_.erase(id);
        stream->closed = true;
        stream->pieces.clear();
        consume(*stream, stream->unconsumed);
        if (!stream->body_complete && !stream->failure)
            stream->failure = {Code::cancelled, "the client left before the body was complete"};
        stream->arrived.raise();
        if (stream->answers_in_pieces()) stream->response.stream->cancel();
        if (stream->started.count() > 0)
            connection_.application.finished(
                stream->request, stream->route, stream->sent_all ? stream->response.status : 499,
                stream->bytes, connection_.env.steady() - stream->started);
        progress_ = connection_.env.steady();
        if (streams_.empty()) connection_.rest();
    }

    // Whether the stream cannot go on until the peer sends something.
    bool waits_for(const Stream& stream) const {
        if (stream.answered) return !stream.sent_all && !stream.makes_piece;  // a shut window
        if (stream.body_complete) return false;
        const bool streamed =
            stream.route != nullptr && stream.route->body_mode == BodyMode::streamed;
        return !streamed || stream.waits_for_body;
    }

    Connection& connection_;
    asio::any_io_executor executor_;
    nghttp2_session* session_ = nullptr;
    std::map<int32_t, StreamPtr> streams_;
    std::vector<StreamPtr> hungry_;  // bodies whose next piece is wanted
    Signal output_ready_, task_ended_;
    int tasks_ = 0;        // coroutines besides the reader
    size_t handlers_ = 0;  // of them, those that run a handler
    Micros progress_{0};   // when a request or a body last moved; a PING does not count
    bool draining_ = false;
    bool said_goodbye_ = false;  // all is written, GOAWAY last
    bool ended_ = false;         // the reader is through
};

Task<Result<std::string_view>> Stream::next() {
    if (!current.empty() && !closed) loop.consume(*this, current.size());
    current.clear();
    while (true) {
        if (failure) co_return std::unexpected(*failure);
        if (!pieces.empty()) {
            current = std::move(pieces.front());
            pieces.pop_front();
            co_return std::string_view(current);
        }
        if (body_complete) co_return std::string_view{};
        waits_for_body = true;
        co_await arrived.wait();
        waits_for_body = false;
    }
}

}  // namespace

Task<bool> serve_http2(Connection& connection, std::string first) {
    Http2 loop(connection, co_await asio::this_coro::executor);
    co_return co_await loop.run(std::move(first));
}

}  // namespace rondo::net
