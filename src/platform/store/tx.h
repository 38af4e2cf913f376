// One transaction, on either engine. SQL has one text for both: parameters $1..$n in order of
// first use, booleans as 0 and 1, ON CONFLICT instead of catching errors, RETURNING for new ids.
//
// The contract of code that gets a Tx& (ARCHITECTURE.md, "Two SQL engines"): it may run more than
// once, so it touches nothing outside the Tx; the first SQL error ends it; it needs a few
// milliseconds at most, and longer work goes in slices.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

#include "base/result.h"

namespace rondo::store {

// Bytes, where a bare string would be text.
struct Blob {
    std::string_view bytes;
};

// One bound parameter. Views must outlive the call only.
using Arg = std::variant<std::monostate, int64_t, double, std::string_view, Blob>;

inline Arg to_arg(std::monostate) { return std::monostate{}; }
inline Arg to_arg(std::string_view v) { return v; }
inline Arg to_arg(const std::string& v) { return std::string_view(v); }
inline Arg to_arg(const char* v) { return std::string_view(v); }
inline Arg to_arg(Blob v) { return v; }
inline Arg to_arg(double v) { return v; }
template <class T>
    requires std::is_integral_v<T>
Arg to_arg(T v) {
    return static_cast<int64_t>(v);
}
template <class T>
Arg to_arg(const std::optional<T>& v) {
    return v ? to_arg(*v) : Arg{};
}

// One row of a result; columns from 0. Views live until the next row.
class Row {
  public:
    virtual bool is_null(int column) const = 0;
    virtual int64_t integer(int column) const = 0;
    virtual double real(int column) const = 0;
    virtual std::string_view text(int column) const = 0;
    virtual std::string_view blob(int column) const = 0;

    // The column as T: int64_t, int32_t, bool, double, std::string, or std::optional of these.
    template <class T>
    T get(int column) const;

  protected:
    ~Row() = default;
};

namespace detail {
template <class T>
struct Get;
template <>
struct Get<int64_t> {
    static int64_t from(const Row& r, int c) { return r.integer(c); }
};
template <>
struct Get<int32_t> {
    static int32_t from(const Row& r, int c) { return static_cast<int32_t>(r.integer(c)); }
};
template <>
struct Get<bool> {
    static bool from(const Row& r, int c) { return r.integer(c) != 0; }
};
template <>
struct Get<double> {
    static double from(const Row& r, int c) { return r.real(c); }
};
template <>
struct Get<std::string> {
    static std::string from(const Row& r, int c) { return std::string(r.text(c)); }
};
template <class T>
struct Get<std::optional<T>> {
    static std::optional<T> from(const Row& r, int c) {
        if (r.is_null(c)) return std::nullopt;
        return Get<T>::from(r, c);
    }
};
}  // namespace detail

template <class T>
T Row::get(int column) const {
    return detail::Get<T>::from(*this, column);
}

// Return false to stop early.
using RowVisitor = std::function<bool(const Row&)>;

// One question of several (Tx::run_all).
struct Question {
    std::string sql;
    std::vector<Arg> args;
    RowVisitor visit;
};

class Rows;  // platform/store/bulk.h

class Tx {
  public:
    virtual ~Tx() = default;

    // Runs one statement; the number of rows it changed.
    template <class... A>
    Result<int64_t> exec(std::string_view sql, const A&... args) {
        const Arg list[] = {to_arg(args)..., Arg{}};
        return run(sql, std::span(list, sizeof...(A)), nullptr);
    }
    // The same for who does not ask how many: it costs PostgreSQL no round trip of its own. What
    // goes wrong may come out of a later statement or of the commit; either ends the transaction.
    template <class... A>
    Status put(std::string_view sql, const A&... args) {
        const Arg list[] = {to_arg(args)..., Arg{}};
        return send(sql, std::span(list, sizeof...(A)));
    }
    // Visits each row of a query.
    template <class... A>
    Status each(std::string_view sql, const RowVisitor& visit, const A&... args) {
        const Arg list[] = {to_arg(args)..., Arg{}};
        TRY(run(sql, std::span(list, sizeof...(A)), &visit));
        return ok();
    }
    // The first row as a tuple (one column: the bare value), if there is one.
    template <class... T, class... A>
    auto one(std::string_view sql, const A&... args) {
        using Value = typename Shape<T...>::Value;
        std::optional<Value> found;
        const RowVisitor visit = [&](const Row& row) {
            found = Shape<T...>::from(row);
            return false;
        };
        const Arg list[] = {to_arg(args)..., Arg{}};
        Result<std::optional<Value>> out;
        if (auto ran = run(sql, std::span(list, sizeof...(A)), &visit); !ran)
            out = std::unexpected(std::move(ran).error());
        else
            out = std::move(found);
        return out;
    }
    // All rows. For bounded results: every caller has a LIMIT or a key that bounds it.
    template <class... T, class... A>
    auto all(std::string_view sql, const A&... args) {
        using Value = typename Shape<T...>::Value;
        std::vector<Value> found;
        const RowVisitor visit = [&](const Row& row) {
            found.push_back(Shape<T...>::from(row));
            return true;
        };
        const Arg list[] = {to_arg(args)..., Arg{}};
        Result<std::vector<Value>> out;
        if (auto ran = run(sql, std::span(list, sizeof...(A)), &visit); !ran)
            out = std::unexpected(std::move(ran).error());
        else
            out = std::move(found);
        return out;
    }

    // The dynamic form, for SQL built from a parsed filter.
    virtual Result<int64_t> run(std::string_view sql, std::span<const Arg> args,
                                const RowVisitor* visit) = 0;

    // Questions that do not wait for each other's answers: they reach PostgreSQL together and cost
    // one round trip. Rows are visited in the order of the questions, by visitors that ask nothing.
    virtual Status run_all(std::span<const Question> questions) {
        for (const Question& asked : questions) TRY(run(asked.sql, asked.args, &asked.visit));
        return ok();
    }

    virtual Status send(std::string_view sql, std::span<const Arg> args) {
        TRY(run(sql, args, nullptr));
        return ok();
    }
    // Behind insert_many and put_many, which say what they do (platform/store/bulk.h).
    virtual Result<int64_t> insert(std::string_view head, const Rows& rows,
                                   std::string_view tail) = 0;
    virtual Status send_rows(std::string_view head, const Rows& rows, std::string_view tail) {
        TRY(insert(head, rows, tail));
        return ok();
    }

    // Called once after this transaction has committed; never when it has not. Must not block.
    virtual void after_commit(std::move_only_function<void()> call) = 0;

  private:
    template <class... T>
    struct Shape {
        using Value = std::tuple<T...>;
        static Value from(const Row& row) {
            return [&]<size_t... I>(std::index_sequence<I...>) {
                return Value{row.get<T>(static_cast<int>(I))...};
            }(std::index_sequence_for<T...>{});
        }
    };
    template <class T>
    struct Shape<T> {
        using Value = T;
        static Value from(const Row& row) { return row.get<T>(0); }
    };
};

}  // namespace rondo::store
