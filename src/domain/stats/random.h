// A small generator of reproducible random numbers for permutations and sampling: the same seed
// gives the same numbers on every machine, which the standard's distributions do not promise.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace rondo::stats {

// xoshiro256** by its published recurrence (Blackman and Vigna 2018), seeded by splitmix64.
class Random {
  public:
    explicit Random(uint64_t seed) {
        for (uint64_t& s : state_) {
            seed += 0x9e3779b97f4a7c15;
            s = mix(seed);
        }
    }
    // Goes on from a state that state() gave.
    explicit Random(const std::array<uint64_t, 4>& state) : state_(state) {
        // All zeros would stay zeros.
        if (state == std::array<uint64_t, 4>{}) *this = Random(0);
    }
    const std::array<uint64_t, 4>& state() const { return state_; }

    uint64_t next() {
        const uint64_t out = std::rotl(state_[1] * 5, 7) * 9;
        const uint64_t shifted = state_[1] << 17;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = std::rotl(state_[3], 45);
        return out;
    }
    // Uniform in [0, bound), without bias; bound >= 1 (Lemire 2019 does it with fewer divisions).
    uint64_t below(uint64_t bound) {
        const uint64_t reject = -bound % bound;  // 2^64 mod bound
        uint64_t x = next();
        while (x < reject) x = next();
        return x % bound;
    }
    // Uniform in [0, 1), 53 bits.
    double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }

    // The finisher of splitmix64: a good hash of 64 bits, one to one.
    static uint64_t mix(uint64_t x) {
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
        x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
        return x ^ (x >> 31);
    }

  private:
    std::array<uint64_t, 4> state_;
};

}  // namespace rondo::stats
