#include "domain/drift/feature.h"

#include <algorithm>
#include <numeric>

#include "base/text.h"

namespace rondo::drift {
namespace {

using stats::evidently::Pair;

constexpr size_t kBars = 24, kCategoryBars = 12;
constexpr double kTail = 0.005;  // of both sides together, drawn into the outermost bars

std::vector<Bar> bars_of_categories(const ColumnPair& pair, const CellCounts& counts,
                                    const std::vector<double>& values, double n, double m) {
    std::vector<size_t> order(values.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::ranges::sort(order, {}, [&](size_t i) {
        const double shares = static_cast<double>(counts.reference[i]) / n +
                              static_cast<double>(counts.current[i]) / m;
        return std::pair{-shares, i};
    });
    std::vector<Bar> out;
    Bar rest;
    for (size_t at = 0; at < order.size(); ++at) {
        const size_t i = order[at];
        Bar bar;
        bar.label = pair.label(values[i]);
        bar.reference = static_cast<double>(counts.reference[i]) / n;
        bar.current = static_cast<double>(counts.current[i]) / m;
        if (at < kCategoryBars) {
            out.push_back(std::move(bar));
        } else {
            rest.reference += bar.reference;
            rest.current += bar.current;
        }
    }
    if (order.size() > kCategoryBars) {
        rest.label = counted(static_cast<int64_t>(order.size() - kCategoryBars), "other value");
        out.push_back(std::move(rest));
    }
    return out;
}

std::vector<Bar> bars_of_numbers(const Pair& data) {
    const auto x = data.reference.values(), y = data.current.values();
    const size_t total = x.size() + y.size();
    const auto tail = static_cast<size_t>(kTail * static_cast<double>(total));
    const double low = pooled_rank(x, y, tail), high = pooled_rank(x, y, total - 1 - tail);
    // Halves: the range of huge numbers has no double.
    const double half = (high / 2 - low / 2) / kBars;
    std::vector<Bar> out(half > 0 ? kBars : 1);
    const auto below = [](std::span<const double> side, double edge) {
        return static_cast<double>(std::ranges::lower_bound(side, edge) - side.begin()) /
               static_cast<double>(side.size());
    };
    double before_x = 0, before_y = 0;
    for (size_t i = 0; i < out.size(); ++i) {
        const bool last = i + 1 == out.size();
        const double edge = low + static_cast<double>(i + 1) * half * 2;
        const double share_x = last ? 1 : below(x, edge), share_y = last ? 1 : below(y, edge);
        out[i].from = low + static_cast<double>(i) * half * 2;
        out[i].to = last ? high : edge;
        out[i].reference = share_x - before_x;
        out[i].current = share_y - before_y;
        before_x = share_x;
        before_y = share_y;
    }
    return out;
}

double share_out_of_range(const Pair& data) {
    const auto x = data.reference.values(), y = data.current.values();
    const auto inside =
        std::ranges::upper_bound(y, x.back()) - std::ranges::lower_bound(y, x.front());
    return 1 - static_cast<double>(inside) / static_cast<double>(y.size());
}

std::string moved(double before, double now, std::string_view up, std::string_view down) {
    return std::string(now >= before ? up : down) + " from " + shown(before) + " to " + shown(now);
}

// The category whose share changed most.
const Bar* largest_change(const std::vector<Bar>& bars) {
    const auto found = std::ranges::max_element(
        bars, {}, [](const Bar& bar) { return std::abs(bar.current - bar.reference); });
    return found == bars.end() ? nullptr : &*found;
}

std::string change_of(const Feature& feature) {
    const Side &before = feature.reference, &now = feature.current;
    if (feature.kind == Kind::numerical && before.mean && now.mean) {
        const double spread = before.deviation.value_or(0);
        const double steps = spread > 0 ? std::abs(*now.mean - *before.mean) / spread : 0;
        if (steps >= 0.1)
            return "its mean " + moved(*before.mean, *now.mean, "rose", "fell") + " (" +
                   shown(steps) + " standard deviations)";
        if (before.deviation && now.deviation && std::abs(*now.deviation - spread) > 0.1 * spread)
            return "its spread " + moved(spread, *now.deviation, "grew", "shrank") +
                   " while its mean stayed";
        return "its shape changed while its mean stayed at about " + shown(*now.mean);
    }
    if (const Bar* bar = largest_change(feature.bars); bar != nullptr && !bar->label.empty())
        return "the share of " + quoted(bar->label) + " " +
               (bar->current >= bar->reference ? "rose" : "fell") + " from " +
               percent(bar->reference) + " to " + percent(bar->current);
    return "its distribution changed";
}

}  // namespace

std::string percent(double share) {
    if (share > 0 && share < 0.001) return "under 0.1 %";
    char text[32];
    std::snprintf(text, sizeof text, "%.1f %%", share * 100);
    return text;
}

const Method& chosen_method(const ColumnPair& pair, const Pair& data) {
    constexpr size_t kNumbers = 5;  // beyond, the rule asks no more
    size_t distinct = 0;
    const auto x = data.reference.values(), y = data.current.values();
    for (auto i = x.begin(), j = y.begin(); (i != x.end() || j != y.end()) && distinct <= kNumbers;
         ++distinct) {
        const double value = j == y.end() || (i != x.end() && *i < *j) ? *i : *j;
        i = std::upper_bound(i, x.end(), value);
        j = std::upper_bound(j, y.end(), value);
    }
    return *find_method(stats::evidently::default_test(pair.column(), x.size(), distinct));
}

Feature compare_sides(const ColumnPair& pair, SideValues reference, SideValues current,
                      const Options& options) {
    Feature out;
    out.kind = pair.kind();
    out.reference = reference.side;
    out.current = current.side;
    const Pair data{std::move(reference.values), std::move(current.values)};
    if (data.reference.size() == 0 || data.current.size() == 0) {
        out.note = std::string("the ") + (data.reference.size() == 0 ? "reference" : "current") +
                   " side has no value";
        return out;
    }
    const auto n = static_cast<double>(data.reference.size());
    const auto m = static_cast<double>(data.current.size());
    const bool as_numbers = !pair.is_text() && out.kind != Kind::categorical &&
                            pair.current().type != columnar::Type::boolean;
    if (as_numbers) {
        out.bars = bars_of_numbers(data);
        out.out_of_range_share = share_out_of_range(data);
        out.evidence = weigh(cells_of_numbers(data), options.effect, options.alpha, 0);
    } else {
        std::vector<double> values;
        const CellCounts counts = count_values(data, values);
        int64_t unseen = 0;
        for (size_t i = 0; i < values.size(); ++i)
            unseen += counts.reference[i] == 0 ? counts.current[i] : 0;
        out.unseen_share = static_cast<double>(unseen) / m;
        if (out.kind != Kind::text) {
            out.bars = bars_of_categories(pair, counts, values, n, m);
            out.evidence = weigh(cells_of_categories(counts), options.effect, options.alpha, 0);
        }
    }
    if (out.kind == Kind::text) {
        out.note = "free text: more than half of its values are different ones";
        return out;
    }
    if (out.kind == Kind::other) {
        out.note = "Evidently does not compare truth values with gaps";
        return out;
    }
    const Method& method = options.method != nullptr ? *options.method : chosen_method(pair, data);
    if (options.method != nullptr &&
        !(out.kind == Kind::numerical ? method.for_numbers : method.for_categories)) {
        out.note = std::string(method.name) + " does not compare " +
                   (out.kind == Kind::numerical ? "numerical" : "categorical") + " columns";
        return out;
    }
    auto score = score_of(method, {data, reference.in_order, current.in_order, pair.column()},
                          options.threshold);
    if (score)
        out.evidently = std::move(*score);
    else
        out.note = std::string(method.name) + ": " + score.error().message;
    return out;
}

std::string sentence_of(const Feature& feature) {
    switch (feature.verdict) {
        case Verdict::drift: {
            std::string text = change_of(feature);
            text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
            return text + ".";
        }
        case Verdict::no_drift:
            return "No change that matters.";
        case Verdict::not_enough_data:
            return "Too few rows to tell: chance alone could move it this far.";
        case Verdict::not_compared:
            break;
    }
    return "Not compared: " + (feature.note.empty() ? "see the findings" : feature.note) + ".";
}

}  // namespace rondo::drift
