#include "domain/drift/permutation.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <numeric>
#include <random>
#include <unordered_map>
#include <vector>

namespace rondo::drift {
namespace {

constexpr int kShuffles = 1000;

// numpy's legacy integers in [0, most]: words masked to its width until one fits.
class Legacy {
  public:
    uint32_t below_or(uint32_t most) {
        const uint32_t mask = most == 0 ? 0 : UINT32_MAX >> std::countl_zero(most);
        uint32_t value = static_cast<uint32_t>(words_()) & mask;
        while (value > most) value = static_cast<uint32_t>(words_()) & mask;
        return value;
    }

  private:
    std::mt19937 words_{0};
};

// Twice the distance, times both sizes.
int64_t distance(const std::vector<int64_t>& reference, const std::vector<int64_t>& all, int64_t n,
                 int64_t m) {
    int64_t sum = 0;
    for (size_t i = 0; i < all.size(); ++i)
        sum += std::abs(reference[i] * m - (all[i] - reference[i]) * n);
    return sum;
}

}  // namespace

Result<double> total_variation_p(std::span<const double> reference,
                                 std::span<const double> current) {
    const size_t total = reference.size() + current.size();
    if (total > kMostPermuted)
        return fail(Code::invalid,
                    "TVD permutes the rows 1,000 times, which is offered up to 5,000,000 rows of "
                    "both files; use jensenshannon, or a sample");
    std::unordered_map<double, uint32_t> numbers;
    std::vector<uint32_t> values;
    values.reserve(total);
    for (const auto& side : {reference, current}) {
        for (const double v : side)
            values.push_back(
                numbers.try_emplace(v, static_cast<uint32_t>(numbers.size())).first->second);
    }
    std::vector<int64_t> all(numbers.size()), counts(numbers.size());
    for (const uint32_t v : values) ++all[v];
    for (size_t i = 0; i < reference.size(); ++i) ++counts[values[i]];
    const auto n = static_cast<int64_t>(reference.size());
    const auto m = static_cast<int64_t>(current.size());
    const int64_t observed = distance(counts, all, n, m);

    Legacy random;
    std::vector<uint32_t> order(total);
    int at_least = 0;
    for (int shuffle = 0; shuffle < kShuffles; ++shuffle) {
        std::iota(order.begin(), order.end(), 0U);
        for (auto i = static_cast<uint32_t>(total) - 1; i > 0; --i)
            std::swap(order[i], order[random.below_or(i)]);
        std::ranges::fill(counts, 0);
        for (size_t i = 0; i < reference.size(); ++i) ++counts[values[order[i]]];
        at_least += distance(counts, all, n, m) >= observed ? 1 : 0;
    }
    return static_cast<double>(at_least) / kShuffles;
}

}  // namespace rondo::drift
