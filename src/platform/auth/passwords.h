// Passwords: argon2id, 19 MiB and two passes (some 60 ms of a core each), on threads of their own
// behind a bounded queue, so that a flood of sign-ins costs neither memory nor anybody else's time.
#pragma once

#include <atomic>
#include <mutex>
#include <string>

#include "base/env.h"
#include "platform/async/pool.h"

namespace rondo::auth {

inline constexpr size_t kMinPassword = 12;
inline constexpr size_t kMaxPassword = 1024;

// Fails with what is wrong with it as a password.
Status check_password(std::string_view password);

class Passwords {
  public:
    explicit Passwords(Env& env);

    // argon2's own text form, with a fresh salt. Code::exhausted when too many wait already.
    Task<Result<std::string>> hash(std::string password);
    // Whether the password is the one of the hash. An empty hash takes as long, and is never right:
    // a name that does not exist answers no faster than one that does.
    Task<Result<bool>> matches(std::string password, std::string hash);
    // Blocks; for the start of a server.
    std::string hash_now(const std::string& password);
    void stop() { pool_.stop(); }

  private:
    Status enter();
    const std::string& hash_of_nobody();

    Env& env_;
    WorkerPool pool_;
    std::atomic<int> waiting_{0};
    // The hash that an empty one is compared with; made at the first need, since it takes 60 ms.
    std::once_flag nobody_made_;
    std::string nobody_;
};

}  // namespace rondo::auth
