#include <doctest/doctest.h>

#include <cmath>

#include "domain/stats/sketch/ddsketch.h"
#include "domain/stats/sketch/frame.h"
#include "domain/stats/sketch/frequent.h"
#include "domain/stats/sketch/hll.h"
#include "domain/stats/sketch/kll.h"
#include "domain/stats/sketch/moments.h"
#include "domain/stats/sketch/reference_bins.h"
#include "domain/stats/sketch/reservoir.h"

namespace rondo::stats {
namespace {

// Every prefix and one more byte are refused; so are another kind and a newer version.
template <class Sketch>
void refuses_what_is_broken(const std::string& bytes) {
    REQUIRE(Sketch::decode(bytes).has_value());
    for (size_t n = 0; n < bytes.size(); ++n) CHECK(!Sketch::decode(bytes.substr(0, n)));
    CHECK(!Sketch::decode(bytes + 'x'));
    std::string other = bytes;
    other[2] = 99;
    CHECK(!Sketch::decode(other));
    other = bytes;
    other[3] = kSketchVersion + 1;
    CHECK(Sketch::decode(other).error().code == Code::unsupported);
}

}  // namespace

TEST_CASE("stored sketches that are cut, long, of another kind or newer are refused") {
    KllSketch kll(64);
    HyperLogLog hll(4);
    FrequentItems frequent(8);
    DdSketch dd;
    StreamMoments moments;
    Reservoir reservoir(5);
    std::vector<double> values;
    for (int i = 0; i < 300; ++i) {
        const double v = i * 0.37 - 20;
        values.push_back(v);
        kll.update(v);
        hll.add(v);
        frequent.add(std::to_string(i % 20));
        dd.add(v);
        moments.add(v);
        CHECK(reservoir.add(static_cast<uint64_t>(i), "row"));
    }
    refuses_what_is_broken<KllSketch>(kll.encode());
    refuses_what_is_broken<HyperLogLog>(hll.encode());
    refuses_what_is_broken<FrequentItems>(frequent.encode());
    refuses_what_is_broken<DdSketch>(dd.encode());
    refuses_what_is_broken<StreamMoments>(moments.encode());
    refuses_what_is_broken<Reservoir>(reservoir.encode());
    refuses_what_is_broken<ReferenceBins>(ReferenceBins::make(Sample(values), 16)->encode());
}

TEST_CASE("sketches of unlike shape do not merge") {
    CHECK(!KllSketch(200).merge(KllSketch(100)));
    CHECK(!HyperLogLog(12).merge(HyperLogLog(11)));
    CHECK(!FrequentItems(8).merge(FrequentItems(9)));
    CHECK(!DdSketch(0.01).merge(DdSketch(0.02)));
    CHECK(!Reservoir(5, 1).merge(Reservoir(5, 2)));
    const std::vector<double> one{1, 2, 3}, two{1, 2, 3, 4};
    const auto bins = *ReferenceBins::make(Sample(one)), others = *ReferenceBins::make(Sample(two));
    BinCounts counts = bins.empty();
    CHECK(!bins.add(counts, others.empty()));
    CHECK(!bins.ks(counts));  // no values
    CHECK(!ReferenceBins::make(Sample(std::vector<double>{})));
}

TEST_CASE("empty sketches answer, and long rows are refused") {
    CHECK(std::isnan(KllSketch().quantile(0.5)));
    CHECK(std::isnan(DdSketch().quantile(0.5)));
    CHECK(HyperLogLog().estimate() == 0);
    CHECK(FrequentItems().at_least(0).empty());
    CHECK(KllSketch::decode(KllSketch().encode()).has_value());
    Reservoir reservoir;
    CHECK(reservoir.add(1, std::string(Reservoir::kMaxRowBytes + 1, 'x')).error().code ==
          Code::too_large);
    FrequentItems items;
    items.add(std::string(1000, 'a'));
    CHECK(items.find(std::string(500, 'a')).lower == 1);  // both are cut to the same
}

TEST_CASE("memory stays bounded however long the stream") {
    KllSketch kll(200);
    DdSketch dd(1e-4);
    FrequentItems frequent(100);
    for (int i = 0; i < 200000; ++i) {
        kll.update(i);
        dd.add(std::exp(i % 1400 - 700.0));
        frequent.add(std::to_string(i));
    }
    CHECK(kll.kept() < 900);
    CHECK(dd.encode().size() < 2 * DdSketch::kMaxBuckets * 12);
    CHECK(frequent.encode().size() < 200 * 20);
    CHECK(kll.rank_error() == doctest::Approx(0.0165).epsilon(0.01));
}

}  // namespace rondo::stats
