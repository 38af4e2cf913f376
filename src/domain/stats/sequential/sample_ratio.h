// Sample ratio mismatch: units that do not arrive in the arms as they were meant to. Whatever an
// experiment says is void while this rejects.
#pragma once

#include <cstdint>
#include <span>

#include "base/result.h"

namespace rondo::stats {

// Null of both: "each unit goes to arm i with probability shares[i]". Shares are positive and are
// made to sum to 1. Fail on unlike lengths, fewer than 2 arms, a share that is not positive, a
// negative count, or no units.

// At a fixed number of units: chi-square (as GrowthBook; alarm below 0.001).
Result<double> srm_p_value(std::span<const int64_t> units, std::span<const double> shares);

// At any time: ln of the e-value of a Dirichlet mixture around the shares, concentration `weight`
// (Lindon and Malek 2022). Alarm at e >= 1 / alpha. State: the counts alone.
Result<double> srm_log_e_value(std::span<const int64_t> units, std::span<const double> shares,
                               double weight = 100);

}  // namespace rondo::stats
