// What the sketches are made of, beside the standard containers.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>

#include "domain/stats/random.h"
#include "domain/stats/sketch/buckets.h"
#include "domain/stats/sketch/reference_bins.h"
#include "domain/stats/sketch/sort.h"
#include "domain/stats/sketch/text_counts.h"

namespace rondo::stats {
namespace {

using Counts = std::vector<std::pair<int32_t, uint64_t>>;

// The rule as it is said: one too many, and the lowest joins the next.
void add_plainly(std::map<int32_t, uint64_t>& buckets, int32_t index, uint64_t times) {
    buckets[index] += times;
    if (buckets.size() <= Buckets::kMaxBuckets) return;
    const auto lowest = buckets.begin();
    std::next(lowest)->second += lowest->second;
    buckets.erase(lowest);
}

}  // namespace

TEST_CASE("sorting without branches is sorting") {
    Random random(1);
    const double odd[] = {0.0, -0.0, std::numeric_limits<double>::infinity(),
                          -std::numeric_limits<double>::infinity(), 1.0};
    for (size_t n = 0; n < 700; n += n < 70 ? 1 : 37) {
        std::vector<double> values;
        for (size_t i = 0; i < n; ++i)
            values.push_back(random.below(4) == 0 ? odd[random.below(5)] : random.uniform() - 0.5);
        std::vector<double> expected = values, bits = values;
        std::ranges::sort(expected);
        sort_without_branches(values);
        CHECK(values == expected);
        // Of 0 and -0, which are equal, as many as before.
        const auto negative = [](double v) { return std::signbit(v); };
        CHECK(std::ranges::count_if(values, negative) == std::ranges::count_if(bits, negative));
    }
}

TEST_CASE("buckets count as a map does, whatever comes in which order") {
    Random random(2);
    for (const int shape : {0, 1, 2, 3, 4}) {
        Buckets buckets;
        std::map<int32_t, uint64_t> plain;
        for (int i = 0; i < 30000; ++i) {
            const int32_t wide = static_cast<int32_t>(random.below(14'000'000)) - 7'000'000;
            const int32_t near = static_cast<int32_t>(random.below(6000)) - 3000;
            const int32_t index = shape == 0   ? wide
                                  : shape == 1 ? near
                                  : shape == 2 ? i * 7
                                  : shape == 3 ? -i * 7
                                  : i % 2 == 0 ? wide
                                               : near;
            const uint64_t times = 1 + random.below(3);
            buckets.add(index, times);
            add_plainly(plain, index, times);
        }
        CHECK(buckets.items() == Counts(plain.begin(), plain.end()));
        CHECK(buckets.size() == plain.size());
    }
}

TEST_CASE("text counts are those of a map") {
    Random random(3);
    TextCounts counts;
    std::map<std::string, uint64_t, std::less<>> plain;
    for (int i = 0; i < 20000; ++i) {
        std::string text = std::to_string(random.below(1 + random.below(3000)));
        if (random.below(100) == 0) text.clear();
        const uint64_t times = 1 + random.below(5);
        CHECK(counts.add(text, times) == !plain.contains(text));
        plain[text] += times;
        if (i % 5000 != 4999) continue;
        const uint64_t amount = random.below(60);
        counts.take(amount);
        std::erase_if(plain, [&](auto& entry) { return entry.second <= amount; });
        for (auto& [kept, count] : plain) count -= amount;
        CHECK(counts.size() == plain.size());
    }
    for (const auto& [text, count] : plain) CHECK(counts.count(text) == count);
    for (const auto& entry : counts.entries())
        CHECK(plain.at(std::string(counts.text(entry))) == entry.count);
    CHECK(counts.count("never") == 0);
    CHECK(TextCounts().count("") == 0);
}

TEST_CASE("a value's bin is the one that a plain search finds") {
    Random random(4);
    for (const double power : {1.0, 9.0, 101.0}) {
        std::vector<double> values;
        for (int i = 0; i < 5000; ++i) {
            const double u = 2 * random.uniform() - 1;
            values.push_back(1e3 * std::pow(u, power));
        }
        values.push_back(-std::numeric_limits<double>::infinity());
        values.push_back(1e308);
        const auto bins = *ReferenceBins::make(Sample(values), 1024);
        const auto& edges = bins.edges();
        for (const double edge : edges)
            for (const double v :
                 {edge, std::nextafter(edge, -INFINITY), std::nextafter(edge, INFINITY)})
                values.push_back(v);
        for (const double v : values) {
            const auto plain = std::ranges::lower_bound(edges, v) - edges.begin();
            CHECK(bins.cell_of(v) == static_cast<size_t>(plain));
        }
    }
}

}  // namespace rondo::stats
