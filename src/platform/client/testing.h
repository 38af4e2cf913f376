// A server of scripts for tests of the client: says exactly what a test wants to be said, however
// wrong it is.
#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "platform/client/client.h"

namespace rondo::client::testing {

// One accepted connection, on a thread of its own.
class Peer {
  public:
    Peer(int socket, int number) : number(number), socket_(socket) {}

    const int number;  // of the connection, from 0

    // The next request with its body (by content-length or chunks, as sent); empty when the client
    // has left.
    std::string request() {
        while (true) {
            if (const size_t size = whole_request(); size > 0) {
                std::string out = received_.substr(0, size);
                received_.erase(0, size);
                return out;
            }
            char buffer[65536];
            const ssize_t got = ::recv(socket_, buffer, sizeof buffer, 0);
            if (got <= 0) return {};
            received_.append(buffer, static_cast<size_t>(got));
        }
    }
    // False when the client is gone.
    bool say(std::string_view text) {
        while (!text.empty()) {
            const ssize_t put = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
            if (put <= 0) return false;
            text.remove_prefix(static_cast<size_t>(put));
        }
        return true;
    }
    bool answer(std::string_view body, int status = 200, std::string_view more = "") {
        return say("HTTP/1.1 " + std::to_string(status) + " X\r\n" + std::string(more) +
                   "content-length: " + std::to_string(body.size()) + "\r\n\r\n" +
                   std::string(body));
    }

  private:
    size_t whole_request() const {
        const size_t end = received_.find("\r\n\r\n");
        if (end == std::string::npos) return 0;
        if (received_.substr(0, end).find("transfer-encoding: chunked") != std::string::npos) {
            const size_t last = received_.find("0\r\n\r\n", end);
            return last == std::string::npos ? 0 : last + 5;
        }
        const size_t field = received_.find("content-length: ");
        const size_t length =
            field < end ? std::strtoull(received_.c_str() + field + 16, nullptr, 10) : 0;
        return received_.size() >= end + 4 + length ? end + 4 + length : 0;
    }

    int socket_;
    std::string received_;
};

class ScriptServer {
  public:
    explicit ScriptServer(std::function<void(Peer&)> script) : script_(std::move(script)) {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;  // every address of loopback, a free port
        socklen_t size = sizeof address;
        if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0) std::abort();
        if (::listen(listener_, 128) != 0) std::abort();
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        acceptor_ = std::thread([this] { accept_all(); });
    }
    ~ScriptServer() {
        ::shutdown(listener_, SHUT_RDWR);
        acceptor_.join();
        {
            const std::lock_guard lock(mutex_);
            for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
        }
        for (std::thread& thread : threads_) thread.join();
        ::close(listener_);
    }
    ScriptServer(const ScriptServer&) = delete;
    ScriptServer& operator=(const ScriptServer&) = delete;

    uint16_t port() const { return port_; }
    std::string url(const std::string& path = "/", const std::string& host = "127.0.0.1") const {
        return "http://" + host + ":" + std::to_string(port_) + path;
    }
    int accepted() const { return accepted_; }
    // The addresses of ours that were connected to.
    std::vector<uint32_t> local_addresses() {
        const std::lock_guard lock(mutex_);
        return local_;
    }

  private:
    void accept_all() {
        while (true) {
            const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (socket < 0) return;
            sockaddr_in local{};
            socklen_t size = sizeof local;
            ::getsockname(socket, reinterpret_cast<sockaddr*>(&local), &size);
            const int number = accepted_++;
            const std::lock_guard lock(mutex_);
            local_.push_back(ntohl(local.sin_addr.s_addr));
            sockets_.push_back(socket);
            threads_.emplace_back([this, socket, number] {
                Peer peer(socket, number);
                script_(peer);
                // Closed by number only once, so that shutdown() above never meets another's.
                ::shutdown(socket, SHUT_RDWR);
                const std::lock_guard closing(mutex_);
                std::erase(sockets_, socket);
                ::close(socket);
            });
        }
    }

    std::function<void(Peer&)> script_;
    int listener_ = -1;
    uint16_t port_ = 0;
    std::atomic<int> accepted_{0};
    std::mutex mutex_;
    std::vector<int> sockets_;
    std::vector<uint32_t> local_;
    std::vector<std::thread> threads_;
    std::thread acceptor_;
};

inline constexpr Micros kSecond{1'000'000};

inline std::unique_ptr<Client> open(ClientOptions options = {}) {
    return Client::open(system_env(), std::move(options)).value();
}

inline Request to(const std::string& url) {
    Request out;
    out.url = url;
    out.egress = EgressPolicy::anywhere();
    return out;
}

inline Request to(const ScriptServer& server) { return to(server.url()); }

// Answers every request of a connection alike.
inline std::function<void(Peer&)> always(std::string body) {
    return [body = std::move(body)](Peer& peer) {
        while (!peer.request().empty()) peer.answer(body);
    };
}

inline Code code_of(const Result<Response>& result) {
    return result ? Code::internal : result.error().code;
}

}  // namespace rondo::client::testing
