// What one value costs each sketch, on streams that were written down before. One thread.
// usage: bench_sketches FOLDER STREAM...   reads FOLDER/STREAM.f64 and FOLDER/STREAM.txt
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "domain/stats/sketch/ddsketch.h"
#include "domain/stats/sketch/frequent.h"
#include "domain/stats/sketch/hll.h"
#include "domain/stats/sketch/kll.h"
#include "domain/stats/sketch/moments.h"
#include "domain/stats/sketch/reference_bins.h"
#include "domain/stats/sketch/reservoir.h"

namespace {

using namespace rondo::stats;

std::string read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) {
        std::fprintf(stderr, "%s cannot be read\n", path.c_str());
        std::exit(2);
    }
    return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<double> numbers(const std::string& bytes) {
    std::vector<double> out(bytes.size() / sizeof(double));
    std::memcpy(out.data(), bytes.data(), out.size() * sizeof(double));
    return out;
}

std::vector<std::string_view> lines(std::string_view text) {
    std::vector<std::string_view> out;
    for (size_t from = 0; from < text.size();) {
        const size_t to = text.find('\n', from);
        out.push_back(text.substr(from, to - from));
        from = to + 1;
    }
    return out;
}

// Nanoseconds a value, the best of fifteen passes, each through a new sketch that is then encoded,
// so that nothing may be left out.
template <class Make, class Feed>
void time(const char* sketch, const std::string& stream, size_t values, Make make, Feed feed) {
    double least = 1e300;
    for (int i = 0; i < 15; ++i) {
        auto made = make();
        const auto begun = std::chrono::steady_clock::now();
        feed(made);
        const std::chrono::duration<double, std::nano> took =
            std::chrono::steady_clock::now() - begun;
        if (made.encode().empty()) std::abort();
        least = std::min(least, took.count());
    }
    std::printf("%s %s %.4g\n", sketch, stream.c_str(), least / static_cast<double>(values));
}

// Window counts have no stored form of their own: the bins they were counted in have.
struct Window {
    const ReferenceBins& bins;
    BinCounts counts;
    std::string encode() const {
        return std::string(static_cast<size_t>(counts.total()) != 0, 'x');
    }
};

void time_all(const std::string& folder, const std::string& stream) {
    const std::vector<double> values = numbers(read(folder + "/" + stream + ".f64"));
    const std::string text = read(folder + "/" + stream + ".txt");
    const std::vector<std::string_view> items = lines(text);
    const size_t n = values.size();
    const auto each = [&](auto use) {
        return [&values, use](auto& sketch) {
            for (const double v : values) use(sketch, v);
        };
    };
    time(
        "kll", stream, n, [] { return KllSketch(200); },
        each([](KllSketch& s, double v) { s.update(v); }));
    time(
        "hll", stream, n, [] { return HyperLogLog(12); },
        each([](HyperLogLog& s, double v) { s.add(v); }));
    time(
        "ddsketch", stream, n, [] { return DdSketch(0.01); },
        each([](DdSketch& s, double v) { s.add(v); }));
    time(
        "moments", stream, n, [] { return StreamMoments(); },
        each([](StreamMoments& s, double v) { s.add(v); }));
    const auto bins = ReferenceBins::make(Sample(values));
    time(
        "bins", stream, n, [&] { return Window{*bins, bins->empty()}; },
        [&](Window& w) { bins->count(w.counts, values); });
    time(
        "hll_text", stream, items.size(), [] { return HyperLogLog(12); },
        [&](HyperLogLog& s) {
            for (const std::string_view item : items) s.add(item);
        });
    time(
        "frequent", stream, items.size(), [] { return FrequentItems(512); },
        [&](FrequentItems& s) {
            for (const std::string_view item : items) s.add(item);
        });
    time(
        "reservoir", stream, items.size(), [] { return Reservoir(1000); },
        [&](Reservoir& s) {
            uint64_t id = 0;
            for (const std::string_view item : items)
                if (!s.add(id++, item)) std::abort();
        });
}

}  // namespace

int main(int argc, char** argv) {
    for (int i = 2; i < argc; ++i) time_all(argv[1], argv[i]);
    return 0;
}
