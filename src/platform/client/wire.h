// One connection to a server, plain or TLS. Lives on the client's I/O thread. The only header of
// the client that shows Asio's sockets.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <string>
#include <string_view>

#include "platform/async/task.h"
#include "platform/client/address.h"
#include "platform/client/url.h"

namespace rondo::client {

class Wire {
  public:
    Wire(boost::asio::io_context& context, boost::asio::ssl::context& tls, const Url& url);

    Task<Status> connect(IpAddress address);
    // Shakes hands and checks the certificate against the URL's host.
    Task<Status> secure();

    // Sends all of both parts.
    Task<Status> write(std::string_view first, std::string_view second);
    // At least one byte, up to n; 0 when the peer ended the connection properly.
    Task<Result<size_t>> read(char* into, size_t n);
    // Ends what is pending; the wire is of no use afterwards.
    void close();
    // False when the peer has closed the idle connection, or said something unasked.
    bool is_quiet();

    const IpAddress& address() const { return address_; }
    uint64_t written() const { return written_; }
    bool used_before = false;
    std::string rest;  // bytes that were read and belong to what comes next

  private:
    boost::asio::ip::tcp::socket& socket() { return stream_.next_layer(); }
    std::unexpected<Error> lost(const boost::system::error_code& error, std::string_view doing);
    std::string distrust();

    Url url_;
    std::string name_;  // for messages
    boost::asio::ssl::stream<boost::asio::ip::tcp::socket> stream_;
    IpAddress address_;
    uint64_t written_ = 0;
};

// TLS 1.2 and newer, peers verified. `authorities` as in ClientOptions.
Result<std::unique_ptr<boost::asio::ssl::context>> make_trust(const std::string& authorities);

}  // namespace rondo::client
