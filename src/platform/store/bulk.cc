#include "platform/store/bulk.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace rondo::store {
namespace {

// Rows of one INSERT, largest first; keys of one IN list.
constexpr std::array<size_t, 3> kInsertSizes{64, 8, 1};
constexpr std::array<size_t, 3> kListSizes{128, 16, 1};

constexpr size_t kPlaceholderBytes = 8;  // of most: "$12, " and its share of "), ("

void append_placeholders(std::string& sql, size_t first, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        sql += i == 0 ? "($" : ", $";
        sql += std::to_string(first + i);
    }
    sql += ')';
}

}  // namespace

Result<int64_t> insert_many(Tx& tx, std::string_view head, const Rows& rows,
                            std::string_view tail) {
    return tx.insert(head, rows, tail);
}

Status put_many(Tx& tx, std::string_view head, const Rows& rows, std::string_view tail) {
    return tx.send_rows(head, rows, tail);
}

Result<int64_t> insert_values(Tx& tx, std::string_view head, const Rows& rows,
                              std::string_view tail) {
    const size_t columns = rows.columns();
    std::span<const Arg> left = rows.values();
    CHECK(left.size() % columns == 0, "a row to insert is incomplete");
    int64_t changed = 0;
    for (const size_t size : kInsertSizes) {
        if (left.size() < size * columns) continue;
        std::string sql;
        sql.reserve(head.size() + size * columns * kPlaceholderBytes + tail.size());
        sql += head;
        for (size_t row = 0; row < size; ++row) {
            if (row > 0) sql += ", ";
            append_placeholders(sql, row * columns + 1, columns);
        }
        sql += tail;
        while (left.size() >= size * columns) {
            TRY_ASSIGN(const int64_t n, tx.run(sql, left.first(size * columns), nullptr));
            changed += n;
            left = left.subspan(size * columns);
        }
    }
    return changed;
}

std::vector<Arg> args_of(std::span<const std::string> texts) {
    std::vector<Arg> args;
    args.reserve(texts.size());
    for (const std::string& text : texts) args.push_back(to_arg(text));
    return args;
}

void add_each_of(std::vector<Question>& questions, std::string_view head, std::span<const Arg> keys,
                 std::string_view tail, RowVisitor visit) {
    while (!keys.empty()) {
        // The smallest size that holds all that is left; the rest is filled with the last key.
        size_t size = kListSizes.front();
        for (const size_t smaller : kListSizes) size = keys.size() <= smaller ? smaller : size;
        const auto taken = keys.first(std::min(size, keys.size()));
        Question& question = questions.emplace_back(std::string(head));
        question.args.assign(taken.begin(), taken.end());
        question.args.resize(size, taken.back());
        append_placeholders(question.sql, 1, size);
        question.sql += tail;
        keys = keys.subspan(taken.size());
        question.visit = keys.empty() ? std::move(visit) : visit;
    }
}

Status each_of(Tx& tx, std::string_view head, std::span<const Arg> keys, std::string_view tail,
               const RowVisitor& visit) {
    std::vector<Question> questions;
    add_each_of(questions, head, keys, tail, visit);
    return tx.run_all(questions);
}

}  // namespace rondo::store
