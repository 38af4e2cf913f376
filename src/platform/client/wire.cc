#include "platform/client/wire.h"

#include <poll.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/text.h"

namespace rondo::client {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);

tcp::endpoint endpoint_of(const IpAddress& address, uint16_t port) {
    if (address.is_v6) return {asio::ip::address_v6(address.bytes), port};
    return {asio::ip::address_v4(address.v4_bits()), port};
}

template <class Stream>
Task<std::pair<error_code, size_t>> write_some(Stream& stream, std::string_view first,
                                               std::string_view second) {
    const std::array buffers{asio::buffer(first), asio::buffer(second)};
    const auto [error, put] = co_await stream.async_write_some(buffers, kToken);
    co_return std::pair(error, put);
}

}  // namespace

Wire::Wire(asio::io_context& context, asio::ssl::context& tls, const Url& url)
    : url_(url), name_(url.origin()), stream_(context, tls) {}

std::unexpected<Error> Wire::lost(const error_code& error, std::string_view doing) {
    std::string why = error.message();
    if (error == asio::ssl::error::stream_truncated || error == asio::error::eof)
        why = "the other side closed the connection";
    return fail(Code::unavailable, std::string(doing) + " " + name_ + ": " + why);
}

Task<Status> Wire::connect(IpAddress address) {
    address_ = address;
    const auto [error] = co_await socket().async_connect(endpoint_of(address, url_.port), kToken);
    if (error)
        co_return fail(Code::unavailable,
                       "cannot reach " + name_ + " (" + address.text() + "): " + error.message());
    error_code ignored;
    socket().set_option(tcp::no_delay(true), ignored);
    co_return ok();
}

// Why the certificate was not believed, in words; empty when that was not the trouble.
std::string Wire::distrust() {
    const long result = SSL_get_verify_result(stream_.native_handle());
    switch (result) {
        case X509_V_OK:
            return {};
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return "its certificate has expired; renew it there, or set this machine's clock";
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return "its certificate is not valid yet; is this machine's clock right?";
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
            return "its certificate is self-signed; to trust it, name its PEM file in "
                   "SSL_CERT_FILE";
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
            return "its certificate is signed by an authority that is not known here; name the "
                   "authority's PEM file in SSL_CERT_FILE";
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return "its certificate is for another host than '" + url_.host + "'";
        default:
            return std::string("its certificate is not trusted: ") +
                   X509_verify_cert_error_string(result);
    }
}

Task<Status> Wire::secure() {
    SSL* ssl = stream_.native_handle();
    X509_VERIFY_PARAM* wanted = SSL_get0_param(ssl);
    bool set = false;
    if (const auto address = IpAddress::parse(url_.host)) {
        set =
            X509_VERIFY_PARAM_set1_ip(wanted, address->bytes.data(), address->is_v6 ? 16 : 4) == 1;
    } else {
        X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        set = X509_VERIFY_PARAM_set1_host(wanted, url_.host.data(), url_.host.size()) == 1 &&
              SSL_set_tlsext_host_name(ssl, url_.host.c_str()) == 1;
    }
    if (!set) co_return fail(Code::internal, "cannot set up TLS for " + name_);
    const auto [error] = co_await stream_.async_handshake(asio::ssl::stream_base::client, kToken);
    if (!error) co_return ok();
    if (const std::string why = distrust(); !why.empty())
        co_return fail(Code::unavailable, name_ + ": " + why);
    co_return lost(error, "no TLS with");
}

Task<Status> Wire::write(std::string_view first, std::string_view second) {
    while (!first.empty() || !second.empty()) {
        auto [error, put] = url_.secure ? co_await write_some(stream_, first, second)
                                        : co_await write_some(socket(), first, second);
        if (error) co_return lost(error, "cannot send to");
        written_ += put;
        const size_t of_first = std::min(put, first.size());
        first.remove_prefix(of_first);
        second.remove_prefix(put - of_first);
    }
    co_return ok();
}

Task<Result<size_t>> Wire::read(char* into, size_t n) {
    if (!rest.empty()) {
        n = std::min(n, rest.size());
        rest.copy(into, n);
        rest.erase(0, n);
        co_return n;
    }
    error_code error;
    size_t got = 0;
    if (url_.secure)
        std::tie(error, got) = co_await stream_.async_read_some(asio::buffer(into, n), kToken);
    else
        std::tie(error, got) = co_await socket().async_read_some(asio::buffer(into, n), kToken);
    if (error == asio::error::eof) co_return size_t{0};
    if (error) co_return lost(error, "no answer from");
    co_return got;
}

void Wire::close() {
    error_code ignored;
    socket().close(ignored);
}

bool Wire::is_quiet() {
    pollfd look{socket().native_handle(), POLLIN | POLLRDHUP, 0};
    return rest.empty() && ::poll(&look, 1, 0) == 0;
}

Result<std::unique_ptr<asio::ssl::context>> make_trust(const std::string& authorities) {
    auto made = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_client);
    error_code error;
    made->set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1, error);
    made->set_verify_mode(asio::ssl::verify_peer, error);
    if (!authorities.empty()) made->load_verify_file(authorities, error);
    if (error)
        return fail(Code::invalid, "cannot use the authorities in " + quoted(authorities) + ": " +
                                       error.message());
    return made;
}

}  // namespace rondo::client
