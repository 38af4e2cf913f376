// For tests and fuzz targets of the protocol loops: a byte stream out of memory, a small
// application, and a way to run the one against the other. Not part of the server.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "platform/net/connection.h"

namespace rondo::net::testing {

// Hands out the given pieces one read at a time, then ends; keeps what is written.
class MemoryStream final : public ByteStream {
  public:
    explicit MemoryStream(std::vector<std::string> input) : input_(std::move(input)) {}

    std::string output;

    Task<bool> open() override { co_return true; }
    Task<size_t> read(char* into, size_t n) override {
        // The other coroutines of the loop get their turns first.
        for (int i = 0; i < kTurns; ++i) co_await boost::asio::post(boost::asio::use_awaitable);
        while (next_ < input_.size() && pos_ == input_[next_].size()) {
            ++next_;
            pos_ = 0;
        }
        if (ended_ || next_ == input_.size()) co_return 0;
        const size_t got = input_[next_].copy(into, n, pos_);
        pos_ += got;
        co_return got;
    }
    Task<size_t> write(std::string_view first, std::string_view second) override {
        if (closed_) co_return 0;
        output.append(first).append(second);
        co_return first.size() + second.size();
    }
    Task<void> finish(size_t) override { co_return; }
    void interrupt() override { ended_ = true; }
    void close() override { ended_ = closed_ = true; }
    bool peer_left() const override { return closed_; }
    std::string peer() const override { return "127.0.0.1"; }

  private:
    static constexpr int kTurns = 8;

    std::vector<std::string> input_;
    size_t next_ = 0, pos_ = 0;
    bool ended_ = false, closed_ = false;
};

// A body of the given pieces.
class Pieces final : public BodyProducer {
  public:
    explicit Pieces(std::vector<std::string> pieces) : pieces_(std::move(pieces)) {}
    Task<Result<std::string>> next() override {
        if (next_ == pieces_.size()) co_return std::string();
        if (pieces_[next_] == "fail") co_return fail(Code::internal, "broke off");
        if (pieces_[next_] == "throw") throw std::runtime_error("broke off");
        co_return pieces_[next_++];
    }

  private:
    std::vector<std::string> pieces_;
    size_t next_ = 0;
};

// GET /hello, POST /echo (buffered, 100 bytes), POST /count (streamed, 1 MB), POST /early
// (streamed, unread), GET /pieces/{list}, GET /known/{list}, GET /header/{value}, GET /empty, GET
// /throw.
class SmallApplication final : public Application {
  public:
    struct Finished {
        int status;
        uint64_t bytes;
    };
    std::vector<Finished> finished_requests;

    SmallApplication() {
        add(Verb::get, "/hello", [](Request&) -> Task<Response> { co_return text("hello"); });
        add(Verb::get, "/empty", [](Request&) -> Task<Response> {
            Response response;
            response.status = 204;
            co_return response;
        });
        add(Verb::get, "/throw", [](Request&) -> Task<Response> {
            throw std::runtime_error("thrown");
            co_return text("");
        });
        add(Verb::get, "/header/{value}", [](Request& request) -> Task<Response> {
            Response response = text("x");
            response.header("x-value", std::string(request.param("value")));
            co_return response;
        });
        add(Verb::get, "/pieces/{list}",
            [](Request& request) -> Task<Response> { co_return pieces(request); });
        add(Verb::get, "/known/{list}", [](Request& request) -> Task<Response> {
            Response response = pieces(request);
            response.stream_length = 10;
            co_return response;
        });
        add(Verb::post, "/echo",
            [](Request& request) -> Task<Response> { co_return text(request.body); });
        add(Verb::post, "/count", BodyMode::streamed, &count);
        add(Verb::post, "/early", BodyMode::streamed,
            [](Request&) -> Task<Response> { co_return text("no need"); });
    }

    std::expected<const Route*, Response> admit(Request& request) override {
        auto match = router_.find(request);
        if (!match) return std::unexpected(refuse(request, match.error()));
        if (match->route == nullptr)
            return std::unexpected(refuse(request, {Code::not_found, "nothing here"}));
        return match->route;
    }
    Response refuse(const Request&, const Error& error) override {
        Response response = text(error.message);
        response.status = error.code == Code::not_found     ? 404
                          : error.code == Code::too_large   ? 413
                          : error.code == Code::unavailable ? 503
                          : error.code == Code::internal    ? 500
                                                            : 400;
        return response;
    }
    void finished(const Request&, const Route*, int status, uint64_t bytes, Micros) override {
        finished_requests.push_back({status, bytes});
    }

  private:
    static Response text(std::string body) {
        Response response;
        response.content_type = "text/plain";
        response.body = std::move(body);
        return response;
    }
    static Response pieces(const Request& request) {
        Response response = text("");
        std::vector<std::string> list;
        for (const auto piece : split_list(request.param("list"))) list.emplace_back(piece);
        response.stream = std::make_unique<Pieces>(std::move(list));
        return response;
    }
    static std::vector<std::string_view> split_list(std::string_view text) {
        std::vector<std::string_view> out;
        while (!text.empty()) {
            out.push_back(text.substr(0, text.find(',')));
            text.remove_prefix(std::min(text.size(), out.back().size() + 1));
        }
        return out;
    }
    static Task<Response> count(Request& request) {
        size_t bytes = 0;
        while (true) {
            const auto piece = co_await request.stream->next();
            if (!piece) {
                Response response = text(piece.error().message);
                response.status = 400;
                co_return response;
            }
            if (piece->empty()) co_return text(std::to_string(bytes));
            bytes += piece->size();
        }
    }
    void add(Verb verb, std::string pattern, std::function<Task<Response>(Request&)> handle) {
        router_.add({verb, std::move(pattern), BodyMode::buffered, 100, std::move(handle)});
    }
    void add(Verb verb, std::string pattern, BodyMode mode,
             std::function<Task<Response>(Request&)> handle) {
        router_.add({verb, std::move(pattern), mode, 1 << 20, std::move(handle)});
    }

    Router router_;
};

using ServeLoop = Task<bool> (*)(Connection&, std::string);

// Runs one connection from its first byte to its end and returns what the server wrote.
inline std::string serve(ServeLoop loop, Application& application, std::vector<std::string> input,
                         const Limits& limits = {}) {
    std::atomic<bool> draining{false};
    std::atomic<size_t> buffered{0};
    MemoryStream stream(std::move(input));
    boost::asio::io_context context(1);
    Connection connection{stream, application, system_env(), limits, draining, buffered, false};
    boost::asio::co_spawn(context, loop(connection, {}), [](const std::exception_ptr&, bool) {});
    context.run();
    return std::move(stream.output);
}

}  // namespace rondo::net::testing
