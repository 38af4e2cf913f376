#include "platform/async/pipe.h"

#include <doctest/doctest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <thread>

namespace rondo {
namespace {

namespace asio = boost::asio;

// A loop on a thread of its own.
class Loop {
  public:
    Loop() : work_(context_.get_executor()), thread_([this] { context_.run(); }) {}
    ~Loop() {
        work_.reset();
        thread_.join();
    }
    void spawn(Task<void> task) { asio::co_spawn(context_, std::move(task), asio::detached); }

  private:
    asio::io_context context_{1};
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    std::thread thread_;
};

Task<void> write_all(Pipe* pipe, int pieces, std::atomic<int>* written) {
    for (int i = 0; i < pieces; ++i) {
        if (!co_await pipe->write(std::string(100, static_cast<char>('a' + i % 26)))) co_return;
        ++*written;
    }
    pipe->close();
}

Task<void> read_all(Pipe* pipe, size_t* bytes, std::string* failure) {
    while (true) {
        const auto piece = co_await pipe->read();
        if (!piece) *failure = piece.error().message;
        if (!piece || piece->empty()) co_return;
        *bytes += piece->size();
    }
}

}  // namespace

TEST_CASE("pipe: every byte arrives, and no more than its room waits") {
    Pipe pipe(1000);
    std::atomic<int> written{0};
    size_t bytes = 0;
    std::string failure;
    {
        Loop writer;
        writer.spawn(write_all(&pipe, 20'000, &written));
        for (int i = 0; i < 200 && written < 10; ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
        CHECK(written == 10);  // the rest waits for a reader
        Loop reader;
        reader.spawn(read_all(&pipe, &bytes, &failure));
    }
    CHECK(bytes == 2'000'000);
    CHECK(failure.empty());
}

TEST_CASE("pipe: a reader that goes ends the writer, a writer that fails the reader") {
    Pipe left(100);
    std::atomic<int> written{0};
    {
        Loop writer;
        writer.spawn(write_all(&left, 1000, &written));
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
        left.abandon();
    }
    CHECK(written < 1000);

    Pipe broken(100);
    CHECK(broken.offer("12345"));
    broken.fail({Code::unavailable, "broke off"});
    CHECK(!broken.offer("6"));
    size_t bytes = 0;
    std::string failure;
    {
        Loop reader;
        reader.spawn(read_all(&broken, &bytes, &failure));
    }
    CHECK(bytes == 5);
    CHECK(failure == "broke off");
}

TEST_CASE("pipe: an offer never waits") {
    Pipe pipe(10);
    CHECK(pipe.offer("0123456789"));
    CHECK(!pipe.offer("x"));
}

}  // namespace rondo
