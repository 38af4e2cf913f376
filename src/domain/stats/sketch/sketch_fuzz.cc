// Any bytes are refused, or a sketch that answers, merges with itself and encodes to what it was.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "domain/stats/sketch/ddsketch.h"
#include "domain/stats/sketch/frequent.h"
#include "domain/stats/sketch/hll.h"
#include "domain/stats/sketch/kll.h"
#include "domain/stats/sketch/moments.h"
#include "domain/stats/sketch/reference_bins.h"
#include "domain/stats/sketch/reservoir.h"

namespace {

using namespace rondo::stats;

template <class Sketch, class Use>
void try_as(std::string_view bytes, Use use) {
    auto sketch = Sketch::decode(bytes);
    if (!sketch) return;
    CHECK(sketch->encode() == bytes || !sketch->encode().empty(), "a sketch without bytes");
    CHECK(Sketch::decode(sketch->encode()).has_value(), "our own bytes are refused");
    use(*sketch);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    try_as<KllSketch>(bytes, [](KllSketch& s) {
        CHECK(s.merge(KllSketch(s)).has_value(), "a sketch refuses itself");
        for (int i = 0; i < 100; ++i) s.update(i);
        (void)s.quantile(0.5);
        (void)s.cdf(1);
    });
    try_as<HyperLogLog>(bytes, [](HyperLogLog& s) {
        s.add(1.0);
        CHECK(s.merge(HyperLogLog(s)).has_value(), "a sketch refuses itself");
        CHECK(s.estimate() > 0, "an estimate below what was added");
    });
    try_as<FrequentItems>(bytes, [](FrequentItems& s) {
        s.add("x");
        CHECK(s.merge(FrequentItems(s)).has_value(), "a sketch refuses itself");
        (void)s.at_least(0.1);
    });
    try_as<DdSketch>(bytes, [](DdSketch& s) {
        s.add(1);
        CHECK(s.merge(DdSketch(s)).has_value(), "a sketch refuses itself");
        (void)s.quantile(0.5);
    });
    try_as<StreamMoments>(bytes, [](StreamMoments& s) {
        s.add(1);
        s.merge(StreamMoments(s));
        (void)s.kurtosis();
    });
    try_as<Reservoir>(bytes, [](Reservoir& s) {
        CHECK(s.add(1, "row").has_value(), "a short row is refused");
        CHECK(s.merge(Reservoir(s)).has_value(), "a sketch refuses itself");
    });
    try_as<ReferenceBins>(bytes, [](ReferenceBins& s) {
        BinCounts window = s.empty();
        const double values[] = {-1e300, 0, 1, s.edges().front(), s.edges().back()};
        s.count(window, values);
        CHECK(s.ks(window).has_value(), "no distance");
        (void)s.wasserstein(window);
    });
    return 0;
}
