#include "platform/client/exchange.h"

#include <ctime>

#include "base/text.h"
#include "platform/net/http1_parser.h"

namespace rondo::client {
namespace {

constexpr size_t kMaxHead = 64 << 10;
constexpr size_t kMaxFields = 256;
constexpr int kMaxInterim = 8;  // 1xx answers before the real one
// Read at once: enough for a small answer, and for a stream to be worth its thread switches.
constexpr size_t kReadBytes = 16 << 10;
constexpr size_t kStreamBytes = 128 << 10;

bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    });
}

bool is_ours(std::string_view name) {
    for (const std::string_view ours :
         {"host", "content-length", "transfer-encoding", "connection", "expect"}) {
        if (equals_ignoring_case(name, ours)) return true;
    }
    return false;
}

std::string request_head(const Request& request, const Fields& headers, const Url& url,
                         const AsyncSource* source) {
    std::string head =
        request.method + " " + url.target + " HTTP/1.1\r\nhost: " + url.authority() + "\r\n";
    for (const auto& [name, value] : headers) head += name + ": " + value + "\r\n";
    const bool bodiless = request.method == "GET" || request.method == "HEAD";
    if (source != nullptr && !source->length)
        head += "transfer-encoding: chunked\r\n";
    else if (source != nullptr)
        head += "content-length: " + std::to_string(*source->length) + "\r\n";
    else if (!request.body.empty() || !bodiless)
        head += "content-length: " + std::to_string(request.body.size()) + "\r\n";
    return head + "\r\n";
}

class Exchange {
  public:
    Exchange(Wire& wire, const Request& request, const Url& url, AsyncSink* sink, Flight& flight,
             Progress& progress)
        : wire_(wire),
          request_(request),
          name_(url.origin()),
          sink_(sink),
          flight_(flight),
          progress_(progress) {}

    Task<Status> write(std::string head, AsyncSource* source) {
        flight_.arm(request_.timeouts.stall, "sending to " + name_);
        CO_TRY(co_await wire_.write(head, source == nullptr ? request_.body : std::string_view{}));
        if (source == nullptr) co_return ok();
        uint64_t left = source->length.value_or(0);
        while (true) {
            flight_.arm(Micros::max(), "making the body of the request to " + name_);
            CO_TRY_ASSIGN(const std::string piece, co_await source->next());
            progress_.body_used = true;
            if (const auto ended = flight_.ended()) co_return fail(*ended);
            flight_.arm(request_.timeouts.stall, "sending to " + name_);
            if (source->length) {
                if (piece.empty() && left > 0)
                    co_return fail(Code::internal, "a body is shorter than it was said to be");
                if (piece.empty()) co_return ok();
                if (piece.size() > left)
                    co_return fail(Code::internal, "a body is longer than it was said to be");
                left -= piece.size();
                CO_TRY(co_await wire_.write(piece, {}));
                continue;
            }
            char size[24];
            std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
            CO_TRY(co_await wire_.write(size, piece + "\r\n"));
            if (piece.empty()) co_return ok();
        }
    }

    Task<Result<Response>> read() {
        flight_.arm(request_.timeouts.first_byte, "waiting for " + name_);
        const size_t room = sink_ != nullptr ? kStreamBytes : kReadBytes;
        buffer_.resize(room);
        CO_TRY_ASSIGN(net::ResponseHead head, co_await read_head());
        Response out;
        out.status = head.status;
        for (size_t i = 0; i < fields_.size(); ++i) {
            const auto [name, value] = fields_.at(i);
            out.headers.emplace_back(to_lower(name), std::string(value));
        }
        const bool bodiless = request_.method == "HEAD" || out.status == 204 || out.status == 304;
        if (bodiless) {
            progress_.keep = head.head.keep_alive && wire_.rest.empty();
            co_return out;
        }
        if (head.has_length && head.head.length > request_.limit) co_return too_large();
        const bool to_sink = sink_ != nullptr && sink_->wants(out.status);
        if (to_sink) {
            progress_.delivered = true;
            flight_.arm(Micros::max(), "the answer of " + name_);
            CO_TRY(co_await sink_->begin(out));
            if (const auto ended = flight_.ended()) co_return fail(*ended);
        }
        const bool until_close = !head.has_length && !head.head.chunked;
        if (until_close)
            CO_TRY(co_await read_until_close(out, to_sink));
        else
            CO_TRY(co_await read_framed(head.head, out, to_sink));
        progress_.keep = !until_close && head.head.keep_alive && wire_.rest.empty();
        co_return out;
    }

  private:
    std::unexpected<Error> nonsense(const Error& error) const {
        return fail(Code::unavailable, name_ + " answered nonsense: " + error.message);
    }
    std::unexpected<Error> too_large() const {
        return fail(Code::too_large, "the answer of " + name_ + " has more than " +
                                         std::to_string(request_.limit) + " bytes");
    }

    Task<Result<size_t>> read_some() {
        auto got = co_await wire_.read(buffer_.data(), buffer_.size());
        if (got && *got > 0) progress_.answered = true;
        co_return got;
    }

