#include "platform/notify/retry.h"

#include <algorithm>

#include "domain/schema/test_env.h"

#include <doctest/doctest.h>

namespace rondo::notify {

TEST_CASE("a delivery that always fails is given up after about a day on the clock") {
    Micros longest{0}, sum{0};
    constexpr int kRounds = 300;
    for (int round = 0; round < kRounds; ++round) {
        TestEnv env;
        const Time begun = env.now();
        int64_t attempts = 1;
        while (const auto pause =
                   pause_after(attempts, kMostAttempts, std::nullopt, random_u64(env))) {
            CHECK(*pause >= Micros{0});
            CHECK(*pause <= kLongestPause);
            CHECK(*pause <= kBasePause * (int64_t{1} << (attempts - 1)));
            env.pass(*pause);
            ++attempts;
        }
        CHECK(attempts == kMostAttempts);
        longest = std::max(longest, env.now() - begun);
        sum += env.now() - begun;
    }
    CHECK(longest < std::chrono::hours{25});
    CHECK(sum / kRounds > std::chrono::hours{9});
    CHECK(sum / kRounds < std::chrono::hours{15});
}

TEST_CASE("jitter is full: all of the range is used") {
    CHECK(*pause_after(4, 20, std::nullopt, 0) == Micros{0});
    CHECK(*pause_after(4, 20, std::nullopt, 8'000'000) == Micros{8'000'000});
    CHECK(*pause_after(4, 20, std::nullopt, 8'000'001) == Micros{0});
}

TEST_CASE("what a receiver asks for is honoured, within bounds") {
    CHECK(*pause_after(1, 20, Micros{90'000'000}, 1) == Micros{90'000'000});
    CHECK(*pause_after(1, 20, std::chrono::hours{1000}, 1) == kLongestWish);
    CHECK(*pause_after(1, 20, Micros{-5}, 7) == Micros{7});
    CHECK(!pause_after(20, 20, Micros{1}, 1));
    CHECK(!pause_after(3, 3, std::nullopt, 1));
}

TEST_CASE("a subscription rests after five failures in a row, for ten minutes at most") {
    CHECK(rest_after(4, 1) == Micros{0});
    CHECK(rest_after(5, 0) == kFirstRest / 2);
    CHECK(rest_after(1'000'000, ~uint64_t{0}) <= kLongestRest);
    CHECK(rest_after(1'000'000, 0) == kLongestRest / 2);
    for (int64_t n = 5; n < 20; ++n) CHECK(rest_after(n + 1, 0) >= rest_after(n, 0));
}

}  // namespace rondo::notify
