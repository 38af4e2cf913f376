// Coroutines that other threads continue on one I/O loop: the loop is woken once for all that
// arrive until it looks. Of the files of this folder only.
#pragma once

#include <boost/asio/execution_context.hpp>

#include <functional>
#include <mutex>
#include <vector>

namespace rondo {

class Mailbox final : public boost::asio::execution_context::service {
  public:
    using key_type = Mailbox;
    inline static boost::asio::execution_context::id id;

    explicit Mailbox(boost::asio::execution_context& context);

    // Has `go_on` called on the loop's thread. From any thread; post() puts a call into the loop.
    template <class Post>
    void put(std::move_only_function<void()> go_on, Post&& post) {
        {
            const std::lock_guard lock(mutex_);
            arrived_.push_back(std::move(go_on));
            if (arrived_.size() > 1) return;  // whoever was first has posted
        }
        post([this] { deliver(); });
    }

  private:
    void deliver();
    void shutdown() override;

    std::mutex mutex_;
    std::vector<std::move_only_function<void()>> arrived_;  // guarded by mutex_
};

}  // namespace rondo