    // The head of the final answer; interim ones are skipped.
    Task<Result<net::ResponseHead>> read_head() {
        std::string text;
        for (int interim = 0; interim <= kMaxInterim; ++interim) {
            net::HeadScanner scanner;
            size_t size = 0;
            while (true) {
                if (text.starts_with('\r')) co_return nonsense({Code::invalid, "an empty line"});
                const auto found = scanner.scan(text);
                if (!found) co_return nonsense(found.error());
                size = *found;
                if (size > 0) break;
                if (text.size() > kMaxHead)
                    co_return nonsense({Code::invalid, "headers of more than 64 KiB"});
                CO_TRY_ASSIGN(const size_t got, co_await read_some());
                if (got == 0)
                    co_return fail(Code::unavailable,
                                   name_ + " closed the connection before its answer was whole");
                text.append(buffer_.data(), got);
                flight_.arm(request_.timeouts.stall, "the headers of " + name_);
            }
            net::Headers fields;
            const auto head = net::parse_response_head(text.substr(0, size), kMaxFields, fields);
            if (!head) co_return nonsense(head.error());
            text.erase(0, size);
            if (head->status >= 200) {
                fields_ = std::move(fields);
                wire_.rest = std::move(text);
                co_return *head;
            }
            if (head->status == 101)
                co_return nonsense({Code::invalid, "a change of protocol nobody asked for"});
            flight_.arm(request_.timeouts.first_byte, "waiting for " + name_);
        }
        co_return nonsense({Code::invalid, "too many interim answers"});
    }

    Task<Status> deliver(std::string_view piece, Response& out, bool to_sink) {
        if (piece.empty()) co_return ok();
        if (piece.size() > request_.limit - taken_) co_return too_large();
        taken_ += piece.size();
        if (!to_sink) {
            out.body += piece;
            co_return ok();
        }
        // The peer is not to blame for how long this takes.
        flight_.arm(Micros::max(), "the answer of " + name_);
        CO_TRY(co_await sink_->take(piece));
        if (const auto ended = flight_.ended()) co_return fail(*ended);
        co_return ok();
    }

    Task<Status> read_framed(net::Head head, Response& out, bool to_sink) {
        net::BodyDecoder decoder(head);
        while (!decoder.done()) {
            flight_.arm(request_.timeouts.stall, "the answer of " + name_);
            CO_TRY_ASSIGN(const size_t got, co_await read_some());
            if (got == 0)
                co_return fail(Code::unavailable,
                               name_ + " closed the connection in the middle of its answer");
            const auto step = decoder.decode(buffer_.data(), got);
            if (!step) co_return nonsense(step.error());
            if (step->used < got)
                wire_.rest.insert(0, buffer_.data() + step->used, got - step->used);
            CO_TRY(co_await deliver({buffer_.data(), step->made}, out, to_sink));
        }
        co_return ok();
    }

    Task<Status> read_until_close(Response& out, bool to_sink) {
        while (true) {
            flight_.arm(request_.timeouts.stall, "the answer of " + name_);
            CO_TRY_ASSIGN(const size_t got, co_await read_some());
            if (got == 0) co_return ok();
            CO_TRY(co_await deliver({buffer_.data(), got}, out, to_sink));
        }
    }

    Wire& wire_;
    const Request& request_;
    std::string name_;
    AsyncSink* sink_;
    Flight& flight_;
    Progress& progress_;
    net::Headers fields_;
    std::vector<char> buffer_;
    uint64_t taken_ = 0;
};

}  // namespace

Status check_request(const Request& request) {
    if (!is_token(request.method))
        return fail(Code::invalid, quoted(request.method) + " is no HTTP method");
    const auto is_printed = [](char c) { return static_cast<uint8_t>(c) > 0x20 && c != 0x7f; };
    if (!request.target.empty() &&
        (!request.target.starts_with('/') || !std::ranges::all_of(request.target, is_printed)))
        return fail(Code::invalid, quoted(request.target) + " is no target of a request");
    for (const auto& [name, value] : request.headers) {
        if (!is_token(name) || is_ours(name))
            return fail(Code::invalid, quoted(name) + " is no header that a request may set");
        std::string scratch;
        if (net::safe_value(value, scratch).data() != value.data())
            return fail(Code::invalid, "the header " + quoted(name) + " holds a control character");
    }
    return ok();
}

Task<Result<Response>> exchange(Wire* wire, const Request* request, const Fields* headers, Url url,
                                AsyncSource* source, AsyncSink* sink, Flight* flight,
                                Progress* progress) {
    Exchange one(*wire, *request, url, sink, *flight, *progress);
    const Status written =
        co_await one.write(request_head(*request, *headers, url, source), source);
    const bool broke_off = !written && written.error().code == Code::unavailable;
    if (flight->ended() || (!written && !broke_off)) co_return fail(written.error());
    // A server that refuses a body early may have answered before it closed.
    auto answer = co_await one.read();
    if (!written) progress->keep = false;
    if (!answer && broke_off) co_return fail(written.error());
    co_return answer;
}

std::optional<Micros> parse_retry_after(std::string_view text, Time now) {
    text = trim(text);
    if (const auto seconds = parse_int(text)) {
        if (*seconds < 0) return std::nullopt;
        return Micros{std::min<int64_t>(*seconds, 86'400) * 1'000'000};
    }
    std::tm parts{};
    const std::string copy(text);
    const char* end = ::strptime(copy.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    if (end == nullptr || *end != '\0') return std::nullopt;
    const Time then = from_micros(static_cast<int64_t>(::timegm(&parts)) * 1'000'000);
    return std::max(then - now, Micros{0});
}

}  // namespace rondo::client
