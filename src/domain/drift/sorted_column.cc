#include "domain/drift/sorted_column.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "domain/stats/evidently.h"

namespace rondo::drift {
namespace {

using columnar::Column;
using columnar::kMissingCode;

void sum_up(std::span<const double> ascending, Side& side) {
    if (ascending.empty()) return;
    const auto n = static_cast<double>(ascending.size());
    double sum = 0, squares = 0;
    for (const double v : ascending) sum += v;
    const double mean = sum / n;
    for (const double v : ascending) squares += (v - mean) * (v - mean);
    side.min = ascending.front();
    side.max = ascending.back();
    side.mean = mean;
    const size_t half = ascending.size() / 2;
    side.median = ascending.size() % 2 == 1
                      ? ascending[half]
                      : ascending[half - 1] + (ascending[half] - ascending[half - 1]) / 2;
    if (ascending.size() > 1) side.deviation = std::sqrt(squares / (n - 1));
}

void sort_words(const Column& column, bool in_order, SortedColumn& out) {
    const columnar::Words& words = column.words;
    std::vector<uint64_t> met(words.size());
    for (const uint32_t code : column.codes) {
        if (code != kMissingCode) ++met[code];
    }
    std::vector<uint32_t> by_text;
    for (uint32_t i = 0; i < words.size(); ++i) {
        if (met[i] > 0) by_text.push_back(i);
    }
    std::ranges::sort(by_text, {}, [&](uint32_t i) { return words[i]; });
    for (const uint32_t i : by_text) {
        out.words.push_back(words[i]);
        out.counts.push_back(met[i]);
    }
    const auto present = std::accumulate(met.begin(), met.end(), uint64_t{0});
    out.numbers.side.missing = static_cast<int64_t>(column.codes.size() - present);
    out.numbers.side.distinct = static_cast<int64_t>(by_text.size());
    if (!in_order) return;
    std::vector<uint32_t> place(words.size());
    for (uint32_t i = 0; i < by_text.size(); ++i) place[by_text[i]] = i;
    out.order.reserve(present);
    for (const uint32_t code : column.codes) {
        if (code != kMissingCode) out.order.push_back(place[code]);
    }
}

}  // namespace

SideValues sort_numbers(const Column& column, const Rows* rows, bool in_order) {
    SideValues out;
    const size_t count = rows != nullptr ? rows->size() : column.rows();
    out.side.rows = static_cast<int64_t>(count);
    std::vector<double> finite;
    finite.reserve(count);
    const auto take = [&](double v) {
        if (std::isfinite(v))
            finite.push_back(v);
        else
            ++(std::isnan(v) ? out.side.missing : out.side.infinite);
    };
    if (rows != nullptr) {
        for (const uint32_t row : *rows) take(column.numbers[row]);
    } else {
        for (const double v : column.numbers) take(v);
    }
    if (in_order) out.in_order = finite;
    out.values = stats::Sample::taking(std::move(finite));
    out.side.distinct = static_cast<int64_t>(stats::evidently::distinct(out.values.values()));
    sum_up(out.values.values(), out.side);
    return out;
}

SideValues SortedColumn::ranked(const std::vector<uint32_t>& ranks) const {
    SideValues out;
    out.side = numbers.side;
    std::vector<double> ascending;
    ascending.reserve(rows() - missing());
    for (size_t i = 0; i < counts.size(); ++i)
        ascending.insert(ascending.end(), counts[i], static_cast<double>(ranks[i]));
    out.values = stats::Sample::taking(std::move(ascending));
    out.in_order.reserve(order.size());
    for (const uint32_t word : order) out.in_order.push_back(ranks[word]);
    return out;
}

SortedColumn sort_column(std::shared_ptr<const Column> column, bool in_order) {
    SortedColumn out;
    out.type = column->type;
    out.rounded = column->rounded;
    if (out.is_text()) {
        out.numbers.side.rows = static_cast<int64_t>(column->rows());
        sort_words(*column, in_order, out);
        out.holder = std::move(column);
    } else {
        out.numbers = sort_numbers(*column, nullptr, in_order);
    }
    return out;
}

}  // namespace rondo::drift
