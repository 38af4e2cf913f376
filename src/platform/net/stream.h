// A connected byte stream, plain or TLS, owned by one coroutine on one I/O thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "platform/async/task.h"

namespace rondo::net {

class ByteStream {
  public:
    virtual ~ByteStream() = default;
    // At least one byte, up to n; 0 when the peer closed, vanished, or close() was called.
    virtual Task<size_t> read(char* into, size_t n) = 0;
    // Writes both parts, in order, with one system call where the kernel takes it. False when the
    // peer is gone. The views have to live until the task has ended.
    virtual Task<bool> write(std::string_view first, std::string_view second) = 0;
    // Tells the peer that nothing more comes; reading goes on.
    virtual void end_writing() = 0;
    // Ends what is pending; reads and writes then fail.
    virtual void close() = 0;

    // A moment of the steady clock after which the sweeper closes this stream. Set before each
    // wait; one coarse timer a thread watches them all.
    void set_deadline(Micros at) { deadline_ = at; }
    Micros deadline() const { return deadline_; }
    // What TLS agreed on by ALPN: "h2", "http/1.1" or nothing.
    virtual std::string_view protocol() const { return {}; }
    virtual std::string peer() const = 0;

  private:
    Micros deadline_ = Micros::max();
};

}  // namespace rondo::net
