#include "platform/store/database.h"

#include <cmath>
#include <semaphore>

#include "base/text.h"
#include "platform/store/engines.h"

namespace rondo::store {

Status check_storable(std::span<const Arg> args) {
    for (const Arg& arg : args) {
        if (const auto* text = std::get_if<std::string_view>(&arg)) {
            if (text->contains('\0'))
                return fail(Code::invalid, "a text with the character U+0000 cannot be stored");
            if (!is_utf8(*text))
                return fail(Code::invalid, "a text that is not UTF-8 cannot be stored");
        } else if (const auto* real = std::get_if<double>(&arg)) {
            if (std::isnan(*real)) return fail(Code::invalid, "NaN cannot be stored here");
        }
    }
    return ok();
}

Result<std::unique_ptr<Database>> Database::open(Env& env, const std::string& url,
                                                 std::span<const Migration> migrations) {
    constexpr std::string_view kSqlite = "sqlite:";
    if (url.starts_with(kSqlite)) return open_sqlite(env, url.substr(kSqlite.size()), migrations);
    if (url.starts_with("postgresql://") || url.starts_with("postgres://"))
        return open_postgres(env, url, migrations);
    return fail(Code::invalid, "the database has to be sqlite:PATH or postgresql://...");
}

Task<Status> Database::submit_and_wait(Access access, Durability durability,
                                       std::move_only_function<Status(Tx&)> run) {
    // Shared: the coroutine may be gone by the time the writer calls back.
    auto outcome = std::make_shared<Status>();
    co_await hop([&, outcome](Resume resume) {
        submit(access, Job{durability, std::move(run),
                           [outcome, resume = std::move(resume)](Status status) mutable {
                               *outcome = std::move(status);
                               resume();
                           }});
    });
    co_return std::move(*outcome);
}

Status Database::submit_and_block(Access access, Durability durability,
                                  std::move_only_function<Status(Tx&)> run) {
    // One word and one system call on each side; a condition variable takes its lock twice more.
    std::binary_semaphore told(0);
    Status outcome;
    submit(access, Job{durability, std::move(run), [&](Status status) {
                           outcome = std::move(status);
                           told.release();
                       }});
    told.acquire();
    return outcome;
}

}  // namespace rondo::store
