#include "platform/async/mailbox.h"

namespace rondo {
Mailbox::Mailbox(boost::asio::execution_context& context)
    : boost::asio::execution_context::service(context) {}

void Mailbox::deliver() {
    std::vector<std::move_only_function<void()>> now;
    {
        const std::lock_guard lock(mutex_);
        now.swap(arrived_);
    }
    for (auto& go_on : now) go_on();
}

void Mailbox::shutdown() {
    std::vector<std::move_only_function<void()>> left;
    {
        const std::lock_guard lock(mutex_);
        left.swap(arrived_);
    }
}

}  // namespace rondo
