// Results instead of exceptions. Whatever the outside can cause (a user, a disk, a peer) is a
// Result; a broken invariant of our own is a CHECK (base/check.h) that aborts with a message.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace rondo {

// What went wrong, in the few kinds that a caller can act on. api/errors.h maps each kind to an
// HTTP status, a gRPC status, an MLflow error_code and a log level: one table for every protocol.
enum class Code {
    invalid,            // the request is wrong and stays wrong; field names the culprit
    not_found,          // a named thing does not exist
    already_exists,     // a name is taken
    conflict,           // the thing is in a state that forbids this now
    unauthenticated,    // who are you?
    permission_denied,  // you may not
    too_large,          // beyond a named limit
    unsupported,        // understood, and not offered
    exhausted,          // a quota or a queue is full: try later
    unavailable,        // something below is down or being replaced: try later
    deadline_exceeded,  // it took too long
    storage_full,       // no space left: reads go on, writes wait for space
    cancelled,          // the caller gave up
    internal,           // our fault
};

std::string_view name_of(Code code);

// An error names the thing and the way out: "experiment 'x' not found; create it first".
struct Error {
    Code code = Code::internal;
    std::string message;
    std::string field = {};     // path of the offending field (metrics[3].key), when there is one
    int32_t retry_after_s = 1;  // of what may be tried again
};

template <class T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

// A Result<void> that holds success.
inline Status ok() { return {}; }

inline std::unexpected<Error> fail(Code code, std::string message, std::string field = {}) {
    return std::unexpected(Error{code, std::move(message), std::move(field)});
}
inline std::unexpected<Error> fail(Error error) { return std::unexpected(std::move(error)); }

// True for the type of fail(): lets templates pass errors through.
template <class T>
inline constexpr bool is_result = false;
template <class T>
inline constexpr bool is_result<std::expected<T, Error>> = true;

#define RONDO_CONCAT_INNER(a, b) a##b
#define RONDO_CONCAT(a, b) RONDO_CONCAT_INNER(a, b)

// TRY(expr): hands the error up, drops the value. TRY_ASSIGN(auto x, expr): binds the value.
// The CO_ forms do the same inside a coroutine.
#define RONDO_TRY_IMPL(name, ret, expr)                          \
    do {                                                         \
        auto&& name = (expr);                                    \
        if (!name) ret std::unexpected(std::move(name).error()); \
    } while (false)
#define RONDO_TRY_ASSIGN_IMPL(name, ret, lhs, expr)          \
    auto&& name = (expr);                                    \
    if (!name) ret std::unexpected(std::move(name).error()); \
    lhs = *std::move(name)

#define TRY(expr) RONDO_TRY_IMPL(RONDO_CONCAT(try_, __LINE__), return, expr)
#define TRY_ASSIGN(lhs, expr) RONDO_TRY_ASSIGN_IMPL(RONDO_CONCAT(try_, __LINE__), return, lhs, expr)
#define CO_TRY(expr) RONDO_TRY_IMPL(RONDO_CONCAT(try_, __LINE__), co_return, expr)
#define CO_TRY_ASSIGN(lhs, expr) \
    RONDO_TRY_ASSIGN_IMPL(RONDO_CONCAT(try_, __LINE__), co_return, lhs, expr)

}  // namespace rondo
