#include "domain/gates/rows.h"

#include <algorithm>

#include "base/text.h"

namespace rondo::gates {
namespace {

Status read_labels(LabelledTable& out, const DataColumns& columns) {
    TRY_ASSIGN(const size_t time_column, out.table.need(columns.event_time, out.path));
    TRY_ASSIGN(const size_t label_column, out.table.need(columns.label, out.path));
    const auto at = [&](size_t row, const Error& error) {
        return fail(error.code,
                    quoted(out.path) + " line " + std::to_string(row + 2) + ": " + error.message);
    };
    for (size_t row = 0; row < out.table.rows; ++row) {
        const auto time = parse_time(out.table.columns[time_column][row]);
        if (!time) return at(row, time.error());
        const auto label = data::number_of(out.table.columns[label_column][row]);
        if (!label) return at(row, label.error());
        out.event_time.push_back(*time);
        out.label.push_back(*label);
    }
    return ok();
}

}  // namespace

bool matches(std::string_view pattern, std::string_view path) {
    // Greedy with one way back: linear in practice, quadratic at worst, on short texts.
    size_t p = 0, s = 0, star = std::string_view::npos, mark = 0;
    while (s < path.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            mark = s;
        } else if (p < pattern.size() && pattern[p] == path[s]) {
            ++p;
            ++s;
        } else if (star != std::string_view::npos && path[mark] != '/') {
            p = star + 1;
            s = ++mark;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

Result<std::vector<LabelledTable>> read_tables(blob::Store& blobs,
                                               const std::vector<data::Entry>& entries,
                                               const std::vector<std::string>& patterns,
                                               const DataColumns& columns) {
    std::vector<LabelledTable> out;
    for (const data::Entry& entry : entries) {
        const bool wanted = std::any_of(patterns.begin(), patterns.end(),
                                        [&](const auto& p) { return matches(p, entry.path); });
        if (!wanted) continue;
        TRY_ASSIGN(const auto digest, blob::Digest::parse(entry.digest));
        TRY_ASSIGN(std::string bytes, blobs.read_all(digest, kMaxTableBytes));
        LabelledTable table;
        table.path = entry.path;
        auto parsed = data::parse_csv(std::move(bytes));
        if (!parsed)
            return fail(parsed.error().code, quoted(entry.path) + ": " + parsed.error().message);
        table.table = std::move(*parsed);
        TRY(read_labels(table, columns));
        out.push_back(std::move(table));
    }
    return out;
}

}  // namespace rondo::gates
