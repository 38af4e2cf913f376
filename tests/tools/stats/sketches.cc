#include "cases.h"
#include "domain/stats/ecdf_distance.h"
#include "domain/stats/ks.h"
#include "domain/stats/sketch/ddsketch.h"
#include "domain/stats/sketch/frequent.h"
#include "domain/stats/sketch/hll.h"
#include "domain/stats/sketch/kll.h"
#include "domain/stats/sketch/moments.h"
#include "domain/stats/sketch/reference_bins.h"
#include "domain/stats/sketch/reservoir.h"

namespace rondo::stats::cases {
namespace {

// The values dealt out to `parts` sketches, each encoded and decoded, and merged again.
template <class Sketch, class Add>
Result<Sketch> in_parts(const Sketch& empty, size_t parts, const std::vector<double>& values,
                        Add add) {
    Sketch whole = empty;
    for (size_t p = 0; p < parts; ++p) {
        Sketch part = empty;
        for (size_t i = p; i < values.size(); i += parts) add(part, values[i]);
        TRY_ASSIGN(const Sketch read, Sketch::decode(part.encode()));
        if (read.encode() != part.encode()) return fail(Code::internal, "other bytes came back");
        if constexpr (std::is_same_v<Sketch, StreamMoments>) {
            whole.merge(read);
        } else {
            TRY(whole.merge(read));
        }
    }
    return whole;
}

size_t parts_of(const Case& c, size_t i) { return static_cast<size_t>(c.whole(i)); }

Answer kll(const Case& c) {
    TRY_ASSIGN(const KllSketch s,
               in_parts(KllSketch(static_cast<uint16_t>(c.whole(0)), 1), parts_of(c, 1),
                        c.numbers(2), [](auto& sketch, double v) { sketch.update(v); }));
    std::vector<double> out{static_cast<double>(s.count()), s.min(), s.max(), s.rank_error(),
                            static_cast<double>(s.kept())};
    for (const double at : c.numbers(3)) out.push_back(s.cdf(at));
    for (const double q : c.numbers(4)) out.push_back(s.quantile(q));
    return out;
}

Answer hll(const Case& c) {
    TRY_ASSIGN(const HyperLogLog s,
               in_parts(HyperLogLog(static_cast<int>(c.whole(0))), parts_of(c, 1), c.numbers(2),
                        [](auto& sketch, double v) { sketch.add(v); }));
    return std::vector{s.estimate(), s.relative_error()};
}

// Counts distinct whole numbers 0 ... n - 1, as text.
Answer hll_many(const Case& c) {
    HyperLogLog s(static_cast<int>(c.whole(0)));
    for (int64_t i = 0; i < c.whole(1); ++i) s.add(std::to_string(i * 7 + c.whole(2)));
    return std::vector{s.estimate(), s.relative_error()};
}

Answer frequent(const Case& c) {
    TRY_ASSIGN(const FrequentItems s,
               in_parts(FrequentItems(static_cast<uint32_t>(c.whole(0))), parts_of(c, 1),
                        c.numbers(2), [](auto& sketch, double v) {
                            sketch.add(std::to_string(static_cast<int64_t>(v)));
                        }));
    std::vector<double> out{static_cast<double>(s.count()), static_cast<double>(s.error())};
    for (const auto& item : s.at_least(0)) {
        out.push_back(std::stod(item.item));
        out.push_back(static_cast<double>(item.lower));
    }
    return out;
}

Answer ddsketch(const Case& c) {
    TRY_ASSIGN(const DdSketch s, in_parts(DdSketch(c.number(0)), parts_of(c, 1), c.numbers(2),
                                          [](auto& sketch, double v) { sketch.add(v); }));
    std::vector<double> out{static_cast<double>(s.count()), s.min(), s.max()};
    for (const double q : c.numbers(3)) out.push_back(s.quantile(q));
    return out;
}

Answer moments(const Case& c) {
    TRY_ASSIGN(const StreamMoments s, in_parts(StreamMoments(), parts_of(c, 0), c.numbers(1),
                                               [](auto& sketch, double v) { sketch.add(v); }));
    return std::vector{static_cast<double>(s.count()),
                       s.mean(),
                       s.min(),
                       s.max(),
                       s.variance(),
                       s.skewness(),
                       s.kurtosis()};
}

// The kept ids, which are the rows here.
Answer reservoir(const Case& c) {
    TRY_ASSIGN(const Reservoir s,
               in_parts(Reservoir(static_cast<uint32_t>(c.whole(0)), 3), parts_of(c, 1),
                        c.numbers(2), [](auto& sketch, double v) {
                            const auto id = static_cast<uint64_t>(v);
                            (void)sketch.add(id, std::to_string(id));
                        }));
    std::vector<double> out;
    for (const auto& [hash, row] : s.sample()) out.push_back(std::stod(row));
    return out;
}

// Counts in each cell, then the brackets and what the rows themselves say.
Answer reference_bins(const Case& c) {
    const Sample reference(c.numbers(2));
    TRY_ASSIGN(const ReferenceBins made,
               ReferenceBins::make(reference, static_cast<size_t>(c.whole(0))));
    TRY_ASSIGN(const ReferenceBins bins, ReferenceBins::decode(made.encode()));
    const auto values = c.numbers(3);
    BinCounts window = bins.empty();
    const size_t parts = parts_of(c, 1);
    for (size_t p = 0; p < parts; ++p) {
        BinCounts part = bins.empty();
        for (size_t i = p; i < values.size(); i += parts)
            bins.count(part, std::span(&values[i], 1));
        TRY(bins.add(window, part));
    }
    const Sample rows(values, Missing::omit);
    TRY_ASSIGN(const Bracket ks, bins.ks(window));
    TRY_ASSIGN(const Bracket w, bins.wasserstein(window));
    TRY_ASSIGN(const auto exact_ks,
               ks_2samp(reference, rows, Alternative::two_sided, KsMethod::asymptotic));
    TRY_ASSIGN(const double exact_w, wasserstein_distance(reference, rows));
    std::vector<double> out{ks.lower,
                            exact_ks.statistic,
                            ks.upper,
                            w.lower,
                            exact_w,
                            w.upper,
                            static_cast<double>(bins.edges().size())};
    out.insert(out.end(), bins.edges().begin(), bins.edges().end());
    for (const int64_t n : window.cells) out.push_back(static_cast<double>(n));
    return out;
}

}  // namespace

void add_sketches(Table& table) {
    table["kll"] = kll;
    table["hll"] = hll;
    table["hll_many"] = hll_many;
    table["frequent"] = frequent;
    table["ddsketch"] = ddsketch;
    table["moments"] = moments;
    table["reservoir"] = reservoir;
    table["reference_bins"] = reference_bins;
}

}  // namespace rondo::stats::cases
