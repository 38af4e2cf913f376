#include "domain/drift/profile.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <mutex>
#include <numeric>

#include "base/parallel.h"
#include "base/text.h"
#include "domain/drift/duplicates.h"
#include "domain/drift/sorted_column.h"

namespace rondo::drift {
namespace {

using columnar::Column;
using columnar::Type;
using Values = std::span<const double>;

constexpr size_t kTop = 10, kBins = 30;
constexpr std::array kShares = {0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99};

std::string text_of(double value, Type type) {
    if (type == Type::boolean) return value != 0 ? "true" : "false";
    // A far point in time may lie beyond what a count of microseconds holds.
    if (type == Type::timestamp && std::abs(value) < 9e15)
        return format_time(Time{Micros{static_cast<int64_t>(value)}});
    std::string out;
    append_json_double(out, value);
    if (out.ends_with(".0")) out.resize(out.size() - 2);
    return out;
}

// Calls visit(value, count) for each different one.
template <class Visit>
void each_distinct(Values ascending, Visit&& visit) {
    for (size_t i = 0; i < ascending.size();) {
        size_t end = i + 1;
        while (end < ascending.size() && ascending[end] == ascending[i]) ++end;
        visit(ascending[i], static_cast<int64_t>(end - i));
        i = end;
    }
}

// Keeps the kTop largest counts; of equal ones the first.
class Top {
  public:
    void offer(double value, int64_t count) {
        if (kept_.size() == kTop && count <= kept_.back().second) return;
        const auto at = std::ranges::upper_bound(kept_, count, std::greater{},
                                                 &std::pair<double, int64_t>::second);
        kept_.insert(at, {value, count});
        if (kept_.size() > kTop) kept_.pop_back();
    }
    const std::vector<std::pair<double, int64_t>>& kept() const { return kept_; }

  private:
    std::vector<std::pair<double, int64_t>> kept_;
};

double quantile(Values ascending, double share) {
    const double at = share * static_cast<double>(ascending.size() - 1);
    const auto i = static_cast<size_t>(at);
    if (i + 1 >= ascending.size()) return ascending.back();
    const double part = at - static_cast<double>(i);
    return ascending[i] * (1 - part) + ascending[i + 1] * part;
}

std::vector<HistogramBin> histogram(Values ascending) {
    const double low = ascending.front(), high = ascending.back();
    const double half = (high / 2 - low / 2) / kBins;  // the whole range may have no double
    std::vector<HistogramBin> out(half > 0 ? kBins : 1);
    auto from = ascending.begin();
    for (size_t i = 0; i < out.size(); ++i) {
        const bool last = i + 1 == out.size();
        const double edge = last ? high : low + static_cast<double>(i + 1) * half * 2;
        const auto to = last ? ascending.end() : std::lower_bound(from, ascending.end(), edge);
        out[i] = {low + static_cast<double>(i) * half * 2, edge, to - from};
        from = to;
    }
    return out;
}

void look_at_numbers(const Column& column, Values ascending, ColumnProfile& out) {
    if (ascending.empty()) return;
    for (const double share : kShares) out.quantiles.push_back({share, quantile(ascending, share)});
    Top top;
    each_distinct(ascending, [&](double value, int64_t count) { top.offer(value, count); });
    for (const auto& [value, count] : top.kept())
        out.top.push_back({text_of(value, column.type), count});
    // Values that stand once each are no frequent ones.
    if (top.kept().front().second == 1 && ascending.size() > kTop) out.top.clear();
    if (column.type != Type::boolean) out.histogram = histogram(ascending);
}

void look_at(const std::shared_ptr<const Column>& column, ColumnProfile& out) {
    const SortedColumn sorted = sort_column(column, false);
    out.side = sorted.numbers.side;
    if (!sorted.is_text()) {
        look_at_numbers(*column, sorted.numbers.values.values(), out);
        return;
    }
    Top top;
    for (size_t i = 0; i < sorted.words.size(); ++i)
        top.offer(static_cast<double>(i), static_cast<int64_t>(sorted.counts[i]));
    for (const auto& [word, count] : top.kept()) {
        if (count > 1 || out.side.distinct <= static_cast<int64_t>(kTop))
            out.top.push_back({std::string(sorted.words[static_cast<size_t>(word)]), count});
    }
}

}  // namespace

Result<Profile> profile(columnar::Table& table, size_t threads,
                        const std::function<void(size_t)>& progress) {
    Profile out;
    out.rows = static_cast<int64_t>(table.rows());
    out.columns.resize(table.fields().size());
    std::vector<Status> done(out.columns.size());
    RowHashes hashes(table.rows());
    std::mutex mutex;
    parallel_for(out.columns.size(), threads, [&](size_t i) {
        ColumnProfile& mine = out.columns[i];
        mine.name = table.fields()[i].name;
        mine.type = columnar::name_of(table.fields()[i].type);
        if (table.fields()[i].type == Type::unread) {
            mine.note = table.fields()[i].why + " columns are not read";
        } else if (const auto column = table.column(i); column) {
            table.release(i);
            hashes.add(**column, i);
            look_at(*column, mine);
        } else {
            done[i] = std::unexpected(column.error());
        }
        const std::lock_guard lock(mutex);
        if (progress) progress(1);
    });
    for (const Status& status : done) TRY(status);
    out.duplicates = hashes.repeated();
    return out;
}

}  // namespace rondo::drift
