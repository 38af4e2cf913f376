#include "platform/async/task.h"

#include <doctest/doctest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <memory>
#include <vector>

namespace rondo {
namespace {

namespace asio = boost::asio;

}  // namespace

TEST_CASE("hop: all that are continued at once go on, with one wake of their loop") {
    asio::io_context loop{1};
    std::vector<Resume> waiting;
    int done = 0;
    const auto visit = [&]() -> Task<void> {
        co_await hop([&](Resume resume) { waiting.push_back(std::move(resume)); });
        ++done;
    };
    for (int i = 0; i < 20; ++i) asio::co_spawn(loop, visit(), asio::detached);
    loop.poll();
    loop.restart();
    CHECK(waiting.size() == 20);
    for (Resume& one : waiting) one();
    CHECK(done == 0);
    CHECK(loop.poll_one() == 1);
    CHECK(done == 20);
}

TEST_CASE("hop: a loop that ends frees who was about to go on") {
    const auto owned = std::make_shared<int>(1);
    {
        asio::io_context loop{1};
        const auto hold = [](std::shared_ptr<int> mine) -> Task<void> {
            co_await hop([](Resume resume) { resume(); });
            CHECK(*mine == 1);
        };
        asio::co_spawn(loop, hold(owned), asio::detached);
        loop.run_one();
        CHECK(owned.use_count() > 1);
    }
    CHECK(owned.use_count() == 1);
}

}  // namespace rondo
