#include "platform/net/transport.h"

#include <fcntl.h>
#include <poll.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>

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

// The parts that both transports do with the socket below.
class SocketStream : public ByteStream {
  public:
    void interrupt() override {
        boost::system::error_code ignored;
        below().cancel(ignored);
    }
    void close() override {
        boost::system::error_code ignored;
        below().close(ignored);
    }
    bool peer_left() const override {
        pollfd look{const_cast<SocketStream*>(this)->below().native_handle(), POLLRDHUP, 0};
        return ::poll(&look, 1, 0) > 0;
    }
    std::string peer() const override { return peer_; }

  protected:
    explicit SocketStream(const tcp::socket& socket) : peer_(address_of(socket)) {}

    virtual tcp::socket& below() = 0;

    template <class Stream>
    static Task<size_t> read_from(Stream& stream, char* into, size_t n) {
        const auto [error, got] = co_await stream.async_read_some(asio::buffer(into, n), kToken);
        co_return error ? 0 : got;
    }
    template <class Stream>
    static Task<size_t> write_to(Stream& stream, std::string_view first, std::string_view second) {
        const std::array buffers{asio::buffer(first), asio::buffer(second)};
        const auto [error, put] = co_await stream.async_write_some(buffers, kToken);
        co_return error ? 0 : put;
    }
    Task<void> finish_socket(size_t skip_at_most) {
        boost::system::error_code ignored;
        below().shutdown(tcp::socket::shutdown_send, ignored);
        const auto buffer = std::make_unique_for_overwrite<char[]>(kSkipBytes);
        for (size_t skipped = 0; skipped < skip_at_most;) {
            const size_t got = co_await read_from(below(), buffer.get(), kSkipBytes);
            if (got == 0) break;
            skipped += got;
        }
    }

  private:
    static constexpr size_t kSkipBytes = 64 << 10;

    std::string peer_;
};

class PlainStream final : public SocketStream {
  public:
    explicit PlainStream(tcp::socket socket) : SocketStream(socket), socket_(std::move(socket)) {}

    Task<bool> open() override { co_return true; }
    Task<size_t> read(char* into, size_t n) override { return read_from(socket_, into, n); }
    Task<size_t> write(std::string_view first, std::string_view second) override {
        return write_to(socket_, first, second);
    }
    int duplicate() const override {
        return ::fcntl(const_cast<tcp::socket&>(socket_).native_handle(), F_DUPFD_CLOEXEC, 0);
    }
    Task<bool> writable() override {
        const auto [error] = co_await socket_.async_wait(tcp::socket::wait_write, kToken);
        co_return !error;
    }
    Task<void> finish(size_t skip_at_most) override { return finish_socket(skip_at_most); }

  private:
    tcp::socket& below() override { return socket_; }

    tcp::socket socket_;
};

class TlsStream final : public SocketStream {
  public:
    TlsStream(tcp::socket socket, TlsContext context)
        : SocketStream(socket),
          context_(std::move(context)),
          stream_(std::move(socket), *context_) {}

    Task<bool> open() override {
        const auto [error] =
            co_await stream_.async_handshake(asio::ssl::stream_base::server, kToken);
        if (error) co_return false;
        const unsigned char* name = nullptr;
        unsigned size = 0;
        SSL_get0_alpn_selected(stream_.native_handle(), &name, &size);
        protocol_.assign(reinterpret_cast<const char*>(name), size);
        co_return true;
    }
    Task<size_t> read(char* into, size_t n) override { return read_from(stream_, into, n); }
    Task<size_t> write(std::string_view first, std::string_view second) override {
        return write_to(stream_, first, second);
    }
    Task<void> finish(size_t skip_at_most) override {
        // Says that the end is meant; without it a peer takes the body for cut off.
        co_await stream_.async_shutdown(kToken);
        co_await finish_socket(skip_at_most);
    }
    std::string_view protocol() const override { return protocol_; }

  private:
    tcp::socket& below() override { return stream_.next_layer(); }

    TlsContext context_;  // outlives a reload
    asio::ssl::stream<tcp::socket> stream_;
    std::string protocol_;
};

// Offers are refused that name none of ours, so that nobody speaks what the other does not.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned offered_size, void*) {
    static constexpr unsigned char kOurs[] = "\x02h2\x08http/1.1";
    unsigned char* chosen = nullptr;
    if (SSL_select_next_proto(&chosen, out_size, kOurs, sizeof kOurs - 1, offered, offered_size) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

}  // namespace

std::unique_ptr<ByteStream> make_plain_stream(tcp::socket socket) {
    return std::make_unique<PlainStream>(std::move(socket));
}

std::unique_ptr<ByteStream> make_tls_stream(tcp::socket socket, TlsContext context) {
    return std::make_unique<TlsStream>(std::move(socket), std::move(context));
}

Result<TlsContext> make_tls_context(const std::string& certificate_file,
                                    const std::string& key_file) {
    auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
    boost::system::error_code error;
    context->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv2 |
                             asio::ssl::context::no_sslv3 | asio::ssl::context::no_tlsv1 |
                             asio::ssl::context::no_tlsv1_1,
                         error);
    if (!error) context->use_certificate_chain_file(certificate_file, error);
    if (error)
        return fail(Code::invalid,
                    "cannot use the certificate '" + certificate_file + "': " + error.message());
    context->use_private_key_file(key_file, asio::ssl::context::pem, error);
    if (error)
        return fail(Code::invalid, "cannot use the key '" + key_file + "': " + error.message());
    SSL_CTX_set_alpn_select_cb(context->native_handle(), &choose_protocol, nullptr);
    return context;
}

}  // namespace rondo::net
