#include "domain/drift/column_pair.h"

#include <algorithm>
#include <numeric>

#include "base/text.h"

namespace rondo::drift {
namespace {

using columnar::Column;
using columnar::kMissingCode;
using columnar::Type;

constexpr size_t kCategories = 10;  // an integer with so many values is a category to Evidently

bool is_numeric(Type type) {
    return type == Type::boolean || type == Type::integer || type == Type::number;
}

// Whether a column has more than `most` different values; stops at the first too many.
bool has_more_values(const Column& column, size_t most) {
    std::vector<double> met;
    for (const double v : column.numbers) {
        if (std::isnan(v) || std::ranges::find(met, v) != met.end()) continue;
        if (met.size() == most) return true;
        met.push_back(v);
    }
    return false;
}

std::vector<uint64_t> counts_of(const Column& column) {
    std::vector<uint64_t> out(column.words.size());
    for (const uint32_t code : column.codes) {
        if (code != kMissingCode) ++out[code];
    }
    return out;
}

}  // namespace

Result<ColumnPair> ColumnPair::make(SortedColumn reference, std::shared_ptr<const Column> current) {
    ColumnPair out;
    out.reference_ = std::move(reference);
    out.current_ = std::move(current);
    const Type before = out.reference_.type, now = out.current_->type;
    if (before != now && !(is_numeric(before) && is_numeric(now)))
        return fail(Code::invalid, "it was " + std::string(columnar::name_of(before)) +
                                       " in the reference and is " +
                                       std::string(columnar::name_of(now)) + " now");
    out.text_ = now == Type::text;
    if (out.text_) out.rank_words();
    out.kind_ = out.find_kind();
    return out;
}

Kind ColumnPair::find_kind() const {
    switch (current_->type) {
        case Type::number:
            return Kind::numerical;
        case Type::boolean:
            // pandas keeps truth values with gaps as objects, of which Evidently makes nothing.
            return current_->missing > 0 ? Kind::other : Kind::categorical;
        case Type::integer:
            // pandas keeps integers with gaps as floating point.
            return current_->missing > 0 || has_more_values(*current_, kCategories)
                       ? Kind::numerical
                       : Kind::categorical;
        case Type::text: {
            const std::vector<uint64_t> counts = counts_of(*current_);
            const auto distinct =
                counts.size() - static_cast<size_t>(std::ranges::count(counts, uint64_t{0}));
            const size_t rows = current_->rows() - current_->missing;
            if (rows == 0) return Kind::other;
            return distinct * 2 > rows ? Kind::text : Kind::categorical;
        }
        default:
            return Kind::other;
    }
}

stats::evidently::Column ColumnPair::column() const {
    if (kind_ == Kind::categorical) return stats::evidently::Column::category;
    return current_->type == Type::integer && current_->missing == 0 &&
                   reference_.type == Type::integer && reference_.missing() == 0
               ? stats::evidently::Column::integer
               : stats::evidently::Column::number;
}

void ColumnPair::rank_words() {
    struct Word {
        std::string_view text;
        uint32_t code;
        bool current;
    };
    std::vector<Word> all;
    all.reserve(reference_.words.size() + current_->words.size());
    for (uint32_t i = 0; i < reference_.words.size(); ++i)
        all.push_back({reference_.words[i], i, false});
    for (uint32_t i = 0; i < current_->words.size(); ++i)
        all.push_back({current_->words[i], i, true});
    std::ranges::sort(all, {}, &Word::text);
    reference_ranks_.resize(reference_.words.size());
    current_ranks_.resize(current_->words.size());
    for (const Word& word : all) {
        if (words_.empty() || words_.back() != word.text) words_.push_back(word.text);
        (word.current ? current_ranks_ : reference_ranks_)[word.code] =
            static_cast<uint32_t>(words_.size() - 1);
    }
}

SideValues ColumnPair::current_words(const Rows* rows, bool in_order) const {
    const Column& column = *current_;
    const std::vector<uint32_t>& ranks = current_ranks_;
    SideValues out;
    const size_t count = rows != nullptr ? rows->size() : column.rows();
    out.side.rows = static_cast<int64_t>(count);
    std::vector<uint64_t> counts(words_.size());
    for (size_t i = 0; i < count; ++i) {
        const uint32_t code = column.codes[rows != nullptr ? (*rows)[i] : i];
        if (code == kMissingCode) {
            ++out.side.missing;
            continue;
        }
        ++counts[ranks[code]];
        if (in_order) out.in_order.push_back(ranks[code]);
    }
    std::vector<double> ascending;
    ascending.reserve(count - static_cast<size_t>(out.side.missing));
    for (size_t rank = 0; rank < counts.size(); ++rank) {
        ascending.insert(ascending.end(), counts[rank], static_cast<double>(rank));
        out.side.distinct += counts[rank] > 0 ? 1 : 0;
    }
    out.values = stats::Sample::taking(std::move(ascending));
    return out;
}

SideValues ColumnPair::take_reference() {
    return text_ ? reference_.ranked(reference_ranks_) : std::move(reference_.numbers);
}

SideValues ColumnPair::current_values(const Rows* rows, bool in_order) const {
    return text_ ? current_words(rows, in_order) : sort_numbers(*current_, rows, in_order);
}

std::string ColumnPair::label(double value) const {
    if (text_) return std::string(words_[static_cast<size_t>(value)]);
    if (current_->type == Type::boolean) return value != 0 ? "true" : "false";
    return shown(value);
}

CellCounts count_values(const stats::evidently::Pair& data, std::vector<double>& values) {
    CellCounts out;
    stats::walk_distinct(data.reference.values(), data.current.values(),
                         [&](double value, size_t r, size_t c) {
                             values.push_back(value);
                             out.reference.push_back(static_cast<int64_t>(r));
                             out.current.push_back(static_cast<int64_t>(c));
                         });
    return out;
}

}  // namespace rondo::drift
