// The HTTP/1.1 loop: one request after the other, each read, answered, and its rest skipped.
#include <cstring>

#include "platform/net/connection.h"
#include "platform/net/http1_parser.h"
#include "platform/net/http1_writer.h"

namespace rondo::net {
namespace {

constexpr size_t kHeadBytes = 2 << 10;   // what an idle connection keeps ready for a head
constexpr size_t kBodyBytes = 64 << 10;  // read at once of a body
// An unread rest of a body up to this size is skipped to keep the connection.
constexpr size_t kSkipBytes = 64 << 10;
// Reserved for an announced body before any of it has arrived.
constexpr size_t kReserveBytes = 256 << 10;

// The bytes that were read and are not used up yet.
class Input {
  public:
    explicit Input(std::string_view first) {
        make_room(std::max(first.size(), kHeadBytes));
        std::memcpy(bytes_.get(), first.data(), first.size());
        end_ = first.size();
    }

    char* data() { return bytes_.get() + begin_; }
    size_t size() const { return end_ - begin_; }
    std::string_view left() const { return {bytes_.get() + begin_, size()}; }
    void consume(size_t n) { begin_ += n; }

    // Reads more behind what is left; false at the end. Has room for at least `room` bytes.
    Task<bool> fill(ByteStream& stream, size_t room) {
        make_room(room);
        const size_t got = co_await stream.read(bytes_.get() + end_, capacity_ - end_);
        end_ += got;
        co_return got > 0;
    }
    // Gives the memory of a large request back before the connection goes idle.
    void shrink() {
        if (size() > 0 || capacity_ <= kHeadBytes) return;
        bytes_.reset();
        capacity_ = begin_ = end_ = 0;
    }

  private:
    void make_room(size_t room) {
        if (size() == 0) begin_ = end_ = 0;
        if (capacity_ - end_ >= room) return;
        const size_t left = size();
        if (capacity_ - left >= room) {
            std::memmove(bytes_.get(), data(), left);
        } else {
            capacity_ = std::max(left + room, 2 * left);
            auto larger = std::make_unique_for_overwrite<char[]>(capacity_);
            if (left > 0) std::memcpy(larger.get(), data(), left);
            bytes_ = std::move(larger);
        }
        begin_ = 0;
        end_ = left;
    }

    std::unique_ptr<char[]> bytes_;
    size_t capacity_ = 0, begin_ = 0, end_ = 0;
};

class Body final : public BodySource {
  public:
    Body(Connection& connection, Input& input, const Head& head)
        : connection_(connection),
          input_(input),
          decoder_(head),
          expects_continue_(head.expects_continue) {}

    void set_limit(size_t bytes) { limit_ = bytes; }
    bool complete() const { return decoder_.done(); }

    Task<Result<std::string_view>> next() override {
        input_.consume(std::exchange(taken_, 0));
        while (!failure_) {
            if (decoder_.done()) co_return std::string_view{};
            if (input_.size() == 0 && !co_await read_more()) continue;
            auto step = decoder_.decode(input_.data(), input_.size());
            if (!step) {
                failure_ = std::move(step).error();
            } else if ((received_ += step->made) > limit_) {
                failure_ = {Code::too_large, "the body is larger than the limit of " +
                                                 std::to_string(limit_) + " bytes"};
            } else if (step->made == 0) {
                input_.consume(step->used);
            } else {
                taken_ = step->used;  // the view is into the input
                co_return std::string_view(input_.data(), step->made);
            }
        }
        co_return std::unexpected(*failure_);
    }

    // Whether it is worth while to skip the rest, so that the connection can go on. A client that
    // was never told to go on with its body may send it or not: nobody knows what comes next.
    bool can_be_skipped() {
        if (decoder_.done()) return true;
        const auto left = decoder_.left();
        return !failure_ && !expects_continue_ && left && *left <= kSkipBytes;
    }
    Task<bool> skip() {
        limit_ = UINT64_MAX;  // kSkipBytes have been promised at most
        while (true) {
            const auto piece = co_await next();
            if (!piece) co_return false;
            if (piece->empty()) co_return true;
        }
    }

  private:
    Task<bool> read_more() {
        if (std::exchange(expects_continue_, false) &&
            !co_await connection_.send("HTTP/1.1 100 Continue\r\n\r\n"))
            co_return gone();
        connection_.arm(connection_.limits.progress);
        const size_t left = std::min<uint64_t>(decoder_.left().value_or(kBodyBytes), kBodyBytes);
        const bool filled = co_await input_.fill(connection_.stream, std::max(left, kHeadBytes));
        connection_.disarm();
        co_return filled || gone();
    }
    bool gone() {
        failure_ = {Code::cancelled, connection_.expired
                                         ? "the body stalled: no byte of it came for too long"
                                         : "the client left before the body was complete"};
        return false;
    }

    Connection& connection_;
    Input& input_;
    BodyDecoder decoder_;
    bool expects_continue_;
    uint64_t limit_ = kSkipBytes;
    uint64_t received_ = 0;
    size_t taken_ = 0;
    std::optional<Error> failure_;
};

// One request with all that belongs to it.
struct Exchange {
    explicit Exchange(Connection& connection) : memory(connection) {}

    Request request;
    Head head;
    const Route* route = nullptr;
    Micros started{};
    BodyMemory memory;
};

class Http1 final : public Protocol {
  public:
    Http1(Connection& connection, std::string_view first)
        : connection_(connection), input_(first) {}

    // True when the peer may still be reading.
    Task<bool> run() {
        connection_.protocol = this;
        Next next = Next::request;
        while (next == Next::request && co_await next_request()) next = co_await one_request();
        connection_.protocol = nullptr;
        co_return next == Next::goodbye;
    }

