#include "domain/simulate/draw.h"
#include "domain/stats/distributions.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace rondo;
using simulate::Draw;

namespace {

// Chi-square of draws against the exact law, cells of fewer than 10 expected put together: the
// p-value.
double fit(int64_t n, double p, uint64_t seed) {
    constexpr int kDraws = 40'000;
    std::vector<int64_t> seen(static_cast<size_t>(n) + 1);
    Draw draw(seed, 0, 0);
    for (int i = 0; i < kDraws; ++i) ++seen[static_cast<size_t>(draw.binomial(n, p))];
    double statistic = 0, expected = 0, observed = 0;
    int cells = 0;
    for (int64_t k = 0; k <= n; ++k) {
        expected += kDraws * stats::binomial_pmf(static_cast<double>(k), static_cast<double>(n), p);
        observed += static_cast<double>(seen[static_cast<size_t>(k)]);
        if (expected < 10) continue;
        statistic += (observed - expected) * (observed - expected) / expected;
        expected = observed = 0;
        ++cells;
    }
    if (expected > 0) statistic += (observed - expected) * (observed - expected) / expected;
    return stats::chi_square_sf(statistic, cells);
}

}  // namespace

TEST_CASE("draws of a binomial follow its law, by inversion and by rejection") {
    uint64_t seed = 1;
    for (const int64_t n : {1, 20, 100, 950, 4000}) {
        for (const double p : {0.002, 0.05, 0.3, 0.5, 0.9}) {
            CAPTURE(n);
            CAPTURE(p);
            CHECK(fit(n, p, seed++) > 1e-4);
        }
    }
}

TEST_CASE("draws at the ends of a binomial") {
    Draw draw(1, 2, 3);
    CHECK(draw.binomial(0, 0.5) == 0);
    CHECK(draw.binomial(10, 0) == 0);
    CHECK(draw.binomial(10, -1) == 0);
    CHECK(draw.binomial(10, 1) == 10);
    CHECK(draw.binomial(10, 2) == 10);
    CHECK(draw.binomial(10, std::nan("")) == 0);
}

TEST_CASE("each run draws its own numbers, the same ones each time") {
    CHECK(Draw(1, 2, 3).below(1'000'000) == Draw(1, 2, 3).below(1'000'000));
    CHECK(Draw(1, 2, 3).below(1'000'000) != Draw(1, 2, 4).below(1'000'000));
    CHECK(Draw(1, 2, 3).below(1'000'000) != Draw(1, 3, 3).below(1'000'000));
    CHECK(Draw(1, 2, 3).below(1'000'000) != Draw(2, 2, 3).below(1'000'000));
}

TEST_CASE("normal draws have mean 0 and deviation 1") {
    Draw draw(5, 0, 0);
    double sum = 0, squares = 0;
    constexpr int kDraws = 100'000;
    for (int i = 0; i < kDraws; ++i) {
        const double x = draw.normal();
        sum += x;
        squares += x * x;
    }
    CHECK(std::abs(sum / kDraws) < 4 / std::sqrt(kDraws));
    CHECK(std::abs(squares / kDraws - 1) < 4 * std::sqrt(2.0 / kDraws));
}
