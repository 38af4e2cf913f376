#include "domain/stats/sketch/sort.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>
#include <vector>

namespace rondo::stats {
namespace {

constexpr size_t kBlock = 8;
constexpr size_t kOnStack = 256;

// Batcher's odd-even merging network of eight (1968): 19 comparisons in six steps.
constexpr std::array<std::pair<size_t, size_t>, 19> kNetwork{{{0, 1},
                                                              {2, 3},
                                                              {4, 5},
                                                              {6, 7},
                                                              {0, 2},
                                                              {1, 3},
                                                              {4, 6},
                                                              {5, 7},
                                                              {1, 2},
                                                              {5, 6},
                                                              {0, 4},
                                                              {1, 5},
                                                              {2, 6},
                                                              {3, 7},
                                                              {2, 4},
                                                              {3, 5},
                                                              {1, 2},
                                                              {3, 4},
                                                              {5, 6}}};

void sort_block(double* v) {
    std::array<double, kBlock> x;
    std::copy_n(v, kBlock, x.begin());
    [&]<size_t... I>(std::index_sequence<I...>) {
        const auto order = [&](size_t i, size_t j) {
            // Both by one comparison, so that of 0 and -0 none is lost.
            const double a = x[i], b = x[j];
            x[i] = b < a ? b : a;
            x[j] = b < a ? a : b;
        };
        (order(kNetwork[I].first, kNetwork[I].second), ...);
    }(std::make_index_sequence<kNetwork.size()>());
    std::copy_n(x.begin(), kBlock, v);
}

void merge_runs(const double* a, size_t n, const double* b, size_t m, double* to) {
    const double *const a_end = a + n, *const b_end = b + m;
    while (a != a_end && b != b_end) {
        const bool second = *b < *a;
        *to++ = second ? *b : *a;
        a += !second;
        b += second;
    }
    to = std::copy(a, a_end, to);
    std::copy(b, b_end, to);
}

}  // namespace

void sort_without_branches(std::span<double> values) {
    const size_t n = values.size();
    const size_t whole = n - n % kBlock;
    for (size_t i = 0; i < whole; i += kBlock) sort_block(&values[i]);
    if (whole < n) {
        // Filled up with what comes last in any case.
        std::array<double, kBlock> rest;
        rest.fill(std::numeric_limits<double>::infinity());
        std::copy(values.begin() + static_cast<std::ptrdiff_t>(whole), values.end(), rest.begin());
        sort_block(rest.data());
        std::copy_n(rest.begin(), n - whole, values.begin() + static_cast<std::ptrdiff_t>(whole));
    }
    if (n <= kBlock) return;
    std::array<double, kOnStack> small;
    std::vector<double> large(n > kOnStack ? n : 0);
    double *from = values.data(), *to = n > kOnStack ? large.data() : small.data();
    for (size_t width = kBlock; width < n; width *= 2) {
        for (size_t i = 0; i < n; i += 2 * width) {
            const size_t left = std::min(width, n - i), right = std::min(width, n - i - left);
            merge_runs(from + i, left, from + i + left, right, to + i);
        }
        std::swap(from, to);
    }
    if (from != values.data()) std::copy_n(from, n, values.data());
}

}  // namespace rondo::stats
