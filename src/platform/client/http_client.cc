#include "platform/client/http_client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include "base/text.h"

namespace rondo::client {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

struct Address {
    bool secure = false;
    std::string host, port;
};

Result<Address> parse_url(const std::string& url) {
    Address out;
    std::string_view rest = url;
    out.secure = rest.starts_with("https://");
    if (!out.secure && !rest.starts_with("http://"))
        return fail(Code::invalid, quoted(url) +
                                       " is no URL of a server; write it as "
                                       "http://127.0.0.1:5000");
    rest.remove_prefix(out.secure ? 8 : 7);
    rest = rest.substr(0, rest.find('/'));
    const size_t colon = rest.rfind(':');
    const bool has_port =
        colon != std::string_view::npos && rest.find(']', colon) == std::string_view::npos;
    out.host = rest.substr(0, has_port ? colon : rest.size());
    out.port = has_port ? std::string(rest.substr(colon + 1)) : out.secure ? "443" : "80";
    if (out.host.empty()) return fail(Code::invalid, quoted(url) + " names no host");
    return out;
}

class BeastClient final : public HttpClient {
  public:
    explicit BeastClient(Address address)
        : address_(std::move(address)), tls_(asio::ssl::context::tls_client) {
        error_code ignored;
        tls_.set_default_verify_paths(ignored);
        tls_.set_verify_mode(asio::ssl::verify_peer, ignored);
    }

    Result<HttpResponse> send(const HttpRequest& request, Micros patience,
                              uint64_t limit) override {
        http::request<http::string_body> out{http::string_to_verb(request.method), request.target,
                                             11};
        out.set(http::field::host, address_.host + ":" + address_.port);
        for (const auto& [name, value] : request.headers) out.set(name, value);
        out.body() = request.body;
        out.prepare_payload();
        // A kept-alive connection may have been closed meanwhile: then once more on a fresh one.
        const bool was_open = stream_ != nullptr;
        auto answer = exchange(out, patience, limit);
        if (!answer && was_open && answer.error().code == Code::unavailable)
            answer = exchange(out, patience, limit);
        return answer;
    }

  private:
    std::unexpected<Error> away(const error_code& error) {
        stream_.reset();
        if (error == beast::error::timeout)
            return fail(Code::deadline_exceeded, "the server took too long");
        if (error == http::error::body_limit)
            return fail(Code::too_large, "the server's answer is larger than expected");
        return fail(Code::unavailable, "cannot reach the server at " + address_.host + ":" +
                                           address_.port + ": " + error.message() +
                                           "; is it running? (`rondo server`)");
    }

    // Runs one asynchronous step to its end, so that its deadline holds.
    template <class Start>
    error_code run(Micros patience, Start start) {
        error_code result;
        beast::get_lowest_layer(*stream_).expires_after(patience);
        start([&](error_code error, auto...) { result = error; });
        context_.restart();
        context_.run();
        return result;
    }

    error_code connect(Micros patience) {
        error_code error;
        tcp::resolver resolver(context_);
        const auto found = resolver.resolve(address_.host, address_.port, error);
        if (error) return error;
        stream_ = std::make_unique<beast::ssl_stream<beast::tcp_stream>>(context_, tls_);
        buffer_.clear();
        error = run(patience, [&](auto done) {
            beast::get_lowest_layer(*stream_).async_connect(found, done);
        });
        if (error || !address_.secure) return error;
        SSL_set_tlsext_host_name(stream_->native_handle(), address_.host.c_str());
        stream_->set_verify_callback(asio::ssl::host_name_verification(address_.host), error);
        if (error) return error;
        return run(patience, [&](auto done) {
            stream_->async_handshake(asio::ssl::stream_base::client, done);
        });
    }

    template <class Stream>
    error_code talk(Stream& stream, const http::request<http::string_body>& out,
                    http::response_parser<http::string_body>& in, Micros patience) {
        error_code error = run(patience, [&](auto done) { http::async_write(stream, out, done); });
        if (error) return error;
        return run(patience, [&](auto done) { http::async_read(stream, buffer_, in, done); });
    }

    Result<HttpResponse> exchange(const http::request<http::string_body>& out, Micros patience,
                                  uint64_t limit) {
        if (!stream_) {
            if (const error_code error = connect(patience)) return away(error);
        }
        http::response_parser<http::string_body> in;
        in.body_limit(limit);
        const error_code error = address_.secure ? talk(*stream_, out, in, patience)
                                                 : talk(stream_->next_layer(), out, in, patience);
        if (error) return away(error);
        HttpResponse answer;
        answer.status = in.get().result_int();
        const auto type = in.get()[http::field::content_type];
        answer.content_type.assign(type.data(), type.size());
        answer.body = std::move(in.get().body());
        if (!in.get().keep_alive()) stream_.reset();
        return answer;
    }

    Address address_;
    asio::io_context context_;
    asio::ssl::context tls_;
    std::unique_ptr<beast::ssl_stream<beast::tcp_stream>> stream_;
    beast::flat_buffer buffer_;
};

}  // namespace

Result<std::unique_ptr<HttpClient>> HttpClient::open(const std::string& url) {
    TRY_ASSIGN(Address address, parse_url(url));
    return std::make_unique<BeastClient>(std::move(address));
}

}  // namespace rondo::client
