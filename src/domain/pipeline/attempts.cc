#include "domain/pipeline/attempts.h"

#include <filesystem>

#include "base/text.h"

namespace rondo::pipeline {
namespace {

// In one call; the next one goes on.
constexpr int64_t kMost = 50;

}  // namespace

Result<int64_t> remove_old_attempts(Env& env, store::Database& db, const std::string& folder,
                                    Micros keep) {
    if (!env.files().exists(folder)) return 0;
    TRY_ASSIGN(const auto names, env.files().list(folder));
    int64_t removed = 0;
    for (const std::string& name : names) {
        const auto id = parse_int(name);
        if (!id) continue;
        TRY_ASSIGN(const auto old, db.read_now([&](store::Tx& tx) {
            return tx.one<int64_t>("SELECT id FROM pipeline_runs WHERE id = $1 AND ended_at < $2",
                                   *id, to_micros(env.now() - keep));
        }));
        if (!old) continue;
        std::error_code error;
        std::filesystem::remove_all(folder + "/" + name, error);
        if (error)
            return fail(Code::unavailable,
                        "cannot remove '" + folder + "/" + name + "': " + error.message());
        if (++removed == kMost) break;
    }
    return removed;
}

}  // namespace rondo::pipeline
