// One message posted once. Blocks for as long as the deadlines let it; any thread but the client's.
// Every outgoing connection is under the egress policy, redirects are not followed, and of the
// answer no more is read than its bound.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "platform/client/client.h"
#include "platform/notify/service.h"

namespace rondo::notify {

inline constexpr size_t kAnswerKept = 1024;       // bytes, for the log
inline constexpr size_t kAnswerRead = 64 << 10;   // of an answer with 2xx; then we hang up
inline constexpr uint64_t kAnswerMost = 1 << 20;  // of another answer
inline constexpr client::Timeouts kTimeouts{Micros{5'000'000}, Micros{10'000'000},
                                            Micros{10'000'000}, Micros{15'000'000}};

struct Outcome {
    int status = 0;  // 0: there was no answer
    Micros latency{0};
    std::string problem;         // empty when it was taken
    std::string answer;          // up to kAnswerKept of its body, as text
    std::optional<Micros> wish;  // by Retry-After
    bool cancelled = false;      // by us; says nothing about the receiver

    bool taken() const { return problem.empty() && !cancelled; }
    bool gone() const { return status == 410; }
};

// A receiver that has answered with 2xx has taken the message, whatever becomes of the rest.
Outcome attempt(Env& env, client::Client& http, const Service::Letter& letter,
                const std::shared_ptr<const client::EgressPolicy>& egress,
                const std::shared_ptr<client::Cancel>& cancel);

}  // namespace rondo::notify
