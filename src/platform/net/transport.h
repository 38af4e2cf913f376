// Plain and TLS byte streams over an accepted socket. The only header of net that shows Asio's
// sockets; included by server.cc alone.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include <memory>

#include "platform/net/stream.h"

namespace rondo::net {

using TlsContext = std::shared_ptr<boost::asio::ssl::context>;

std::unique_ptr<ByteStream> make_plain_stream(boost::asio::ip::tcp::socket socket);
std::unique_ptr<ByteStream> make_tls_stream(boost::asio::ip::tcp::socket socket,
                                            TlsContext context);

// A context that offers h2 and http/1.1, TLS 1.2 and newer.
Result<TlsContext> make_tls_context(const std::string& certificate_file,
                                    const std::string& key_file);

}  // namespace rondo::net
