// bench_trees MODEL: nanoseconds a row of the native XGBoost evaluator, for calls of 1, 8, 64 and
// 1024 rows. Rows are random with a twentieth of the values missing; the best of several runs
// counts. One line a batch size: "batch ns_per_row".
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "domain/serving/trees/booster.h"

namespace {

using rondo::serving::trees::Booster;
using Clock = std::chrono::steady_clock;

constexpr size_t kRows = 4096;
constexpr int kRuns = 20;

std::vector<float> random_rows(size_t features) {
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    std::bernoulli_distribution missing(0.05);
    std::vector<float> rows(kRows * features);
    for (float& value : rows)
        value = missing(random) ? std::numeric_limits<float>::quiet_NaN() : normal(random);
    return rows;
}

// Nanoseconds a row when all rows are predicted in calls of `batch` rows.
double measure(const Booster& model, std::span<const float> rows, size_t batch) {
    const size_t width = model.features(), outputs = model.outputs();
    std::vector<float> out(batch * outputs);
    double best = std::numeric_limits<double>::infinity();
    for (int run = 0; run < kRuns; ++run) {
        const auto start = Clock::now();
        for (size_t first = 0; first < kRows; first += batch)
            model.predict(rows.subspan(first * width, batch * width), out);
        const std::chrono::duration<double, std::nano> taken = Clock::now() - start;
        best = std::min(best, taken.count() / kRows);
    }
    return best;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("usage: bench_trees MODEL\n", stderr);
        return 1;
    }
    std::ifstream in(argv[1], std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    const auto model = Booster::parse(bytes);
    if (!model) {
        std::fprintf(stderr, "%s\n", model.error().message.c_str());
        return 1;
    }
    const std::vector<float> rows = random_rows((*model)->features());
    for (const size_t batch : {1, 8, 64, 1024})
        std::printf("%zu %.0f\n", batch, measure(**model, rows, batch));
}
