// Random numbers of a study. Each run has a generator of its own, found from the seed and the run's
// number alone, so that threads and their order change nothing and the same seed gives the same
// numbers on every machine.
#pragma once

#include <cstdint>

#include "domain/stats/random.h"

namespace rondo::simulate {

class Draw {
  public:
    // `part` tells studies of one seed apart (a regime, a candidate).
    Draw(uint64_t seed, uint64_t part, uint64_t run)
        : random_(stats::Random::mix(stats::Random::mix(stats::Random::mix(seed) + part) + run)) {}

    double uniform() { return random_.uniform(); }  // in [0, 1)
    bool chance(double p) { return random_.uniform() < p; }
    uint64_t below(uint64_t bound) { return random_.below(bound); }  // bound >= 1
    double normal();                                                 // standard

    // How many of n >= 0 independent trials succeed; p is cut to [0, 1]. Inversion where few are
    // expected (about n p steps), else transformed rejection (Hoermann 1993, BTRS), whose cost does
    // not grow with n.
    int64_t binomial(int64_t n, double p);

  private:
    int64_t by_inversion(int64_t n, double p);
    int64_t by_rejection(int64_t n, double p);

    stats::Random random_;
};

}  // namespace rondo::simulate
