#include "app/data_folder.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstring>
#include <functional>

#include "base/text.h"
#include "platform/crypto/crypto.h"

namespace rondo::app {
namespace {

constexpr size_t kTokenBytes = 32;
constexpr size_t kServerIdBytes = 6;

// A line in a file of mode 0600; made at the first start.
Result<std::string> load_or_make(Env& env, const std::string& path,
                                 const std::function<std::string()>& make) {
    if (env.files().exists(path)) {
        TRY_ASSIGN(const std::string text, read_file(env.files(), path, 4096));
        return std::string(trim(text));
    }
    std::string line = make();
    TRY(write_file_atomically(env, path, line + "\n"));
    return line;
}

Result<std::string> load_or_make_secret(Env& env, const std::string& path, std::string_view prefix,
                                        size_t bytes = kTokenBytes) {
    return load_or_make(env, path, [&] { return std::string(prefix) + random_hex(env, bytes); });
}

// What a kill left of files that were on their way to their names.
Status remove_leftovers(Env& env, const std::string& folder) {
    TRY_ASSIGN(const auto names, env.files().list(folder));
    for (const std::string& name : names) {
        if (name.find(kTemporaryMark) != std::string::npos)
            TRY(env.files().remove(folder + "/" + name));
    }
    return ok();
}

}  // namespace

Result<std::unique_ptr<DataFolder>> DataFolder::open(Env& env, const std::string& path) {
    TRY(env.files().make_directories(path));
    char* resolved = ::realpath(path.c_str(), nullptr);
    if (resolved == nullptr)
        return fail(Code::invalid,
                    "cannot use the data folder '" + path + "': " + std::strerror(errno));
    std::string absolute = resolved;
    ::free(resolved);

    const std::string lock_path = absolute + "/lock";
    const int lock = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0)
        return fail(Code::permission_denied,
                    "cannot write to the data folder '" + absolute + "': " + std::strerror(errno));
    auto folder = std::unique_ptr<DataFolder>(new DataFolder(std::move(absolute), lock));
    if (::flock(lock, LOCK_EX | LOCK_NB) != 0)
        return fail(Code::conflict, "another server is using the data folder '" + folder->path_ +
                                        "'; stop it, or choose another with --data");
    TRY(env.files().make_directories(folder->file("keys")));
    TRY(remove_leftovers(env, folder->path_));
    TRY(remove_leftovers(env, folder->file("keys")));
    TRY_ASSIGN(folder->token_, load_or_make_secret(env, folder->file("token"), "rondo_"));
    TRY_ASSIGN(folder->server_id_,
               load_or_make_secret(env, folder->file("server_id"), "s", kServerIdBytes));
    return folder;
}

DataFolder::~DataFolder() { ::close(lock_); }

}  // namespace rondo::app
