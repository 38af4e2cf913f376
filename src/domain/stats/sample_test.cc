#include "domain/stats/sample.h"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "domain/stats/ks.h"
#include "domain/stats/mean_tests.h"
#include "domain/stats/mmd.h"
#include "domain/stats/random.h"

namespace rondo::stats {
namespace {
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
}  // namespace

TEST_CASE("a sample is the sorted values, by either way of sorting") {
    Random random(7);
    for (const size_t n : {0, 1, 2, 100, 2047, 2048, 50000}) {
        std::vector<double> values(n);
        for (double& v : values) {
            v = std::bit_cast<double>(random.next());  // any bits at all
            if (std::isnan(v)) v = -0.0;
        }
        if (n > 3) values[1] = kInfinity, values[2] = -kInfinity, values[3] = 5e-324;
        std::vector<double> expected = values;
        std::sort(expected.begin(), expected.end());
        const Sample sample(values);
        CHECK(std::equal(expected.begin(), expected.end(), sample.values().begin(),
                         sample.values().end()));
    }
}

TEST_CASE("a NaN spoils every answer, or is left out when that is asked for") {
    const std::vector<double> x{1, 2, kNan, 3}, y{2, 3, 4};
    CHECK(std::isnan(ks_2samp(Sample(x), Sample(y))->p_value));
    const auto omitted = ks_2samp(Sample(x, Missing::omit), Sample(y));
    CHECK(omitted->p_value == ks_2samp(Sample(std::vector<double>{1, 2, 3}), Sample(y))->p_value);
    CHECK(sorted(x).size() == 4);
    CHECK(std::isnan(sorted(x).back()));
}

TEST_CASE("what no test can answer is an error that names it") {
    const std::vector<double> none, one{1}, many(kMmdRows, 1.0);
    const auto empty = ks_2samp(Sample(none), Sample(one));
    REQUIRE(!empty);
    CHECK(empty.error().message == "x has 0 values; this needs 1 or more");
    CHECK(empty.error().field == "x");
    CHECK(!t_test(one, one));
    CHECK(!paired_t_test(one, none));
    CHECK(mmd_2samp(many, many).error().code == Code::too_large);
    CHECK(!mmd_2samp(std::vector<double>{1, 2}, std::vector<double>{1, 2},
                     {.permutations = kMaxPermutations + 1}));
}

TEST_CASE("the distance of Kolmogorov and Smirnov is found where it is") {
    const std::vector<double> x{1, 2, 3, 4}, y{3.5, 5, 6, 7};
    const auto found = ks_2samp(Sample(x), Sample(y));
    CHECK(found->statistic == 0.75);
    CHECK(found->location == 3);
    CHECK(found->sign == 1);
    CHECK(ks_2samp(Sample(y), Sample(x))->sign == -1);
    CHECK(ks_2samp(Sample(x), Sample(y), Alternative::less)->statistic == 0);
}

TEST_CASE("the same seed gives the same p-value") {
    Random random(1);
    std::vector<double> x(60), y(50);
    for (double& v : x) v = random.uniform();
    for (double& v : y) v = random.uniform() * 1.4;
    const auto first = mmd_2samp(x, y, {.seed = 3}), again = mmd_2samp(x, y, {.seed = 3});
    CHECK(first->p_value == again->p_value);
    CHECK(first->p_value == doctest::Approx((100 * first->share + 1) / 101));
    CHECK(mmd_2samp(x, y, {.permutations = 500, .seed = 4})->p_value < 0.05);
}

}  // namespace rondo::stats
