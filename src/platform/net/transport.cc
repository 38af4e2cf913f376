#include "platform/net/transport.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>

namespace rondo::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);

std::string address_of(const tcp::socket& socket) {
    boost::system::error_code error;
    const auto endpoint = socket.remote_endpoint(error);
    return error ? "" : endpoint.address().to_string();
}

template <class Stream>
Task<size_t> read_from(Stream& stream, char* into, size_t n) {
    const auto [error, got] = co_await stream.async_read_some(asio::buffer(into, n), kToken);
    co_return error ? 0 : got;
}

template <class Stream>
Task<bool> write_to(Stream& stream, std::string_view first, std::string_view second) {
    const std::array buffers{asio::buffer(first.data(), first.size()),
                             asio::buffer(second.data(), second.size())};
    const auto [error, put] = co_await asio::async_write(stream, buffers, kToken);
    co_return !error;
}

class PlainStream final : public ByteStream {
  public:
    explicit PlainStream(tcp::socket socket)
        : socket_(std::move(socket)), peer_(address_of(socket_)) {}

    Task<size_t> read(char* into, size_t n) override { return read_from(socket_, into, n); }
    Task<bool> write(std::string_view first, std::string_view second) override {
        return write_to(socket_, first, second);
    }
    void end_writing() override {
        boost::system::error_code ignored;
        socket_.shutdown(tcp::socket::shutdown_send, ignored);
    }
    void close() override {
        boost::system::error_code ignored;
        socket_.close(ignored);
    }
    std::string peer() const override { return peer_; }

  private:
    tcp::socket socket_;
    std::string peer_;
};

class TlsStream final : public ByteStream {
  public:
    TlsStream(tcp::socket socket, std::shared_ptr<asio::ssl::context> context)
        : context_(std::move(context)), stream_(std::move(socket), *context_),
          peer_(address_of(stream_.next_layer())) {}

    Task<bool> shake_hands() {
        const auto [error] = co_await stream_.async_handshake(asio::ssl::stream_base::server,
                                                              kToken);
        if (error) co_return false;
        const unsigned char* name = nullptr;
        unsigned size = 0;
        SSL_get0_alpn_selected(stream_.native_handle(), &name, &size);
        protocol_.assign(reinterpret_cast<const char*>(name), size);
        co_return true;
    }
    Task<size_t> read(char* into, size_t n) override { return read_from(stream_, into, n); }
    Task<bool> write(std::string_view first, std::string_view second) override {
        return write_to(stream_, first, second);
    }
    void end_writing() override {
        boost::system::error_code ignored;
        stream_.next_layer().shutdown(tcp::socket::shutdown_send, ignored);
    }
    void close() override {
        boost::system::error_code ignored;
        stream_.next_layer().close(ignored);
    }
    std::string_view protocol() const override { return protocol_; }
    std::string peer() const override { return peer_; }

  private:
    std::shared_ptr<asio::ssl::context> context_;  // outlives a reload
    asio::ssl::stream<tcp::socket> stream_;
    std::string protocol_;
    std::string peer_;
};

int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned offered_size, void*) {
    static constexpr unsigned char kOurs[] = "\x02h2\x08http/1.1";
    unsigned char* chosen = nullptr;
    if (SSL_select_next_proto(&chosen, out_size, kOurs, sizeof kOurs - 1, offered, offered_size) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

}  // namespace

std::unique_ptr<ByteStream> make_plain_stream(tcp::socket socket) {
    return std::make_unique<PlainStream>(std::move(socket));
}

Task<std::unique_ptr<ByteStream>> accept_tls(tcp::socket socket,
                                             std::shared_ptr<asio::ssl::context> context,
                                             Micros patience) {
    using namespace asio::experimental::awaitable_operators;
    const auto executor = socket.get_executor();
    auto stream = std::make_unique<TlsStream>(std::move(socket), std::move(context));
    asio::steady_timer timer(executor, patience);
    const auto outcome = co_await (stream->shake_hands() || timer.async_wait(kToken));
    if (outcome.index() != 0 || !std::get<0>(outcome)) co_return nullptr;
    co_return stream;
}

Result<std::shared_ptr<asio::ssl::context>> make_tls_context(const std::string& certificate_file,
                                                             const std::string& key_file) {
    auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
    boost::system::error_code error;
    context->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv2 |
                             asio::ssl::context::no_sslv3 | asio::ssl::context::no_tlsv1 |
                             asio::ssl::context::no_tlsv1_1,
                         error);
    if (!error) context->use_certificate_chain_file(certificate_file, error);
    if (error)
        return fail(Code::invalid, "cannot use the certificate '" + certificate_file +
                                       "': " + error.message());
    context->use_private_key_file(key_file, asio::ssl::context::pem, error);
    if (error)
        return fail(Code::invalid,
                    "cannot use the key '" + key_file + "': " + error.message());
    SSL_CTX_set_alpn_select_cb(context->native_handle(), &choose_protocol, nullptr);
    return context;
}

}  // namespace rondo::net
