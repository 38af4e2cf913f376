// A connected byte stream, plain or TLS, owned by one coroutine on one I/O thread. One read and one
// write may be under way at once.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "platform/async/task.h"

namespace rondo::net {

class ByteStream {
  public:
    virtual ~ByteStream() = default;
    // Shakes hands where the transport does; false when that fails.
    virtual Task<bool> open() = 0;
    // At least one byte, up to n; 0 when the peer closed or vanished, or the wait was ended.
    virtual Task<size_t> read(char* into, size_t n) = 0;
    // Writes from both parts, in order, what the kernel takes at once, at least one byte; 0 when
    // the peer is gone or the wait was ended. The views have to live until the task has ended.
    virtual Task<size_t> write(std::string_view first, std::string_view second) = 0;
    // Another descriptor of the socket, where its bytes are what the peer reads; -1 otherwise. The
    // caller closes it; the stream's own end does not.
    virtual int duplicate() const { return -1; }
    // Waits until the kernel takes bytes; false when the wait was ended.
    virtual Task<bool> writable() { co_return false; }
    // Tells the peer that nothing more comes, then skips what it still sends until it closes too:
    // the kernel would answer unread bytes with a reset, and our last answer would be lost.
    virtual Task<void> finish(size_t skip_at_most) = 0;
    // Ends what is pending, once; the stream can be used again.
    virtual void interrupt() = 0;
    // Ends the stream; reads and writes then fail.
    virtual void close() = 0;
    // True when the peer will send nothing more. Asks the kernel; for rare looks.
    virtual bool peer_left() const = 0;
    // What TLS agreed on by ALPN: "h2", "http/1.1" or nothing.
    virtual std::string_view protocol() const { return {}; }
    virtual std::string peer() const = 0;
};

}  // namespace rondo::net
