#include "domain/stats/sort_numbers.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>

#include "domain/stats/random.h"

namespace rondo::stats {
namespace {

// The order of IEEE 754, in which -0.0 stands before 0.0.
bool below(double a, double b) { return a < b || (a == b && std::signbit(a) && !std::signbit(b)); }

void sorts(size_t n, const std::function<double(size_t)>& make) {
    std::vector<double> values(n);
    for (size_t i = 0; i < n; ++i) values[i] = make(i);
    std::vector<double> expected = values;
    std::sort(expected.begin(), expected.end(), below);
    sort_numbers(values);
    CHECK(std::ranges::equal(values, expected, [](double a, double b) {
        return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
    }));
}

}  // namespace

TEST_CASE("numbers of every kind are sorted as comparisons sort them") {
    Random random(3);
    const auto unit = [&] { return static_cast<double>(random.next() >> 11) * 0x1p-53; };
    for (const size_t n : {0, 1, 2, 30, 2047, 2048, 5000, 60'000}) {
        CAPTURE(n);
        sorts(n, [&](size_t) { return unit() - 0.5; });
        sorts(n, [&](size_t) { return std::exp(20 * unit()); });
        sorts(n, [&](size_t) { return static_cast<double>(random.next() % 1000); });
        sorts(n, [&](size_t) { return std::round(unit() * 1e5) / 100; });
        sorts(n, [&](size_t) { return random.next() % 2 == 0 ? 0.0 : -0.0; });
        sorts(n, [&](size_t i) { return static_cast<double>(i); });
        sorts(n, [&](size_t i) { return -static_cast<double>(i) / 3; });
        sorts(n, [](size_t) { return 7.5; });
        sorts(n, [&](size_t) {
            const auto any = std::bit_cast<double>(random.next());
            return std::isnan(any) ? std::numeric_limits<double>::infinity() : any;
        });
    }
}

TEST_CASE("numbers that share their upper bits are sorted by the others") {
    Random random(4);
    for (const uint64_t groups : {1, 70, 1500, 50'000}) {
        CAPTURE(groups);
        // So many different ones by what the first passes see, and any in the bits below.
        sorts(200'000, [&](size_t) {
            const uint64_t group = random.next() % groups;
            return std::bit_cast<double>(std::bit_cast<uint64_t>(1.0) + (group << 31) +
                                         (random.next() & 0x7FFFFFFF));
        });
    }
}

}  // namespace rondo::stats
