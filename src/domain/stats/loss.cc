#include "domain/stats/loss.h"

namespace rondo::stats {

std::optional<double> loss_of(Loss loss, double answer, double outcome) {
    // Written so that a NaN fails each comparison.
    if (!(answer >= 0 && answer <= 1)) return std::nullopt;
    if (outcome != 0 && outcome != 1) return std::nullopt;
    switch (loss) {
        case Loss::brier:
            return (answer - outcome) * (answer - outcome);
        case Loss::zero_one:
            return (answer >= 0.5) == (outcome == 1) ? 0.0 : 1.0;
    }
    return std::nullopt;
}

}  // namespace rondo::stats