    void drain() override {
        if (connection_.idle) connection_.stream.close();
        if (writer_ != nullptr) writer_->cancel();
    }
    void sweep(Micros) override {
        if (writer_ != nullptr && writer_->waits_for_piece() && connection_.stream.peer_left())
            writer_->cancel();
    }

  private:
    enum class Next { request, goodbye, nothing };  // nothing: the peer is gone

    // Waits for the first byte of a request. A coroutine of its own, because this is where most
    // connections are most of the time, and the frame of one_request() is large.
    Task<bool> next_request() {
        connection_.arm(connection_.limits.idle);
        co_return input_.size() > 0 || co_await input_.fill(connection_.stream, kHeadBytes);
    }

    Task<Next> one_request() {
        Exchange exchange(connection_);
        const Status received = co_await read_head(exchange);
        if (!received && received.error().code == Code::cancelled) co_return Next::nothing;
        connection_.idle = false;
        exchange.started = connection_.env.steady();
        Body body(connection_, input_, exchange.head);
        std::optional<Response> response;
        if (received)
            response = co_await answer(exchange, body);
        else
            response = refuse_head(exchange, received.error());
        Next next = Next::nothing;
        if (response) {
            const bool keep = received && exchange.head.keep_alive && body.can_be_skipped() &&
                              framing_of(*response, exchange.head) != Framing::until_close &&
                              !connection_.draining.load(std::memory_order_relaxed);
            next = co_await write(exchange, *response, keep ? Next::request : Next::goodbye);
        }
        if (next == Next::request && !co_await body.skip()) next = Next::goodbye;
        connection_.rest();
        input_.shrink();
        co_return next;
    }

    // Fails with Code::cancelled when there is no request to answer.
    Task<Status> read_head(Exchange& exchange) {
        HeadScanner scanner;
        size_t size = 0;
        connection_.arm(connection_.limits.header);
        while (size == 0) {
            CO_TRY_ASSIGN(size, scanner.scan(input_.left()));
            if ((size > 0 ? size : input_.size()) > connection_.limits.header_bytes)
                co_return fail(Code::too_large,
                               "the request's head is larger than " +
                                   std::to_string(connection_.limits.header_bytes) + " bytes");
            if (size == 0 && !co_await input_.fill(connection_.stream, kHeadBytes / 2)) {
                if (connection_.expired)
                    co_return fail(Code::deadline_exceeded, "the request's head took too long");
                co_return fail(Code::cancelled, "the client left within the request's head");
            }
        }
        connection_.disarm();
        auto head = parse_head(input_.left().substr(0, size), connection_.limits.header_fields,
                               exchange.request);
        if (!head) co_return std::unexpected(std::move(head).error());
        exchange.head = *head;
        input_.consume(size);
        co_return complete_head(connection_, exchange.request);
    }

    Response refuse_head(Exchange& exchange, const Error& error) {
        if (exchange.request.id.empty()) exchange.request.id = next_request_id(connection_.env);
        Response response = connection_.application.refuse(exchange.request, error);
        if (error.code == Code::too_large) response.status = 431;
        if (error.code == Code::deadline_exceeded) response.status = 408;
        return response;
    }

    // Nothing when the client is gone.
    Task<std::optional<Response>> answer(Exchange& exchange, Body& body) {
        auto admitted = connection_.application.admit(exchange.request);
        if (!admitted) co_return std::move(admitted).error();
        const Route& route = *(exchange.route = *admitted);
        body.set_limit(route.body_limit);
        const Status received = co_await receive(exchange, body);
        if (received) co_return co_await call(route, exchange.request, connection_.application);
        const bool stalled = connection_.expired;
        if (received.error().code == Code::cancelled && !stalled) co_return std::nullopt;
        Response response = connection_.application.refuse(exchange.request, received.error());
        if (stalled) response.status = 408;
        co_return response;
    }

    // Reads a buffered body whole, or hands over the stream.
    Task<Status> receive(Exchange& exchange, Body& body) {
        Request& request = exchange.request;
        const uint64_t announced = exchange.head.length;
        if (announced > exchange.route->body_limit)
            co_return fail(Code::too_large, "the body has " + std::to_string(announced) +
                                                " bytes, the limit here is " +
                                                std::to_string(exchange.route->body_limit));
        if (exchange.route->body_mode == BodyMode::streamed) {
            request.stream = &body;
            co_return ok();
        }
        request.body.reserve(std::min<uint64_t>(announced, kReserveBytes));
        while (true) {
            CO_TRY_ASSIGN(const std::string_view piece, co_await body.next());
            if (piece.empty()) co_return ok();
            CO_TRY(exchange.memory.take(piece.size()));
            request.body.append(piece);
        }
    }

    Task<Next> write(Exchange& exchange, Response& response, Next next) {
        ResponseWriter writer(connection_, exchange.request, exchange.head);
        writer_ = &writer;
        const bool good = co_await writer.write(
            response, next == Next::request ? Afterwards::keep : Afterwards::close);
        writer_ = nullptr;
        connection_.application.finished(exchange.request, exchange.route, response.status,
                                         writer.bytes(),
                                         connection_.env.steady() - exchange.started);
        co_return good ? next : Next::nothing;
    }

    Connection& connection_;
    Input input_;
    ResponseWriter* writer_ = nullptr;
};

}  // namespace

Task<bool> serve_http1(Connection& connection, std::string first) {
    Http1 loop(connection, first);
    co_return co_await loop.run();
}

}  // namespace rondo::net
